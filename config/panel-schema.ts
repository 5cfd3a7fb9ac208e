/** The pages of a gateway: where they are served, to whom, and under which names. */
import { z } from 'zod';

const path = z.string().regex(/^\//, 'a path from /');

const tlsSchema = z.strictObject({
  cert: path.describe('PEM file of the certificate, with those between it and its authority.'),
  key: path.describe('PEM file of its key, without passphrase.'),
});

export const panelSchema = z.strictObject({
  listen: z
    .string()
    .regex(/^(?:\[[0-9a-fA-F:]+\]|[^:[\]\s]+):\d{1,5}$/, 'address:port, e.g. 127.0.0.1:8787')
    .default('127.0.0.1:8787')
    .describe('Address and port; anything but loopback shows the panel to the network.'),
  local: z
    .enum(['operator', 'login'])
    .default('operator')
    .describe(
      'On a loopback address: who sits at this computer is an operator, or must log in too.',
    ),
  hosts: z
    .array(z.string().regex(/^[A-Za-z0-9.-]+$/, 'a name without port, e.g. press-3.plant.local'))
    .default([])
    .describe('Names under which browsers reach the panel, beside addresses and the host name.'),
  metrics: z
    .enum(['loopback', 'login', 'open'])
    .default('loopback')
    .describe('Who gets `/metrics`: this computer, who has logged in, or everybody.'),
  tls: tlsSchema.optional().describe('Certificate of the panel; absent: plain HTTP.'),
});

export type PanelConfig = z.output<typeof panelSchema>;
