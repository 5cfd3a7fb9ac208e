/** An MQTT connection whose TLS is done and whose CONNECT was accepted. mqtt.js keeps nothing and reconnects never. */
import { type IClientOptions, type IConnackPacket, type IDisconnectPacket, MqttClient } from 'mqtt';
import { PpuriError } from '../../config/errors.ts';
import { readSecret } from '../../config/secret.ts';
import type { MqttTargetConfig, SyncPlan } from '../../config/sync-schema.ts';
import { redact } from './redact.ts';
import { type Address, openSocket, unwelcomeBy } from './socket.ts';

export interface Dialled {
  readonly client: MqttClient;
  readonly connack: IConnackPacket;
  readonly address: Address;
}

const connackMs = 5000;
/** Answers that a person must do something about: name, password, leave, banned. */
export const denials = new Set([4, 5, 0x85, 0x86, 0x87, 0x8a, 0x8c]);

function addressOf({ url: text, ca, cert, key }: MqttTargetConfig): Address {
  const url = new URL(text);
  const encrypted = url.protocol === 'mqtts:';
  const port = url.port === '' ? (encrypted ? 8883 : 1883) : Number(url.port);
  return { host: url.hostname, port, encrypted, ca, cert, key };
}

/** Of each target its own: two connections with one id end each other. */
function clientIdOf({ clientId, name }: MqttTargetConfig, plan: Pick<SyncPlan, 'gateway'>): string {
  return clientId ?? `ppuri-${plan.gateway}-${name}`;
}

/** Reads secrets and certificates anew. Rejects with PpuriError `sync-*` or `secret-missing`. */
export async function dialMqtt(
  config: MqttTargetConfig,
  plan: Pick<SyncPlan, 'gateway'>,
  options: IClientOptions,
  signal: AbortSignal,
): Promise<Dialled> {
  const { username } = config;
  const password = config.password === undefined ? undefined : readSecret(config.password);
  const address = addressOf(config);
  const socket = await openSocket(address, signal);
  const client = new MqttClient(() => socket, {
    clean: true,
    clientId: clientIdOf(config, plan),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    keepalive: 15,
    reconnectPeriod: 0,
    connectTimeout: connackMs,
    queueQoSZero: false,
    resubscribe: false,
    ...options,
  });
  return { client, connack: await accepted(client, address), address };
}

/**
 * Ends it at once, but never from within a call of its own: mqtt.js tells of a loss in the middle of
 * its loop over what was under way, and another end at that point empties what the loop goes over.
 */
export function endClient(client: MqttClient): void {
  setImmediate(() => client.end(true));
}

/** Reason of a DISCONNECT: the id is in use elsewhere. */
const takenOver = 0x8e;

/** Why the broker ends the connection, as it says itself; MQTT 5 only. */
export function disconnected(
  { host, port }: Address,
  { reasonCode, properties }: IDisconnectPacket,
  { clientId, password }: Pick<IClientOptions, 'clientId' | 'password'>,
): PpuriError {
  const text = redact(properties?.reasonString ?? '', password?.toString());
  const said = text === '' ? `reason 0x${(reasonCode ?? 0).toString(16)}` : text;
  if (reasonCode !== takenOver)
    return interrupted({ host, port, encrypted: false }, `the broker ends it: ${said}`);
  return new PpuriError(
    'sync-taken-over',
    `${host}:${port}: another client has connected with the id ${clientId}`,
    {
      operation: 'deliver over MQTT',
      subject: `${host}:${port}`,
      hint: 'give each gateway its own `gateway.id`, or this target its own `clientId`',
    },
  );
}

export function interrupted({ host, port }: Address, why: string): PpuriError {
  return new PpuriError('sync-interrupted', `the connection to ${host}:${port} ended: ${why}`, {
    operation: 'deliver over MQTT',
    subject: `${host}:${port}`,
    hint: 'nothing is lost: what was not acknowledged comes again',
  });
}

function refusal(address: Address, error: Error & { code?: unknown }): PpuriError {
  const refused = unwelcomeBy(address, error);
  if (refused !== null) return refused;
  const { host, port } = address;
  const subject = `${host}:${port}`;
  const denied = denials.has(Number(error.code));
  const hint = denied
    ? 'check username, password and the broker’s rules; it is tried again'
    : 'check the broker; it is tried again';
  return new PpuriError(
    denied ? 'sync-denied' : 'sync-unreachable',
    `${subject} does not take the connection: ${error.message}`,
    { operation: 'connect', subject, hint, cause: error },
  );
}

function accepted(client: MqttClient, address: Address): Promise<IConnackPacket> {
  const { promise, resolve, reject } = Promise.withResolvers<IConnackPacket>();
  const failed = (error: Error): void => {
    endClient(client);
    reject(refusal(address, error));
  };
  client.once('connect', (packet) => resolve(packet));
  client.on('error', failed);
  client.once('close', () => failed(new Error('it closed')));
  return promise;
}
