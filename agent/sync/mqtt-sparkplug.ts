/** Sparkplug B 3.0 as a sync target: one edge node for ever, a session a connection. */
import { PpuriError } from '../../config/errors.ts';
import type { MqttTargetConfig, SyncPlan } from '../../config/sync-schema.ts';
import { dialMqtt } from './mqtt-dial.ts';
import { EdgeNode } from './sparkplug/edge-node.ts';
import { SparkplugSession } from './sparkplug/session.ts';
import type { Connection, DeliverableRecord, Sent, Target, TargetTools, Try } from './target.ts';

/** Records that one ping confirms. */
const batchRecords = 100;
const confirmMs = 15_000;
const stateMs = 2000;

function hostAway(host: string): PpuriError {
  return new PpuriError('sync-host-away', `the primary host ${host} is not online`, {
    operation: 'deliver over Sparkplug',
    subject: host,
    hint: 'check the host application, and `primaryHost`; births follow once it says that it is online',
  });
}

export function createMqttSparkplug(
  config: MqttTargetConfig,
  plan: SyncPlan,
  tools: TargetTools,
): Target {
  const { primaryHost } = config;
  const said = new Set<string>();
  const node = new EdgeNode({
    ...{ group: plan.site, node: plan.gateway, devices: plan.machines, now: Date.now },
    ...(primaryHost === undefined ? {} : { primaryHost }),
  });
  // A host may repeat its mistake for ever.
  const onProblem = (problem: string): void => {
    if (said.has(problem)) return;
    said.add(problem);
    tools.onProblem(problem);
  };
  return {
    name: config.name,
    // It is one stream to a host: `is_historical`, in order.
    recentFirst: false,
    connect: (attempt) => connect({ config, plan, node, tools: { ...tools, onProblem } }, attempt),
  };
}

interface Parts {
  readonly config: MqttTargetConfig;
  readonly plan: SyncPlan;
  readonly node: EdgeNode;
  readonly tools: TargetTools;
}

async function connect(
  { config, plan, node, tools }: Parts,
  { signal, onWaiting }: Try,
): Promise<Connection> {
  const born = Promise.withResolvers<void>();
  const session = await SparkplugSession.open({
    node,
    nextBdSeq: tools.nextBdSeq,
    dial: async (options) => (await dialMqtt(config, plan, options, signal)).client,
    onBorn: born.resolve,
    echo: config.subscriber === 'required',
    onProblem: tools.onProblem,
    confirmMs,
  });
  // An intended end says so to the hosts; `ended` then follows.
  const leave = (): void => void session.close().catch(() => undefined);
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  void session.ended.then(() => signal.removeEventListener('abort', leave));
  const host = config.primaryHost;
  if (!session.born && host !== undefined) {
    // Its retained STATE comes right after the subscription.
    const late = setTimeout(() => onWaiting(hostAway(host)), stateMs);
    const why = await Promise.race([born.promise, session.ended]).finally(() => clearTimeout(late));
    if (why !== undefined) throw why;
  }
  return new SparkplugConnection(session, host);
}

class SparkplugConnection implements Connection {
  readonly window = 4 * batchRecords;
  readonly batch = batchRecords;
  readonly ended: Promise<PpuriError>;
  readonly #session: SparkplugSession;

  constructor(session: SparkplugSession, host: string | undefined) {
    this.#session = session;
    this.ended = session.ended.then((why) =>
      session.hostLeft && host !== undefined ? hostAway(host) : why,
    );
  }

  send(records: readonly DeliverableRecord[]): Sent {
    const before = this.#session.bytes;
    const sends = runsOf(records).map((run) =>
      this.#session.send(run, run[0]?.historical === true),
    );
    const done = Promise.all(sends).then(() => undefined);
    return { bytes: this.#session.bytes - before, done };
  }

  close(): void {
    this.#session.cut();
  }
}

/** Neighbours that are alike in being of the past, or not. */
function runsOf(records: readonly DeliverableRecord[]): DeliverableRecord[][] {
  const runs: DeliverableRecord[][] = [];
  for (const record of records) {
    const last = runs.at(-1);
    if (last?.[0]?.historical === record.historical) last.push(record);
    else runs.push([record]);
  }
  return runs;
}
