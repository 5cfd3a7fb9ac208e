/** MQTT 5, one JSON message a record, QoS 1. mqtt.js is the transport only: it keeps nothing. */
import { type IConnackPacket, type IPublishPacket, MqttClient } from 'mqtt';
import { PpuriError } from '../../config/errors.ts';
import type { SyncPlan, SyncTargetConfig } from '../../config/sync-schema.ts';
import type { StoredRecord } from '../records.ts';
import { readSecret } from './secret.ts';
import { type Address, openSocket } from './socket.ts';
import type { Connection, DeliverableRecord, Lane, Sent, Target } from './target.ts';

type Named = Pick<SyncPlan, 'gateway' | 'site'>;

const mostUnderWay = 200;
const connackMs = 5000;
/** PUBACKs that no repetition changes: malformed, bad topic, packet too large, bad payload. */
const neverTaken = new Set([0x81, 0x90, 0x95, 0x99]);
/** CONNACKs that a person must do something about: name, password, leave, banned. */
const denials = new Set([4, 5, 0x85, 0x86, 0x87, 0x8a, 0x8c]);
/** Of a PUBLISH beside topic and payload, at most. */
const headerBytes = 160;

/** The message of a record: the contract of config/receive/README.md. */
export function messageOf(record: StoredRecord, { gateway, site }: Named): string {
  const { boot, seq, at, clockSynced, body } = record;
  return JSON.stringify({ gateway, site, boot, seq, at, clockSynced, body });
}

export function createMqttJson(config: SyncTargetConfig, plan: Named): Target {
  const url = new URL(config.url);
  const encrypted = url.protocol === 'mqtts:';
  const { ca, cert, key } = config;
  const port = url.port === '' ? (encrypted ? 8883 : 1883) : Number(url.port);
  const address = { host: url.hostname, port, encrypted, ca, cert, key };
  return { name: config.name, connect: () => connect(config, plan, address) };
}

async function connect(
  config: SyncTargetConfig,
  plan: Named,
  address: Address,
): Promise<Connection> {
  const password = config.password === undefined ? undefined : readSecret(config.password);
  const socket = await openSocket(address);
  const client = new MqttClient(() => socket, {
    protocolVersion: 5,
    clean: true,
    clientId: config.clientId ?? `ppuri-${plan.gateway}`,
    ...(config.username === undefined ? {} : { username: config.username }),
    ...(password === undefined ? {} : { password }),
    keepalive: 15,
    reconnectPeriod: 0,
    connectTimeout: connackMs,
    queueQoSZero: false,
    resubscribe: false,
  });
  const connack = await accepted(client, address);
  return new MqttJsonConnection(client, connack, plan, address);
}

function interrupted({ host, port }: Address, why: string): PpuriError {
  return new PpuriError('sync-interrupted', `the connection to ${host}:${port} ended: ${why}`, {
    operation: 'deliver over MQTT',
    subject: `${host}:${port}`,
    hint: 'nothing is lost: what was not acknowledged comes again',
  });
}

function accepted(client: MqttClient, address: Address): Promise<IConnackPacket> {
  const { promise, resolve, reject } = Promise.withResolvers<IConnackPacket>();
  const subject = `${address.host}:${address.port}`;
  const failed = (error: Error & { code?: number | string }): void => {
    client.end(true);
    const denied = denials.has(Number(error.code));
    const code = denied ? 'sync-denied' : 'sync-unreachable';
    const hint = denied
      ? 'check username, password and the broker’s rules; it is tried again'
      : 'check the broker; it is tried again';
    reject(
      new PpuriError(code, `${subject} does not take the connection: ${error.message}`, {
        ...{ operation: 'connect', subject, hint, cause: error },
      }),
    );
  };
  client.once('connect', (packet) => resolve(packet));
  client.on('error', failed);
  client.once('close', () => failed(new Error('it closed')));
  return promise;
}

class MqttJsonConnection implements Connection {
  readonly window: number;
  /** Each record has an acknowledgement of its own: a line that breaks often still gets on. */
  readonly batch = 1;
  readonly ended: Promise<PpuriError>;
  readonly #client: MqttClient;
  readonly #named: Named;
  readonly #address: Address;
  readonly #mostBytes: number;
  /** mqtt.js forgets its callbacks when the connection ends. */
  readonly #waits = new Set<(error: PpuriError) => void>();
  #over: PpuriError | null = null;

  constructor(client: MqttClient, connack: IConnackPacket, named: Named, address: Address) {
    this.#client = client;
    this.#named = named;
    this.#address = address;
    const { receiveMaximum, maximumPacketSize } = connack.properties ?? {};
    this.window = Math.min(mostUnderWay, receiveMaximum ?? mostUnderWay);
    this.#mostBytes = maximumPacketSize ?? Number.POSITIVE_INFINITY;
    this.ended = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#over ??= interrupted(address, why);
        for (const wait of [...this.#waits]) wait(this.#over);
        resolve(this.#over);
      };
      client.on('error', (error) => {
        end(error.message);
        client.end(true);
      });
      client.once('close', () => end('it closed'));
      if (!client.connected) end('it closed');
    });
  }

  send(records: readonly DeliverableRecord[], lane: Lane): Sent {
    let bytes = 0;
    const acknowledged = records.map((record) => {
      const payload = Buffer.from(messageOf(record, this.#named));
      bytes += payload.length + headerBytes;
      return this.#publish(record, payload, lane);
    });
    return { bytes, done: Promise.all(acknowledged).then(() => undefined) };
  }

  #publish(record: StoredRecord, payload: Buffer, lane: Lane): Promise<void> {
    const { gateway, site } = this.#named;
    const topic = `ppuri/${site}/${gateway}/${record.body.kind}`;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#over !== null) reject(this.#over);
    else if (payload.length + topic.length + headerBytes > this.#mostBytes)
      reject(this.#refused(record, `its message has ${payload.length} bytes`));
    else {
      this.#waits.add(reject);
      const properties: IPublishPacket['properties'] = {
        contentType: 'application/json',
        payloadFormatIndicator: true,
        userProperties: { lane },
      };
      this.#client.publish(topic, payload, { qos: 1, properties }, (error) => {
        this.#waits.delete(reject);
        if (!error) return resolve();
        const code = Number((error as { code?: unknown }).code);
        reject(
          neverTaken.has(code)
            ? this.#refused(record, error.message)
            : interrupted(this.#address, error.message),
        );
      });
    }
    return promise;
  }

  #refused({ boot, seq }: StoredRecord, why: string): PpuriError {
    return new PpuriError('sync-refused', `the broker does not take it: ${why}`, {
      operation: 'deliver over MQTT',
      subject: `${boot}/${seq}`,
      hint: 'the record stays in the store; see the broker’s limits',
    });
  }

  close(): void {
    this.#client.end(true);
  }
}
