/**
 * One MQTT connection of a Sparkplug edge node, from CONNECT to its end. It does not connect again:
 * each connection takes a new birth-death number, so whoever supervises opens a new session.
 */
import type { IClientOptions, MqttClient } from 'mqtt';
import { PpuriError } from '../../../config/errors.ts';
import type { StoredRecord } from '../../records.ts';
import { endClient } from '../mqtt-dial.ts';
import type { EdgeNode, Outgoing } from './edge-node.ts';
import { PingFence } from './ping-fence.ts';
import { RebirthDamper } from './rebirth-damper.ts';

/** What a Sparkplug CONNECT must have; the rest (address, TLS, names, keep-alive) is the dialler's. */
export type SparkplugConnect = Required<
  Pick<IClientOptions, 'clean' | 'protocolVersion' | 'reconnectPeriod' | 'queueQoSZero' | 'will'>
>;

export interface SparkplugSessionOptions {
  readonly node: EdgeNode;
  /** The number of the next CONNECT, on disk before it returns. */
  readonly nextBdSeq: () => number;
  /** Resolves once the broker accepted the connection; `mqtt` then does not connect again. */
  readonly dial: (connect: SparkplugConnect) => Promise<MqttClient>;
  /** Births were sent: data may follow. Called again after each rebirth. */
  readonly onBorn?: () => void;
  /** Something a message had wrong; nothing was lost by it. */
  readonly onProblem?: (problem: string) => void;
  /** The broker must show this node its own NBIRTH, or it throws away what is published. */
  readonly echo?: boolean;
  /** Longest wait for the broker to have all that was sent. */
  readonly confirmMs: number;
}

/** Records whose messages wait for the socket at one time. */
const atOnce = 200;
/** Behind the answer to a ping, a broker may still be about to show what came before it. */
const echoMs = 2000;
/** Some brokers hang up on a node whose publishing they deny, without a word. */
const beforeEcho =
  '(before this node was shown its own birth: if so each time, check what the broker lets this user write)';

function interrupted(client: MqttClient, why: string): PpuriError {
  return new PpuriError('sync-interrupted', `the connection to the broker ended: ${why}`, {
    operation: 'deliver over Sparkplug',
    subject: client.options.host ?? 'broker',
    hint: 'nothing is lost: what was not confirmed comes again',
  });
}

export class SparkplugSession {
  /** Resolves when the connection is over, whoever ended it, with why. */
  readonly ended: Promise<PpuriError>;
  readonly #options: SparkplugSessionOptions;
  readonly #client: MqttClient;
  readonly #fence: PingFence;
  readonly #rebirths = new RebirthDamper();
  /** Ends each wait for the client, which forgets what it was writing when its connection ends. */
  readonly #waits = new Set<() => void>();
  #over = false;
  #leaving = false;
  #hostLeft = false;
  #bytes = 0;
  #trouble = 'it closed';
  #denied: PpuriError | null = null;
  #isHeard = false;
  readonly #echoed = Promise.withResolvers<void>();
  readonly #birthTopic: string;

