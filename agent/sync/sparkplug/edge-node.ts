/**
 * A Sparkplug B 3.0 edge node as pure state: what happened goes in, what to publish comes out. The
 * gateway is the node, each machine a device. Whoever connects sends the messages in their order.
 */
import type { StoredRecord } from '../../records.ts';
import { HostWatch, parseHostState } from './host-state.ts';
import { bdSeqAlias, MetricBook, type Owner } from './metric-book.ts';
import { decodePayload, encodePayload, type MetricFields, type Payload } from './payload.ts';
import { deviceReports, nodeReports, reportsOf } from './record-reports.ts';
import { MessageSequence } from './sequence.ts';
import { assertTopicLevel, deviceTopic, type NodeName, nodeTopic, stateTopic } from './topics.ts';

export interface Device {
  readonly id: string;
  /** Names of its profile's features. Others are added, with a new birth, when they come. */
  readonly features: readonly string[];
}

export interface EdgeNodeOptions extends NodeName {
  readonly devices: readonly Device[];
  /** Host without which nothing is sent; absent: none. */
  readonly primaryHost?: string;
  /** Ms since 1970 UTC. */
  readonly now: () => number;
}

/** One MQTT message; `qos` 1 is the will's only. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: false;
}

export interface Reaction {
  readonly publish: readonly Outgoing[];
  /** The primary host went away: publish, disconnect, and connect again. */
  readonly leave: boolean;
  /** What was wrong with the message, for the log; null for nothing. */
  readonly problem: string | null;
}

const rebirthMetric = 'Node Control/Rebirth';
const nothing: Reaction = { publish: [], leave: false, problem: null };

export class EdgeNode {
  readonly #options: EdgeNodeOptions;
  readonly #book = new MetricBook();
  readonly #seq = new MessageSequence();
  readonly #host = new HostWatch();
  readonly #alive = new Map<string, boolean>();
  #bdSeq = 0;
  #connected = false;
  #born = false;

  /** Throws `config-invalid` where a name cannot be part of a topic or is not unique. */
  constructor(options: EdgeNodeOptions) {
    this.#options = options;
    assertTopicLevel(options.group, 'the site');
    assertTopicLevel(options.node, 'the gateway’s id');
    if (options.primaryHost !== undefined) assertTopicLevel(options.primaryHost, 'primaryHost');
    for (const report of nodeReports()) this.#book.declare(null, report, options.now());
    for (const device of options.devices) this.#addDevice(device);
  }

  /** Whether data may be published: connected, births sent, the primary host there. */
  get born(): boolean {
    return this.#born;
  }

