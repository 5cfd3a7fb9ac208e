/**
 * A shop floor in one run: simulated die-casting machines, each a Modbus TCP endpoint of its own,
 * and the agent as `ppuri run` beside them, with its store on the disk. What is measured is taken
 * at the machines, by the simulator's clock; the agent is only told to stop.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { forkRole } from '../agent/role.ts';
import { startSimulator } from '../agent/simulator/client.ts';
import type { Traffic } from '../agent/simulator/modbus-server.ts';
import type { MadeShot, PlantWrite } from '../agent/simulator/plant.ts';
import { openReadOnly } from '../agent/store/database.ts';
import { storePaths } from '../agent/store/paths.ts';
import { readRecords } from '../agent/store/read-records.ts';
import { type AgentProcess, type AgentSample, startAgent } from './agent-process.ts';
import { type BlockPoll, measureBlockPoll } from './block-poll.ts';
import type { BenchContext } from './figure.ts';
import { model, profile } from './shop-words.ts';

const seed = 20_261_122;
/** Shots come 310 ms apart, or later: never two within one pulse of the reject coil. */
const cycleSeconds = 0.32;
const pulseMs = 100;
/** More than ten machines make in any run of this. */
const mostRecords = 1_000_000;
const rejectCoil = 0;
/** One trouble after the other, so that many shots are rejected; no stops, no mold changes. */
const scenario = {
  firstEpisodeShots: [1, 3],
  episodeGapShots: [1, 3],
  stopGapShots: null,
  moldChangeGapShots: null,
  garbageRate: 0.002,
  freezeRate: 0,
} as const;

export interface ShopOptions {
  readonly machines: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly dir: string;
  readonly say: (text: string) => void;
  readonly nodeFlags?: readonly string[];
  /** Serves the panel there. */
  readonly panelPort?: number;
  /** Goes on while it is measured, from after the warm-up on; what it gives ends it. */
  readonly meanwhile?: () => Promise<() => void>;
}

/** One shot as the store has it. */
export interface KeptShot {
  readonly machine: string;
  readonly shot: number | null;
  readonly outcome: string;
  readonly reason: string;
  /** Stage → monotonic ms of the agent. */
  readonly times: Readonly<Record<string, number>>;
}

export interface ShopRun {
  readonly seconds: number;
  readonly machines: number;
  /** Made after the warm-up. */
  readonly shots: readonly MadeShot[];
  /** All reject coil writes with value 1 since the start. */
  readonly rejects: readonly PlantWrite[];
  readonly kept: readonly KeptShot[];
  /** Of all machines together, within the measured time. */
  readonly traffic: Traffic;
  readonly blockPoll: BlockPoll;
  readonly before: AgentSample;
  readonly after: AgentSample;
}

const ownSeconds = 270;
const shopMachines = 10;

/** The run that several benchmarks take their figures from, made when the first one asks. */
export function sharedShop(): (context: BenchContext) => Promise<ShopRun> {
  let run: Promise<ShopRun> | null = null;
  return ({ seconds: given, dir, say }) => {
    const seconds = given ?? ownSeconds;
    const warmUpSeconds = Math.min(15, Math.max(3, seconds / 4));
    run ??= runShop({ machines: shopMachines, seconds, warmUpSeconds, dir, say });
    return run;
  };
}