  private constructor(options: SparkplugSessionOptions, client: MqttClient) {
    this.#options = options;
    this.#client = client;
    this.#fence = new PingFence(client);
    this.#birthTopic = options.node.birthTopic;
    if (options.echo !== true) this.#hear();
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    this.ended = closed.then(() => {
      this.#end();
      const why = this.#isHeard ? this.#trouble : `${this.#trouble} ${beforeEcho}`;
      return this.#denied ?? interrupted(client, why);
    });
    // Every error ends in `close`; without a listener it would end the process.
    client.on('error', ({ message }) => {
      this.#trouble = message;
    });
    client.on('message', (topic, payload) => this.#received(topic, payload));
  }

  /** Connects, subscribes, and is born unless the primary host is awaited. Throws what `dial` throws. */
  static async open(options: SparkplugSessionOptions): Promise<SparkplugSession> {
    const { topic, payload, qos, retain } = options.node.will(options.nextBdSeq());
    const client = await options.dial({
      // 3.1.1, where leaving is an NDEATH and a DISCONNECT, which every broker takes.
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      queueQoSZero: false,
      will: { topic, payload: Buffer.from(payload), qos, retain },
    });
    const session = new SparkplugSession(options, client);
    try {
      await session.#begin();
    } catch (error) {
      endClient(client);
      throw error;
    }
    return session;
  }

  /** Whether `send` may be called. */
  get born(): boolean {
    return this.#options.node.born && !this.#over && !this.#leaving;
  }

  /** It ended because the primary host said that it went. */
  get hostLeft(): boolean {
    return this.#hostLeft;
  }

  /** Sent so far: topics and payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Resolves once the broker has `records`: it answers a ping in the order of what came before it.
   * QoS is 0 by the specification, so there is no other word of it. Rejects with `sync-interrupted`.
   */
  async send(records: readonly StoredRecord[], historical: boolean): Promise<void> {
    if (!this.born) throw interrupted(this.#client, 'not born');
    // Half open: nobody answers on this connection any more.
    const late = setTimeout(() => endClient(this.#client), this.#options.confirmMs);
    const answered = await this.#write(records, historical)
      .then(() => this.#fence.pass())
      .finally(() => clearTimeout(late));
    await this.#heard();
    // A host that went away meanwhile may not have them.
    if (!answered || !this.born) throw interrupted(this.#client, 'no answer');
  }

  #hear(): void {
    this.#isHeard = true;
    this.#echoed.resolve();
  }

  /** A broker of MQTT 3.1.1 acknowledges what its rules then throw away: only the echo tells. */
  async #heard(): Promise<void> {
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), echoMs);
    const heard = await Promise.race([this.#echoed.promise, this.ended, late.promise]);
    clearTimeout(timer);
    if (heard !== 'late') return;
    this.#denied = this.#deny(
      `this node is not shown its own ${this.#birthTopic}: all that is published may be thrown away`,
      'let this user write and read its own topics; where it may only write, say `subscriber: optional`',
    );
    endClient(this.#client);
    throw this.#denied;
  }

  #deny(why: string, hint: string): PpuriError {
    const subject = this.#client.options.clientId ?? 'broker';
    return new PpuriError('sync-denied', why, {
      operation: 'deliver over Sparkplug',
      subject,
      hint,
    });
  }

  /** Numbered and written a part at a time: births that a host asks for come between two parts. */
  async #write(records: readonly StoredRecord[], historical: boolean): Promise<void> {
    for (let at = 0; at < records.length; at += atOnce) {
      if (!this.born) throw interrupted(this.#client, 'not born');
      const part = records.slice(at, at + atOnce);
      await this.#publish(this.#options.node.data(part, historical));
    }
  }

  /** A machine no longer answers, or does again. */
  async connection(device: string, there: boolean): Promise<void> {
    const { node } = this.#options;
    await this.#publish(there ? node.back(device) : node.lost(device));
  }

  /** NDEATH, DISCONNECT, and the end. */
  async close(): Promise<void> {
    if (this.#over || this.#leaving) await this.ended;
    else await this.#leave(this.#options.node.leaving());
  }

  /** The end at once; the broker sends the will. */
  cut(): void {
    endClient(this.#client);
  }

  async #begin(): Promise<void> {
    const { node, echo } = this.#options;
    const wanted = [...node.subscriptions(), ...(echo === true ? [this.#birthTopic] : [])];
    const granted = await this.#subscribe(wanted);
    const refused = granted.find(({ qos }) => qos > 2);
    if (refused !== undefined)
      throw this.#deny(
        `this user may not read ${refused.topic}`,
        'check what the broker lets this user read; it is tried again',
      );
    await this.#birth(this.#options.node.opened());
  }

  async #subscribe(topics: string[]): Promise<{ topic: string; qos: number }[]> {
    const asked = this.#client.subscribeAsync(topics, { qos: 1 });
    const problem = await this.#unlessOver(asked);
    if (problem !== null) throw interrupted(this.#client, problem);
    return asked;
  }

  async #birth(messages: readonly Outgoing[]): Promise<void> {
    if (messages.length === 0) return;
    await this.#publish(messages);
    this.#options.onBorn?.();
  }

  /** In their order: the client writes as it is called. */
  async #publish(messages: readonly Outgoing[]): Promise<void> {
    const written = messages.map(({ topic, payload, retain }) => {
      this.#bytes += topic.length + payload.length;
      return this.#client.publishAsync(topic, Buffer.from(payload), { qos: 0, retain });
    });
    const done = await this.#unlessOver(Promise.all(written));
    if (done !== null) throw interrupted(this.#client, done);
  }

  /** Null once `work` is done, or why it will not be. */
  #unlessOver(work: Promise<unknown>): Promise<string | null> {
    return new Promise((resolve) => {
      const over = (): void => resolve('it closed');
      if (this.#over) return over();
      this.#waits.add(over);
      const settle = (result: string | null): void => {
        this.#waits.delete(over);
        resolve(result);
      };
      work.then(
        () => settle(null),
        (error: unknown) => settle(error instanceof Error ? error.message : String(error)),
      );
    });
  }

  #received(topic: string, payload: Buffer): void {
    if (topic === this.#birthTopic) this.#hear();
    const take = (): void => this.#take(topic, payload);
    if (this.#options.node.asksRebirth(topic, payload)) this.#rebirths.ask(take);
    else take();
  }

  #take(topic: string, payload: Buffer): void {
    const { publish, leave, problem } = this.#options.node.received(topic, payload);
    if (problem !== null) this.#options.onProblem?.(problem);
    if (leave) this.#hostLeft = true;
    const done = leave ? this.#leave(publish) : this.#birth(publish);
    // A connection that is gone says so by `ended`.
    done.catch((error: unknown) => this.#options.onProblem?.(String(error)));
  }

  async #leave(deaths: readonly Outgoing[]): Promise<void> {
    this.#leaving = true;
    this.#rebirths.end();
    try {
      await this.#publish(deaths);
    } finally {
      this.#client.end(false);
    }
    await this.ended;
  }

  #end(): void {
    this.#over = true;
    this.#rebirths.end();
    this.#options.node.closed();
    this.#fence.end();
    for (const over of [...this.#waits]) over();
    this.#waits.clear();
  }
}
