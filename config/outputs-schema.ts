/** What shows the state of the plant beside the panel: stack lights, buzzers, other programs. */
import { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { filePath, secretSchema } from './sync-schema.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and hyphens');
const coil = z.int().min(0).max(65535);

/** Where the coils of an output are. */
const place = {
  bus: z.string().describe('A name under `buses`, of a bus of registers.'),
  unit: z.int().min(0).max(255).default(1).describe('Modbus unit id of the output module.'),
};

const stackLightSchema = z.strictObject({
  type: z.literal('stack-light').describe('A stack light on coils of a PLC or output module.'),
  ...place,
  coils: z
    .strictObject({
      red: coil.describe('Stop or warning: flashing until acknowledged, then steady.'),
      yellow: coil.describe('Caution likewise; steady also while some machine is not judged.'),
      green: coil.describe('Every machine answers and is judged, and nothing is wrong.'),
      blue: coil.optional().describe('Something to know that calls for nothing at once.'),
      buzzer: coil.optional().describe('On while the buzzer sounds; off once silenced.'),
      heartbeat: coil.describe(
        'Turns on and off while the agent works; without it a dead agent stays green.',
      ),
    })
    .describe('Coils by lamp (0-based), each with its own.'),
  heartbeatMs: z
    .int()
    .min(500)
    .max(10_000)
    .default(1000)
    .describe('How often `heartbeat` turns; still for 3 times as long: the light means nothing.'),
});

const buzzerSchema = z.strictObject({
  type: z.literal('buzzer').describe('A buzzer on a coil of its own.'),
  ...place,
  coil: coil.describe('Coil that sounds it (0-based).'),
});

const webhookSchema = z.strictObject({
  type: z.literal('webhook').describe('An HTTP server that is told of alerts.'),
  url: z
    .string()
    .regex(/^https?:\/\/[^/@?#]+(\/[^@#]*)?$/, 'https://host:port/path, without a user name')
    .describe('Where alerts are posted to; `http://` only where `tls: none` says so.'),
  headers: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'the name of a header'), secretSchema)
    .default({})
    .describe('Headers by name, e.g. Authorization: `{ env }`, `{ file }` or `{ credential }`.'),
  minSeverity: z
    .enum(['stop', 'warning', 'caution', 'info'])
    .default('warning')
    .describe('Least severity that is posted.'),
  timeoutMs: z.int().min(100).max(60_000).default(5000).describe('Longest wait for one answer.'),
  tls: z
    .enum(['required', 'none'])
    .default('required')
    .describe('`none`: alerts and headers cross the network in the clear.'),
  ca: filePath.optional().describe('PEM file of the only authorities trusted; absent: the usual.'),
});

export const outputSchema = z.discriminatedUnion('type', [
  stackLightSchema,
  buzzerSchema,
  webhookSchema,
]);

export type OutputConfig = z.output<typeof outputSchema>;
export type StackLightConfig = z.output<typeof stackLightSchema>;
export type BuzzerConfig = z.output<typeof buzzerSchema>;
export type WebhookConfig = z.output<typeof webhookSchema>;
/** Those that are written over a bus. */
export type BusOutputConfig = Extract<OutputConfig, { bus: string }>;
export type OutputsConfig = Readonly<Record<string, OutputConfig>>;

/** Headers that frame the request itself. */
const framing = ['host', 'connection', 'content-length', 'content-type', 'transfer-encoding'];

function webhookProblems(webhook: WebhookConfig): { path: string[]; message: string }[] {
  const url = URL.parse(webhook.url);
  const problems: { path: string[]; message: string }[] = [];
  if (url === null) problems.push({ path: ['url'], message: 'not an address' });
  if (url?.protocol === 'http:' && webhook.tls !== 'none' && !isLoopback(url.hostname))
    problems.push({
      path: ['url'],
      message: 'not encrypted: use https://, or say `tls: none`',
    });
  for (const header of Object.keys(webhook.headers))
    if (framing.includes(header.toLowerCase()))
      problems.push({ path: ['headers', header], message: 'is written by ppuri itself' });
  return problems;
}

export const outputsSchema = z.record(name, outputSchema).superRefine((outputs, context) => {
  for (const [key, output] of Object.entries(outputs))
    for (const { path, message } of output.type === 'webhook' ? webhookProblems(output) : [])
      context.addIssue({ code: 'custom', path: [key, ...path], message });
});

export interface NamedCoil {
  /** Within the output: `['coils', 'red']`, `['coil']`. */
  readonly path: readonly string[];
  readonly address: number;
}

const isCoil = (value: unknown): value is number => coil.safeParse(value).success;

/** Every coil an output writes, by `coil` and `coils`; of a broken one, those that are sound. */
export function coilsOf(output: object): readonly NamedCoil[] {
  const own: unknown = Reflect.get(output, 'coil');
  const all: unknown = Reflect.get(output, 'coils');
  const named = typeof all === 'object' && all !== null ? Object.entries(all) : [];
  return [
    ...(isCoil(own) ? [{ path: ['coil'], address: own }] : []),
    ...named.flatMap(([key, address]: [string, unknown]) =>
      isCoil(address) ? [{ path: ['coils', key], address }] : [],
    ),
  ];
}
