/**
 * Breaks the connections of gateways to a real mosquitto through faulty proxies, and judges outside:
 * every record handed out is received, once after the key, in order per machine and lane. With
 * `--backlog N`: how fast N records drain, and how late live ones are meanwhile.
 *
 *   node test/faults/sync-campaign.ts --breaks 10000 --seed 1
 *   node test/faults/sync-campaign.ts --backlog 1000000
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuMsOf } from '../../agent/bench/proc.ts';
import { createLog } from '../../agent/health/log.ts';
import { startHttpReceiver } from '../../agent/receive/http-receiver.ts';
import { forkRole } from '../../agent/role.ts';
import { Random } from '../../agent/simulator/random.ts';
import { createKeeper, type Keeper } from '../../agent/store/keeper.ts';
import { type FaultyProxy, startFaultyProxy } from '../fixtures/faulty-proxy.ts';
import { startMosquitto } from '../fixtures/mosquitto.ts';
import { MqttReceiver } from '../fixtures/mqtt-receiver.ts';
import { ReceivedBook } from '../fixtures/received.ts';
import { hostName, SparkplugReceiver } from '../fixtures/sparkplug-receiver.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { planOf } from '../fixtures/sync-plan.ts';

export interface BreaksReport {
  readonly seed: number;
  readonly breaks: Readonly<Record<string, number>>;
  readonly handedOut: number;
  readonly lost: readonly string[];
  readonly outOfOrder: readonly string[];
  /** Sent again and dropped by the key. */
  readonly repeats: number;
  /** Rules of Sparkplug that a gateway broke, as its host saw it. */
  readonly broken: readonly string[];
}

interface Gateway {
  readonly boot: string;
  readonly keeper: Keeper;
  readonly proxy: FaultyProxy;
}

const machines = ['dc-01', 'dc-02', 'dc-03'];
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const atMost = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms).unref());
const at = () => ({ monoMs: performance.now(), wallMs: Date.now() });

interface Behind {
  readonly port: number;
  readonly book: ReceivedBook;
  readonly broken: readonly string[];
  close(): Promise<void>;
}

async function behindBroker(receiver: MqttReceiver | SparkplugReceiver): Promise<Behind> {
  const broker = await startMosquitto(['max_inflight_messages 50']);
  await receiver.listen(broker.url);
  return {
    port: broker.port,
    book: receiver,
    broken: receiver instanceof SparkplugReceiver ? receiver.broken : [],
    close: async () => {
      await receiver.close();
      await broker.stop();
    },
  };
}

async function behindHttp(): Promise<Behind> {
  const book = new ReceivedBook();
  const receiver = await startHttpReceiver({
    ...{ host: '127.0.0.1', port: 0 },
    keep: (records, lane) => book.takeAll(records, lane),
  });
  return { port: receiver.port, book, broken: [], close: () => receiver.close() };
}

/** What a campaign speaks, and to whom. */
const kinds = {
  json: {
    entry: (port: number) => ({ type: 'mqtt', url: `mqtt://127.0.0.1:${port}` }),
    behind: () => behindBroker(new MqttReceiver()),
  },
  sparkplug: {
    entry: (port: number) => ({
      ...{ type: 'mqtt', url: `mqtt://127.0.0.1:${port}` },
      ...{ format: 'sparkplug-b', primaryHost: hostName },
    }),
    behind: () => behindBroker(new SparkplugReceiver()),
  },
  https: {
    entry: (port: number) => ({ type: 'https', url: `http://127.0.0.1:${port}/` }),
    behind: behindHttp,
  },
};
export type Kind = keyof typeof kinds;
export const isKind = (text: string): text is Kind => Object.hasOwn(kinds, text);

