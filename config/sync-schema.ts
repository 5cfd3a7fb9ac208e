/** Where kept records are delivered to. Secrets are named here, never written. */
import { z } from 'zod';
import { isLoopback } from './loopback.ts';

/** An agent's working directory is nobody's business. */
export const filePath = z.string().regex(/^\//, 'a path from /');

export const secretSchema = z.union([
  z.strictObject({ env: z.string().min(1).describe('Name of an environment variable.') }),
  z.strictObject({ file: filePath.describe('Path of a file that has only the secret.') }),
  z.strictObject({ credential: z.string().min(1).describe('Name of a systemd credential.') }),
]);

const file = filePath.optional();

const targetName = (standard: string) =>
  z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')
    .default(standard)
    .describe('Name of the target in the ledger and in logs.');

/** What each kind of target has. */
const common = {
  tls: z
    .enum(['required', 'none'])
    .default('required')
    .describe('`none`: records and secrets cross the network in the clear.'),
  ca: file.describe('PEM file of the only authorities trusted; absent: the system’s.'),
  cert: file.describe('PEM file of the client certificate, read at each connection.'),
  key: file.describe('PEM file of its key.'),
  maxKibPerSecond: z
    .number()
    .positive()
    .optional()
    .describe('Most KiB a second that records may take; live ones go first.'),
};

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
    .regex(/^mqtts?:\/\/[^/@?#]+\/?$/, 'mqtts://host:port, without a user name')
    .describe('Broker, `mqtts://host:port`; `mqtt://` only where `tls: none` says so.'),
  name: targetName('mqtt'),
  subscriber: z
    .enum(['required', 'optional'])
    .default('required')
    .describe(
      '`optional`: of `json`, where the broker itself takes records, though it says that nobody subscribes; of `sparkplug-b`, where this user may not read its own NBIRTH.',
    ),
  clientId: z
    .string()
    .min(1)
    .optional()
    .describe('MQTT client id; absent: `ppuri-<gateway>-<name>`.'),
  username: z.string().min(1).optional().describe('User name at the broker.'),
  password: secretSchema.optional().describe('`{ env }`, `{ file }` or `{ credential }`.'),
  ...common,
});

const httpsSchema = z.strictObject({
  type: z.literal('https').describe('A server that takes batches, such as `ppuri receive`.'),
  url: z
    .string()
    .regex(/^https?:\/\/[^/@?#]+(\/[^@#]*)?$/, 'https://host:port/path, without a user name')
    .describe('Where batches are posted to; `http://` only where `tls: none` says so.'),
  name: targetName('https'),
  token: secretSchema
    .optional()
    .describe('Bearer token: `{ env }`, `{ file }` or `{ credential }`.'),
  ...common,
});

const targetSchema = z.discriminatedUnion('type', [mqttSchema, httpsSchema]);
export type SyncTargetConfig = z.output<typeof targetSchema>;
export type MqttTargetConfig = z.output<typeof mqttSchema>;
export type HttpsTargetConfig = z.output<typeof httpsSchema>;

function problemsOf(target: SyncTargetConfig): { key: string; message: string }[] {
  const url = URL.parse(target.url);
  const problems: { key: string; message: string }[] = [];
  if (url === null) problems.push({ key: 'url', message: 'not an address' });
  const plain = url?.protocol === 'mqtt:' || url?.protocol === 'http:';
  if (plain && target.tls !== 'none' && !isLoopback(url.hostname))
    problems.push({
      key: 'url',
      message: `not encrypted: use ${target.type}${target.type === 'mqtt' ? 's' : ''}://, or say \`tls: none\``,
    });
  if (url?.port === '0') problems.push({ key: 'url', message: 'port 0 is no port of a server' });
  if (target.type === 'mqtt' && target.password !== undefined && target.username === undefined)
    problems.push({ key: 'password', message: 'only with `username`' });
  if (target.type === 'mqtt' && target.primaryHost !== undefined && target.format === 'json')
    problems.push({ key: 'primaryHost', message: 'only with `format: sparkplug-b`' });
  if ((target.cert === undefined) !== (target.key === undefined))
    problems.push({ key: 'cert', message: '`cert` and `key` go together' });
  return problems;
}

/** Host and port as they are connected to; null: not an address, which is told elsewhere. */
function endpointOf({ url: text }: SyncTargetConfig): string | null {
  const url = URL.parse(text);
  if (url === null) return null;
  const standard: Record<string, string> = { 'mqtt:': '1883', 'mqtts:': '8883' };
  const port = url.port === '' ? (standard[url.protocol] ?? url.protocol) : url.port;
  return `${url.hostname}:${port}${url.pathname.replace(/\/$/, '')}`;
}

/** What two targets do to each other; null: nothing. */
function clashOf(
  one: SyncTargetConfig,
  other: SyncTargetConfig,
): [key: string, why: string] | null {
  if (one.type !== other.type || endpointOf(one) !== endpointOf(other)) return null;
  const same = `the same ${one.type === 'mqtt' ? 'broker' : 'server'} as "${other.name}"`;
  if (one.type === 'https' || other.type === 'https')
    return ['url', `${same}: all would come twice`];
  if (one.clientId !== undefined && one.clientId === other.clientId)
    return ['clientId', `${same} under one client id: they would end each other’s connections`];
  // Two names for the broker are no oversight.
  if (one.clientId !== undefined && other.clientId !== undefined) return null;
  if (one.format !== other.format) return null;
  return ['format', `${same} in one format: all would come twice`];
}

export const syncSchema = z.array(targetSchema).superRefine((targets, context) => {
  for (const [index, target] of targets.entries()) {
    for (const { key, message } of problemsOf(target))
      context.addIssue({ code: 'custom', path: [index, key], message });
    const clash = targets.slice(0, index).flatMap((other) => clashOf(target, other) ?? []);
    if (clash.length > 0) {
      const [key = 'url', message = ''] = clash;
      context.addIssue({ code: 'custom', path: [index, key], message });
    }
    if (targets.slice(0, index).some(({ name }) => name === target.name))
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `another target is named "${target.name}"`,
      });
  }
});

export type SecretConfig = z.output<typeof secretSchema>;

/** What the keep child delivers, and as whom. */
export interface SyncPlan {
  readonly gateway: string;
  readonly site: string;
  /** Machines and the names of their features. */
  readonly machines: readonly { readonly id: string; readonly features: readonly string[] }[];
  readonly targets: readonly SyncTargetConfig[];
}