/** Runs the shop once. Rejects when the agent or the simulator ended badly. */
export async function runShop(options: ShopOptions): Promise<ShopRun> {
  const shots: MadeShot[] = [];
  const rejects: PlantWrite[] = [];
  const simulator = await startSimulator({
    fork: forkRole,
    plants: machinesOf(options).map((id, i) => ({
      machines: [{ id, profile, unit: 1, seed: seed + i, speed: 1, cycleSeconds, scenario }],
    })),
    handlers: {
      shot: (shot) => shots.push(shot),
      write: (write) => {
        if (isReject(write)) rejects.push(write);
      },
    },
  });
  let agent: AgentProcess | null = null;
  try {
    const blockPoll = await measureBlockPoll(simulator.ports[0] ?? 0);
    const store = join(options.dir, 'store');
    mkdirSync(options.dir, { recursive: true });
    const config = join(options.dir, 'ppuri.yaml');
    writeFileSync(config, configOf(options, simulator.ports, store));
    agent = startAgent(config, options.nodeFlags);
    options.say(`${options.machines} machines, warming up ${options.warmUpSeconds} s`);
    await Promise.race([sleep(options.warmUpSeconds), agent.broken]);
    await Promise.race([settled(() => machinesKept(store) === options.machines, 60), agent.broken]);
    const end = await options.meanwhile?.();
    const since = { shots: shots.length, traffic: sum(await simulator.traffic()) };
    const before = agent.sample();
    options.say(`measuring ${options.seconds} s`);
    await Promise.race([sleep(options.seconds), agent.broken]).finally(end);
    const after = agent.sample();
    const traffic = minus(sum(await simulator.traffic()), since.traffic);
    await simulator.stopShots();
    await settled(() => readKeptShots(store).length >= shots.length);
    await agent.stop();
    const seconds = (after.monoMs - before.monoMs) / 1000;
    const { machines } = options;
    const kept = readKeptShots(store);
    return {
      seconds,
      machines,
      shots: shots.slice(since.shots),
      rejects,
      kept,
      traffic,
      blockPoll,
      before,
      after,
    };
  } catch (error) {
    await agent?.stop().catch(() => undefined);
    throw error;
  } finally {
    await simulator.stop();
  }
}

/** A busy computer is slow to start: what is made before the agent looks, it cannot have. */
function machinesKept(store: string): number {
  if (!existsSync(storePaths(store).database)) return 0;
  return new Set(readKeptShots(store).map(({ machine }) => machine)).size;
}

/** Until the agent has kept what was made; a shot it never saw must not hold the benchmark up. */
async function settled(all: () => boolean, withinSeconds = 5): Promise<void> {
  const until = performance.now() + withinSeconds * 1000;
  do await sleep(0.2);
  while (!all() && performance.now() < until);
}

function machinesOf({ machines }: ShopOptions): string[] {
  return Array.from({ length: machines }, (_, i) => `dc-${String(i + 1).padStart(2, '0')}`);
}

function isReject({ table, address, values }: PlantWrite): boolean {
  return table === 'coil' && address === rejectCoil && values[0] === 1;
}

/** As a user would write it: no poll interval, no deadlines, nothing but what must be said. */
function configOf(options: ShopOptions, ports: readonly number[], store: string): string {
  const ids = machinesOf(options);
  const buses = ids.map((id, i) => {
    const port = ports[i] ?? 0;
    return [id, { type: 'modbus-tcp', host: '127.0.0.1', port }];
  });
  return stringify({
    gateway: { id: 'bench', site: 'bench' },
    buses: Object.fromEntries(buses),
    machines: ids.map((id) => ({
      id,
      profile,
      devices: { plc: { bus: id, unit: 1 } },
      model,
      reject: { device: 'plc', coil: rejectCoil, pulseMs },
    })),
    ...(options.panelPort === undefined
      ? {}
      : { panel: { listen: `127.0.0.1:${options.panelPort}` } }),
    store: { path: store },
  });
}

function readKeptShots(store: string): KeptShot[] {
  const db = openReadOnly(storePaths(store).database);
  try {
    return readRecords(db, { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: mostRecords }).flatMap(
      ({ body }) => {
        if (body.kind !== 'cycle') return [];
        const { outcome, reason, times } = body.verdict;
        const { machine, shot } = body.cycle;
        return [{ machine, shot, outcome, reason, times: { ...times } }];
      },
    );
  } finally {
    db.close();
  }
}

function sum(plants: readonly Traffic[]): Traffic {
  const total = { requests: 0, bytesIn: 0, bytesOut: 0 };
  for (const { requests, bytesIn, bytesOut } of plants) {
    total.requests += requests;
    total.bytesIn += bytesIn;
    total.bytesOut += bytesOut;
  }
  return total;
}

function minus(a: Traffic, b: Traffic): Traffic {
  return {
    requests: a.requests - b.requests,
    bytesIn: a.bytesIn - b.bytesIn,
    bytesOut: a.bytesOut - b.bytesOut,
  };
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