function keeperOf(dir: string, boot: string, port: number | null, kind: Kind = 'json'): Keeper {
  const sync = planOf(port === null ? [] : [kinds[kind].entry(port)], boot);
  return createKeeper({
    ...{ fork: forkRole, path: dir, sync },
    boot: { id: boot, startedWallMs: Date.now(), clockSynced: true },
    log: createLog(() => undefined),
    onEvent: ({ level, kind, text }) => {
      if (level === 'error' || process.env.SAY_ALL === '1')
        process.stderr.write(`${boot} ${kind} ${text}\n`);
    },
  });
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** Records go on being made until the connections were broken so many times. */
export async function runBreaks(options: {
  readonly breaks: number;
  readonly seed: number;
  readonly gateways: number;
  readonly kind: Kind;
}): Promise<BreaksReport> {
  const { breaks, seed, gateways: count, kind } = options;
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-sync-'));
  const behind = await kinds[kind].behind();
  const { book } = behind;
  const gateways: Gateway[] = [];
  for (let index = 0; index < count; index += 1) {
    const proxy = await startFaultyProxy(behind.port, new Random(seed, `proxy ${index}`));
    const boot = `gw-${index}`;
    gateways.push({ boot, proxy, keeper: keeperOf(join(dir, boot), boot, proxy.port, kind) });
  }
  const broken = (): number => gateways.reduce((total, { proxy }) => total + sum(proxy.breaks), 0);
  const handedOut: string[] = [];
  try {
    for (let index = 1; broken() < breaks; index += 1) {
      for (const { keeper } of gateways) {
        if (keeper.stats().pending > 2000) continue;
        for (let more = 0; more < 10; more += 1) {
          const machine = machines[(index + more) % machines.length];
          const { boot, seq } = keeper.keep(cycleBody(index * 10 + more, machine), at());
          handedOut.push(`${boot}/${seq}`);
        }
      }
      await sleep(100);
    }
    for (const { proxy, keeper } of gateways) {
      proxy.heal();
      await keeper.flush(60_000);
    }
    await Promise.race([book.until(handedOut.length), atMost(120_000)]);
    const seen = new Set(book.firsts.map(({ key }) => key));
    const byHow: Record<string, number> = {};
    for (const { proxy } of gateways)
      for (const [how, times] of Object.entries(proxy.breaks))
        byHow[how] = (byHow[how] ?? 0) + times;
    return {
      seed,
      breaks: byHow,
      handedOut: handedOut.length,
      lost: handedOut.filter((key) => !seen.has(key)),
      outOfOrder: book.outOfOrder(),
      repeats: book.repeats,
      broken: behind.broken,
    };
  } finally {
    await Promise.all(gateways.map(({ keeper }) => keeper.close().catch(() => undefined)));
    await Promise.all(gateways.map(({ proxy }) => proxy.close()));
    await behind.close();
    await rm(dir, { recursive: true, force: true });
  }
}

export interface BacklogReport {
  readonly backlog: number;
  readonly perSecond: number;
  /** Kept → received, of live records while the backlog drained. */
  readonly liveMs: { readonly p50: number; readonly max: number };
  readonly liveRecords: number;
  /** Of the keep child, at tenths of the drain. */
  readonly rssMiB: readonly number[];
  /** CPU of the keep child for a thousand records; null: it ended before it could be asked. */
  readonly cpuMsPerThousand: number | null;
}

function rssMiB(pid: number | null): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

/** Nobody listens behind the broker but for live records: what drains is counted by PUBACKs. */
export async function runBacklog(records: number): Promise<BacklogReport> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-sync-'));
  const filling = keeperOf(dir, 'filled', null);
  for (let index = 1; index <= records; index += 1) {
    filling.keep(cycleBody(index, machines[index % machines.length]), at());
    if (index % 2000 === 0) await filling.flush(60_000);
  }
  await filling.flush(60_000);
  await filling.close();
  const broker = await startMosquitto();
  const receiver = new MqttReceiver();
  await receiver.listen(broker.url);
  const started = performance.now();
  const keeper = keeperOf(dir, 'live', broker.port);
  await receiver.until(1);
  const kept = new Map<number, number>();
  const liveMs: number[] = [];
  const rss: number[] = [];
  try {
    let next = records / 10;
    while (receiver.size - liveMs.length < records) {
      const { seq } = keeper.keep(cycleBody(kept.size + 1), at());
      kept.set(seq, performance.now());
      while (!receiver.has('live', seq)) await sleep(5);
      liveMs.push(performance.now() - (kept.get(seq) ?? 0));
      if (receiver.size >= next) {
        rss.push(rssMiB(keeper.stats().pid));
        next += records / 10;
      }
    }
    const seconds = (performance.now() - started) / 1000;
    const cpuMs = cpuMsOf(keeper.stats().pid ?? 0);
    const sorted = [...liveMs].sort((a, b) => a - b);
    const round = (ms: number | undefined): number => Math.round(ms ?? Number.NaN);
    return {
      backlog: records,
      perSecond: Math.round(records / seconds),
      liveMs: { p50: round(sorted[sorted.length >> 1]), max: round(sorted.at(-1)) },
      liveRecords: sorted.length,
      rssMiB: rss,
      cpuMsPerThousand: cpuMs === null ? null : Math.round((cpuMs / records) * 1000),
    };
  } finally {
    await keeper.close().catch(() => undefined);
    await receiver.close();
    await broker.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      breaks: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      gateways: { type: 'string', default: '4' },
      kind: { type: 'string', default: 'json' },
      backlog: { type: 'string' },
    },
  });
  if (!isKind(values.kind)) throw new Error('--kind json|sparkplug|https');
  const [breaks, seed, gateways] = [values.breaks, values.seed, values.gateways].map(Number) as [
    number,
    number,
    number,
  ];
  const report =
    values.backlog === undefined
      ? await runBreaks({ breaks, seed, gateways, kind: values.kind })
      : await runBacklog(Number(values.backlog));
  process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
  if ('lost' in report && report.lost.length + report.outOfOrder.length + report.broken.length > 0)
    process.exitCode = 1;
}