  /** The will of a CONNECT with this number. */
  will(bdSeq: number): Outgoing {
    this.#bdSeq = bdSeq;
    return { ...this.#death(), qos: 1 };
  }

  /** Where its own births are published. */
  get birthTopic(): string {
    return nodeTopic('NBIRTH', this.#options);
  }

  /** To subscribe to before anything is published, at QoS 1. Devices take no commands. */
  subscriptions(): string[] {
    const { primaryHost } = this.#options;
    const own = nodeTopic('NCMD', this.#options);
    return primaryHost === undefined ? [own] : [own, stateTopic(primaryHost)];
  }

  /** The connection is there and its subscriptions are acknowledged. */
  opened(): Outgoing[] {
    this.#connected = true;
    return this.#mayBeBorn() ? this.#births() : [];
  }

  /** The connection is gone, whoever ended it. */
  closed(): void {
    this.#connected = false;
    this.#born = false;
    this.#host.forget();
  }

  received(topic: string, payload: Uint8Array): Reaction {
    if (topic === nodeTopic('NCMD', this.#options)) return this.#commanded(payload);
    const { primaryHost } = this.#options;
    if (primaryHost === undefined || topic !== stateTopic(primaryHost)) return nothing;
    const state = parseHostState(payload);
    if (state === null) return { ...nothing, problem: 'a STATE message that is none' };
    if (!this.#host.hear(state)) return nothing;
    if (state.online) return { ...nothing, publish: this.#mayBeBorn() ? this.#births() : [] };
    return { ...nothing, publish: this.leaving(), leave: true };
  }

  /** Whether a message is the command that asks for births; `received` gives them. */
  asksRebirth(topic: string, bytes: Uint8Array): boolean {
    if (topic !== nodeTopic('NCMD', this.#options)) return false;
    const payload = commandOf(bytes);
    return payload !== null && hasRebirth(payload);
  }

  /** To publish before an intended disconnect. */
  leaving(): Outgoing[] {
    if (!this.#born) return [];
    this.#born = false;
    return [this.#death()];
  }

  /** A machine no longer answers. */
  lost(device: string): Outgoing[] {
    if (this.#alive.get(device) !== true) return [];
    this.#alive.set(device, false);
    return this.#born ? [this.#deviceMessage('DDEATH', device, [])] : [];
  }

  /** A machine answers again. */
  back(device: string): Outgoing[] {
    if (this.#alive.get(device) !== false) return [];
    this.#alive.set(device, true);
    return this.#born ? [this.#deviceBirth(device)] : [];
  }

  /**
   * The messages of `records`, in their order. `historical`: of the past, complete and without
   * effect on current values. Live ones have only what changed. Throws unless `born`.
   */
  data(records: readonly StoredRecord[], historical: boolean): Outgoing[] {
    if (!this.#born) throw new Error('data before birth');
    const birth = this.#learn(records, historical) ? this.#births() : [];
    const raised = new Set<string>();
    const messages = records.flatMap((record) => this.#record(record, historical, raised));
    // Devices that are away were born for the sake of their past only.
    const deaths = [...raised].map((id) => this.#deviceMessage('DDEATH', id, []));
    return [...birth, ...messages, ...deaths];
  }

  #record(record: StoredRecord, historical: boolean, raised: Set<string>): Outgoing[] {
    const { owner, reports } = reportsOf(record);
    const at = record.at.wallMs;
    const change = historical ? null : connectionOf(record);
    const births = owner === null ? [] : this.#raise(owner, historical, raised);
    const back = change?.there === true ? this.back(change.machine) : [];
    const metrics = historical
      ? this.#book.past(owner, reports, at)
      : this.#book.changes(owner, reports, at);
    const message = metrics.length === 0 ? [] : [this.#dataMessage(owner, metrics)];
    const deaths = change?.there === false ? this.lost(change.machine) : [];
    return [...births, ...back, ...message, ...deaths];
  }

  /** A shot of a machine that was lost says that it is back; one of its past does not. */
  #raise(device: string, historical: boolean, raised: Set<string>): Outgoing[] {
    if (this.#alive.get(device) === true) return [];
    if (!historical) {
      this.#alive.set(device, true);
      return raised.delete(device) ? [] : [this.#deviceBirth(device)];
    }
    if (raised.has(device)) return [];
    raised.add(device);
    return [this.#deviceBirth(device)];
  }

  /** Declares what `records` bring; true when something is new, so that births come first. */
  #learn(records: readonly StoredRecord[], historical: boolean): boolean {
    let news = false;
    for (const record of records) {
      const { owner, reports } = reportsOf(record);
      if (owner !== null && !this.#alive.has(owner)) {
        this.#addDevice({ id: owner, features: [] });
        this.#alive.set(owner, !historical);
        news = true;
      }
      for (const report of reports)
        news = this.#book.declare(owner, report, record.at.wallMs) || news;
    }
    return news;
  }

  #addDevice({ id, features }: Device): void {
    assertTopicLevel(id, 'a machine’s id');
    this.#alive.set(id, true);
    for (const report of deviceReports(features))
      this.#book.declare(id, report, this.#options.now());
  }

  #mayBeBorn(): boolean {
    return this.#connected && (this.#options.primaryHost === undefined || this.#host.online);
  }

  /** NBIRTH and every DBIRTH, before anything else. */
  #births(): Outgoing[] {
    this.#born = true;
    const alive = [...this.#alive].filter(([, there]) => there);
    return [this.#nodeBirth(), ...alive.map(([id]) => this.#deviceBirth(id))];
  }

  #nodeBirth(): Outgoing {
    const timestampMs = this.#options.now();
    const rebirth = { name: rebirthMetric, type: 'Boolean', value: false, timestampMs } as const;
    const bdSeq = { ...this.#bdSeqMetric(), alias: bdSeqAlias };
    const metrics = [bdSeq, rebirth, ...this.#book.birth(null, { stale: false })];
    const seq = this.#seq.restart();
    return this.#message(nodeTopic('NBIRTH', this.#options), metrics, seq, true);
  }

  #deviceBirth(device: string): Outgoing {
    const stale = this.#alive.get(device) !== true;
    const topic = deviceTopic('DBIRTH', this.#options, device);
    return this.#message(topic, this.#book.birth(device, { stale }), this.#seq.take(), true);
  }

  #dataMessage(owner: Owner, metrics: MetricFields[]): Outgoing {
    if (owner !== null) return this.#deviceMessage('DDATA', owner, metrics);
    return this.#message(nodeTopic('NDATA', this.#options), metrics, this.#seq.take(), false);
  }

  #deviceMessage(verb: 'DDATA' | 'DDEATH', device: string, metrics: MetricFields[]): Outgoing {
    const topic = deviceTopic(verb, this.#options, device);
    return this.#message(topic, metrics, this.#seq.take(), false);
  }

  #death(): Outgoing {
    return this.#message(nodeTopic('NDEATH', this.#options), [this.#bdSeqMetric()], null, true);
  }

  #bdSeqMetric(): MetricFields {
    const timestampMs = this.#options.now();
    return { name: 'bdSeq', type: 'Int64', value: this.#bdSeq, timestampMs };
  }

  #message(
    topic: string,
    metrics: readonly MetricFields[],
    seq: number | null,
    withType: boolean,
  ): Outgoing {
    const payload = encodePayload(metrics, { timestampMs: this.#options.now(), seq, withType });
    return { topic, payload, qos: 0, retain: false };
  }

  #commanded(bytes: Uint8Array): Reaction {
    const payload = commandOf(bytes);
    if (payload === null) return { ...nothing, problem: 'a command that is no Sparkplug payload' };
    if (hasRebirth(payload)) return { ...nothing, publish: this.#born ? this.#births() : [] };
    return { ...nothing, problem: 'a command that this node does not take' };
  }
}

/** Null: no Sparkplug payload. */
function commandOf(bytes: Uint8Array): Payload | null {
  try {
    return decodePayload(bytes);
  } catch {
    return null;
  }
}

const hasRebirth = ({ metrics }: Payload): boolean =>
  metrics.some(
    ({ name, value }) => name === rebirthMetric && value.case === 'booleanValue' && value.value,
  );

/** Whether a machine's connection is there, where a record tells; null where it does not. */
function connectionOf({ body }: StoredRecord): { machine: string; there: boolean } | null {
  if (body.kind !== 'alert' || body.alert.cause !== 'bus-lost') return null;
  return { machine: body.alert.machine, there: body.alert.state === 'cleared' };
}
