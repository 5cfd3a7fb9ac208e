/**
 * A shop floor in one run: simulated machines on loopback, and the agent as `ppuri run` beside them,
 * with its store on the disk. What is measured is taken at the machines, by the simulator's clock;
 * the agent is only told to stop.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forkRole } from '../role.ts';
import { type Simulator, startSimulator } from '../simulator/client.ts';
import type { Traffic } from '../simulator/modbus-server.ts';
import type { MadeShot, PlantWrite } from '../simulator/plant.ts';
import type { RemoteLine, RemotePlant } from '../simulator/protocol.ts';
import {
  type AgentProcess,
  type AgentProgram,
  type AgentSample,
  startAgent,
} from './agent-process.ts';
import { type KeptShot, readKeptShots } from './kept-shots.ts';

/** Ports that the simulators were given, in the order of the floor's plants and lines. */
export interface FloorPorts {
  readonly plants: readonly number[];
  readonly lines: readonly number[];
}

export interface Floor {
  /** Ids of the machines. */
  readonly machines: readonly string[];
  readonly plants: readonly RemotePlant[];
  readonly lines: readonly RemoteLine[];
  /** ppuri.yaml, with the store at `store`. */
  readonly config: (ports: FloorPorts, store: string) => string;
  /** Whether this write diverts a part. */
  readonly isReject: (write: PlantWrite) => boolean;
}

export interface FloorRunOptions {
  readonly floor: Floor;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Configuration and store go there; made if need be. */
  readonly dir: string;
  readonly say: (text: string) => void;
  readonly agent?: AgentProgram;
  /** Longest wait for the first shot of every machine, after the warm-up. */
  readonly heardWithinSeconds?: number;
  /** Before the agent is there. */
  readonly beforehand?: (ports: FloorPorts) => Promise<void>;
  /** Goes on while it is measured, from after the warm-up on; what it gives ends it. */
  readonly meanwhile?: (processes: FloorProcesses) => Promise<() => void>;
  /** At the end of the measured time, with everything still at work. */
  readonly atEnd?: (store: string) => Promise<void>;
  /** Rejects to end the run early. */
  readonly ended?: Promise<never>;
}

export interface FloorProcesses {
  readonly agent: number;
  readonly simulator: number | null;
}

export interface FloorRun {
  readonly seconds: number;
  readonly machines: number;
  /** Made after the warm-up. */
  readonly shots: readonly MadeShot[];
  /** All reject writes since the start. */
  readonly rejects: readonly PlantWrite[];
  readonly kept: readonly KeptShot[];
  /** Of all machines together, within the measured time. */
  readonly traffic: Traffic;
  readonly before: AgentSample;
  readonly after: AgentSample;
}

/** What the simulators have told so far. */
interface Told {
  readonly shots: MadeShot[];
  readonly rejects: PlantWrite[];
}

/** Runs the floor once. Rejects when the agent or the simulator ended badly; leaves no process. */
export async function runFloor(options: FloorRunOptions): Promise<FloorRun> {
  const { floor, dir } = options;
  const told: Told = { shots: [], rejects: [] };
  mkdirSync(dir, { recursive: true });
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  const simulator = await startSimulator({
    fork: forkRole,
    plants: floor.plants,
    lines: floor.lines,
    handlers: {
      shot: (shot) => told.shots.push(shot),
      write: (write) => {
        if (floor.isReject(write)) told.rejects.push(write);
      },
      lost: lost.reject,
    },
  });
  let agent: AgentProcess | null = null;
  try {
    const ports = { plants: simulator.ports, lines: simulator.linePorts };
    await options.beforehand?.(ports);
    const store = join(dir, 'store');
    const config = join(dir, 'ppuri.yaml');
    writeFileSync(config, floor.config(ports, store));
    agent = startAgent(config, options.agent);
    const broken = Promise.race([agent.broken, lost.promise, options.ended ?? agent.broken]);
    broken.catch(() => undefined);
    return await measure(options, { store, simulator, agent, broken }, told);
  } catch (error) {
    await agent?.stop().catch(() => undefined);
    throw error;
  } finally {
    await simulator.stop();
  }
}

interface Running {
  readonly store: string;
  readonly simulator: Simulator;
  readonly agent: AgentProcess;
  readonly broken: Promise<never>;
}

async function measure(options: FloorRunOptions, running: Running, told: Told): Promise<FloorRun> {
  const { floor, seconds: wanted, warmUpSeconds, say, heardWithinSeconds = 60 } = options;
  const { store, simulator, agent, broken } = running;
  const machines = floor.machines.length;
  const processes = { agent: agent.pid, simulator: simulator.pid };
  say(`${machines} machines, warming up ${warmUpSeconds} s`);
  await Promise.race([sleep(warmUpSeconds), broken]);
  const heard = settled(() => machinesKept(store) === machines, heardWithinSeconds);
  await Promise.race([heard, broken]);
  const end = await options.meanwhile?.(processes);
  const since = { shots: told.shots.length, traffic: sum(await simulator.traffic()) };
  const before = agent.sample();
  say(`measuring ${wanted} s`);
  await Promise.race([sleep(wanted), broken]).finally(end);
  const after = agent.sample();
  const traffic = minus(sum(await simulator.traffic()), since.traffic);
  await options.atEnd?.(store);
  await simulator.stopShots();
  await settled(() => keptSoFar(store).length >= told.shots.length);
  await agent.stop();
  return {
    seconds: (after.monoMs - before.monoMs) / 1000,
    machines,
    shots: told.shots.slice(since.shots),
    rejects: told.rejects,
    kept: readKeptShots(store),
    traffic,
    before,
    after,
  };
}

/** A store that is just being made, a layout after the other, cannot be read yet. */
function keptSoFar(store: string): readonly KeptShot[] {
  try {
    return readKeptShots(store);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'store-unavailable' || code.startsWith('SQLITE_')) return [];
    throw error;
  }
}

/**
 * A busy computer is slow to start: what is made before the agent looks it cannot have, and what is
 * made before its models are loaded it cannot judge.
 */
function machinesKept(store: string): number {
  const judged = keptSoFar(store).filter(
    ({ outcome, reason }) => outcome !== 'unscored' || reason === 'no-model',
  );
  return new Set(judged.map(({ machine }) => machine)).size;
}

/** Until the agent has kept what was made; a shot it never saw must not hold the benchmark up. */
async function settled(all: () => boolean, withinSeconds = 5): Promise<void> {
  const until = performance.now() + withinSeconds * 1000;
  do await sleep(0.2);
  while (!all() && performance.now() < until);
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

/** The children keep this process alive; a run that was ended early must not wait for it. */
function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref());
}
