/** MQTT 5, one JSON message a record, QoS 1. mqtt.js is the transport only: it keeps nothing. */
import type { IConnackPacket, IPublishPacket, MqttClient } from 'mqtt';
import { PpuriError } from '../../config/errors.ts';
import type { MqttTargetConfig, SyncPlan } from '../../config/sync-schema.ts';
import type { StoredRecord } from '../records.ts';
import { messageOf, type Named } from './message.ts';
import { denials, dialMqtt, disconnected, endClient, interrupted } from './mqtt-dial.ts';
import type { Address } from './socket.ts';
import {
  AnswerError,
  type Connection,
  type DeliverableRecord,
  type Lane,
  type Sent,
  type Target,
} from './target.ts';

const mostUnderWay = 200;
/** PUBACKs that no repetition changes: malformed, bad topic, packet too large, bad payload. */
const neverTaken = new Set([0x81, 0x90, 0x95, 0x99]);
/** Nobody subscribes, so the broker has dropped it. */
const nobody = 0x10;
/** Of a PUBLISH beside topic and payload, at most. */
const headerBytes = 160;

export function createMqttJson(config: MqttTargetConfig, plan: SyncPlan): Target {
  return {
    name: config.name,
    recentFirst: true,
    async connect({ signal }) {
      const { client, connack, address } = await dialMqtt(
        config,
        plan,
        { protocolVersion: 5 },
        signal,
      );
      const isNobodyFine = config.subscriber === 'optional';
      return new MqttJsonConnection({ client, connack, named: plan, address, isNobodyFine });
    },
  };
}

interface Parts {
  readonly client: MqttClient;
  readonly connack: IConnackPacket;
  readonly named: Named;
  readonly address: Address;
  readonly isNobodyFine: boolean;
}

class MqttJsonConnection implements Connection {
  readonly window: number;
  /** Each record has an acknowledgement of its own: a line that breaks often still gets on. */
  readonly batch = 1;
  readonly ended: Promise<PpuriError>;
  readonly #resolveEnded: (why: PpuriError) => void;
  readonly #client: MqttClient;
  readonly #named: Named;
  readonly #address: Address;
  readonly #mostBytes: number;
  readonly #isNobodyFine: boolean;
  /** Acknowledged with the word that nobody subscribes; its callback follows at once. */
  readonly #unheardIds = new Set<number>();
  /** mqtt.js forgets its callbacks when the connection ends. */
  readonly #waits = new Set<(error: PpuriError) => void>();
  #over: PpuriError | null = null;

  constructor({ client, connack, named, address, isNobodyFine }: Parts) {
    this.#isNobodyFine = isNobodyFine;
    this.#client = client;
    this.#named = named;
    this.#address = address;
    const { receiveMaximum, maximumPacketSize } = connack.properties ?? {};
    this.window = Math.min(mostUnderWay, receiveMaximum ?? mostUnderWay);
    this.#mostBytes = maximumPacketSize ?? Number.POSITIVE_INFINITY;
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback' && packet.reasonCode === nobody)
        this.#unheardIds.add(packet.messageId ?? -1);
      if (packet.cmd === 'disconnect') this.#finish(disconnected(address, packet, client.options));
    });
    const { promise, resolve } = Promise.withResolvers<PpuriError>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    client.on('error', ({ message }) => this.#finish(interrupted(address, message)));
    client.once('close', () => this.#finish(interrupted(address, 'it closed')));
    if (!client.connected) this.#finish(interrupted(address, 'it closed'));
  }

  #finish(why: PpuriError): void {
    if (this.#over !== null) return;
    this.#over = why;
    for (const wait of [...this.#waits]) wait(why);
    endClient(this.#client);
    this.#resolveEnded(why);
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

  #publish(record: DeliverableRecord, payload: Buffer, lane: Lane): Promise<void> {
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
      this.#client.publish(topic, payload, { qos: 1, properties }, (error, sent) => {
        this.#waits.delete(reject);
        const unheard = this.#unheardIds.delete(sent?.messageId ?? -1) && !this.#isNobodyFine;
        const failure = unheard ? this.#unheard() : error ? this.#failureOf(record, error) : null;
        if (failure === null) return resolve();
        // First of all it is this record's; the others hear that the connection ended.
        reject(failure);
        if (failure.code !== 'sync-refused') this.#finish(failure);
      });
    }
    return promise;
  }

  #failureOf(record: StoredRecord, error: Error): PpuriError {
    const code = Number((error as { code?: unknown }).code);
    if (neverTaken.has(code)) return this.#refused(record, error.message);
    const { host, port } = this.#address;
    const details = { operation: 'deliver over MQTT', subject: `${host}:${port}` };
    if (code >= 0x80 && !denials.has(code))
      return new AnswerError('sync-interrupted', `${host}:${port} answers: ${error.message}`, {
        ...details,
        hint: 'nothing is lost: what was not acknowledged comes again',
      });
    if (!denials.has(code)) return interrupted(this.#address, error.message);
    return new AnswerError(
      'sync-denied',
      `${host}:${port} does not take records: ${error.message}`,
      {
        ...details,
        hint: 'check what the broker lets this user publish; it is tried again',
      },
    );
  }

  #unheard(): PpuriError {
    const { host, port } = this.#address;
    return new PpuriError('sync-no-receiver', `nobody subscribes at ${host}:${port}`, {
      operation: 'deliver over MQTT',
      subject: `${host}:${port}`,
      hint: 'start the receiver with a session that lasts; where the broker itself takes records, say `subscriber: optional`',
    });
  }

  #refused({ boot, seq }: StoredRecord, why: string): PpuriError {
    return new PpuriError('sync-refused', `the broker does not take it: ${why}`, {
      operation: 'deliver over MQTT',
      subject: `${boot}/${seq}`,
      hint: 'the record stays in the store; see the broker’s limits',
    });
  }

  close(): void {
    this.#finish(interrupted(this.#address, 'it was closed'));
  }
}
