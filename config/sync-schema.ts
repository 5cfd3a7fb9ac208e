/** Where kept records are delivered to. Secrets are named here, never written. */
import { z } from 'zod';

const secretSchema = z.union([
  z.strictObject({ env: z.string().min(1).describe('Name of an environment variable.') }),
  z.strictObject({ file: z.string().min(1).describe('Path of a file that has only the secret.') }),
  z.strictObject({ credential: z.string().min(1).describe('Name of a systemd credential.') }),
]);

const file = z.string().min(1).optional();

const mqttSchema = z.strictObject({
  type: z.literal('mqtt').describe('An MQTT broker.'),
  format: z
    .enum(['json', 'sparkplug-b'])
    .default('json')
    .describe(
      '`json`: MQTT 5, one message a record; `sparkplug-b`: Sparkplug B 3.0 for SCADA hosts.',
    ),
  primaryHost: z
    .string()
    .regex(/^[^+#/\0]+$/u, 'without +, # and /')
    .optional()
    .describe('Of `sparkplug-b`: host without which nothing is sent; absent: none.'),
  url: z
    .string()
    .regex(/^mqtts?:\/\/[^/@]+\/?$/, 'mqtts://host:port, without a user name')
    .describe('Broker, `mqtts://host:port`; `mqtt://` only where `tls: none` says so.'),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')
    .default('mqtt')
    .describe('Name of the target in the ledger and in logs.'),
  tls: z
    .enum(['required', 'none'])
    .default('required')
    .describe('`none`: records and password cross the network in the clear.'),
  clientId: z.string().min(1).optional().describe('MQTT client id; absent: `ppuri-<gateway>`.'),
  username: z.string().min(1).optional().describe('User name at the broker.'),
  password: secretSchema.optional().describe('`{ env }`, `{ file }` or `{ credential }`.'),
  ca: file.describe('PEM file of the only authorities trusted; absent: the system’s.'),
  cert: file.describe('PEM file of the client certificate, read at each connection.'),
  key: file.describe('PEM file of its key.'),
  maxKibPerSecond: z
    .number()
    .positive()
    .optional()
    .describe('Most KiB a second that records may take; live ones go first.'),
});

type Target = z.output<typeof mqttSchema>;

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

function problemsOf(target: Target): { key: string; message: string }[] {
  const url = URL.parse(target.url);
  const problems: { key: string; message: string }[] = [];
  const plain = url?.protocol === 'mqtt:' && !loopback.has(url.hostname);
  if (plain && target.tls !== 'none')
    problems.push({ key: 'url', message: 'not encrypted: use mqtts://, or say `tls: none`' });
  if (target.primaryHost !== undefined && target.format !== 'sparkplug-b')
    problems.push({ key: 'primaryHost', message: 'only with `format: sparkplug-b`' });
  if ((target.cert === undefined) !== (target.key === undefined))
    problems.push({ key: 'cert', message: '`cert` and `key` go together' });
  return problems;
}

export const syncSchema = z
  .array(z.discriminatedUnion('type', [mqttSchema]))
  .superRefine((targets, context) => {
    for (const [index, target] of targets.entries()) {
      for (const { key, message } of problemsOf(target))
        context.addIssue({ code: 'custom', path: [index, key], message });
      if (targets.slice(0, index).some(({ name }) => name === target.name))
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: `another target is named "${target.name}"`,
        });
    }
  });

export type SyncTargetConfig = Target;
export type SecretConfig = z.output<typeof secretSchema>;

/** What the keep child delivers, and as whom. */
export interface SyncPlan {
  readonly gateway: string;
  readonly site: string;
  /** Machines and the names of their features. */
  readonly machines: readonly { readonly id: string; readonly features: readonly string[] }[];
  readonly targets: readonly SyncTargetConfig[];
}
