/** MQTT 5, one JSON message a record, QoS 1. mqtt.js is the transport only: it keeps nothing. */
import type { IConnackPacket, IPublishPacket, MqttClient } from 'mqtt';
import { PpuriError } from '../../config/errors.ts';
import type { MqttTargetConfig, SyncPlan } from '../../config/sync-schema.ts';
import type { StoredRecord } from '../records.ts';
import { messageOf, type Named } from './message.ts';
import { dialMqtt, interrupted } from './mqtt-dial.ts';
import type { Address } from './socket.ts';
import type { Connection, DeliverableRecord, Lane, Sent, Target } from './target.ts';

const mostUnderWay = 200;
/** PUBACKs that no repetition changes: malformed, bad topic, packet too large, bad payload. */
const neverTaken = new Set([0x81, 0x90, 0x95, 0x99]);
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
      return new MqttJsonConnection(client, connack, plan, address);
    },
  };
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
