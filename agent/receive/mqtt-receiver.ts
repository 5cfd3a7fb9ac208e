/** Takes records from an MQTT broker, and acknowledges each once it is kept. */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { PpuriError } from '../../config/errors.ts';
import { BadRecord, conflictText, type ReceivedRecord, readRecord, type Sink } from './batch.ts';

export interface MqttReceiverOptions {
  readonly url: string;
  /** The broker holds what comes meanwhile for this name; no two may have the same. */
  readonly clientId: string;
  /** User, password, certificates. */
  readonly connect: IClientOptions;
  readonly keep: Sink;
  /** A message that is no record, or could not be kept. */
  readonly onProblem?: (problem: string) => void;
}

const topics = 'ppuri/#';
const againMs = 1000;

function unreachable(url: string, cause: unknown): PpuriError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PpuriError('sync-unreachable', `the broker does not take the connection: ${why}`, {
    operation: 'receive records',
    subject: url,
    hint: 'check the address, user, password and certificates',
    cause,
  });
}

/** Null: it is no record, and will not be one when it comes again. */
function recordOf(topic: string, payload: Buffer, options: MqttReceiverOptions) {
  try {
    const record = readRecord(payload.toString('utf8'));
    // The broker's access list guards topics: what a record says of itself proves nothing.
    if (topic.split('/')[2] !== record.gateway)
      throw new BadRecord(`it says that it is of gateway ${record.gateway}`);
    return record;
  } catch (thrown) {
    if (!(thrown instanceof BadRecord)) throw thrown;
    options.onProblem?.(`${topic}: ${thrown.message}`);
    return null;
  }
}

/** Rejects when the first try fails; a broker that was there once is waited for. */
function connected(client: MqttClient, url: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failed = (error: Error): void => {
    client.end(true);
    reject(unreachable(url, error));
  };
  const closed = (): void => failed(new Error('it closed'));
  client.once('error', failed);
  client.once('close', closed);
  client.once('connect', () => {
    client.off('error', failed);
    client.off('close', closed);
    resolve();
  });
  client.connect();
  return promise;
}

/**
 * A session that outlives the connection: the broker holds what comes meanwhile. What cannot be kept
 * at the moment is not acknowledged, and holds up what follows.
 */
export async function startMqttReceiver(
  options: MqttReceiverOptions,
): Promise<{ close(): Promise<void> }> {
  const { url, keep } = options;
  const client = connect(url, {
    ...{ protocolVersion: 5, clean: false, clientId: options.clientId, reconnectPeriod: againMs },
    properties: { sessionExpiryInterval: 7 * 86_400, receiveMaximum: 200 },
    ...options.connect,
    manualConnect: true,
  });
  const kept = (record: ReceivedRecord, lane: string, done: () => void): void => {
    try {
      const { conflicts } = keep([record], lane);
      if (conflicts > 0) options.onProblem?.(conflictText(conflicts, [record]));
      done();
    } catch (thrown) {
      options.onProblem?.(thrown instanceof Error ? thrown.message : String(thrown));
      setTimeout(() => kept(record, lane, done), againMs).unref();
    }
  };
  // Its callback sends the acknowledgement; one message at a time, and some may come at once.
  client.handleMessage = ({ topic, payload, properties }, done) => {
    const record = recordOf(topic, Buffer.from(payload), options);
    if (record === null) done();
    else kept(record, String(properties?.userProperties?.lane ?? ''), () => done());
  };
  await connected(client, url);
  client.on('error', ({ message }) => options.onProblem?.(message));
  await client.subscribeAsync(topics, { qos: 1 });
  return { close: () => client.endAsync(true) };
}
