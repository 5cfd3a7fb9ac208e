/**
 * The measurement itself: the same machines go on while one contestant after the other reads them,
 * round after round, so that what else the computer does hits all alike. Times are the machines' own.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkRole } from '../../agent/role.ts';
import { type Simulator, startSimulator } from '../../agent/simulator/client.ts';
import type { Traffic } from '../../agent/simulator/modbus-server.ts';
import type { MadeShot, PlantWrite } from '../../agent/simulator/plant.ts';
import { profile } from '../shop-words.ts';
import type { Contestant, Running } from './contestant.ts';
import type { Plan, Task } from './plan.ts';
import type { Truth } from './truth.ts';

export interface MatchOptions {
  readonly machines: number;
  /** Of a shot, on the average; never less than two polls of a block. */
  readonly cycleSeconds: number;
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  /** After most machines were answered: caches, just-in-time compilers. */
  readonly warmUpSeconds: number;
  /** Measured in one round, per contestant. */
  readonly seconds: number;
  readonly plan: Plan;
  readonly truth: Truth;
  readonly dir: string;
  readonly say: (text: string) => void;
}

/** All rounds of one contestant together. */
export interface Score {
  readonly contestant: string;
  /** Why it did not take part, or why it was given up; else empty. */
  why: string;
  seconds: number;
  shots: number;
  /** Shots that are defects, and the same with their coil written while they were in the registers. */
  defects: number;
  answered: number;
  /** Good shots with a write. */
  wrong: number;
  /** ms from each: when the shot was put there, the first reply with its block, the last counter. */
  readonly fromChange: number[];
  readonly fromBlock: number[];
  readonly fromCounter: number[];
  cpuMs: number;
  /** After each round. */
  readonly pssMiB: number[];
  bytes: number;
  requests: number;
}

const seed = 20_261_127;
/** One trouble after the other, so that many shots are rejected; stops only where a die went cold. */
const scenario = {
  firstEpisodeShots: [1, 3],
  episodeGapShots: [1, 3],
  stopGapShots: null,
  moldChangeGapShots: null,
  garbageRate: 0.002,
  freezeRate: 0,
} as const;
const readyWithinMs = 60_000;
const settleSeconds = 1.5;

export async function play(options: MatchOptions): Promise<Score[]> {
  const { machines, cycleSeconds, contestants, rounds, say } = options;
  const floor = new Floor();
  const ids = Array.from({ length: machines }, (_, i) => `dc-${String(i + 1).padStart(2, '0')}`);
  const simulator = await startSimulator({
    fork: forkRole,
    plants: ids.map((id, i) => ({
      machines: [{ id, profile, unit: 1, seed: seed + i, speed: 1, cycleSeconds, scenario }],
    })),
    handlers: {
      shot: (shot) => floor.shots.push(shot),
      write: (write) => floor.writes.push(write),
    },
  });
  const task: Task = {
    ...options.plan,
    machines: ids.map((id, i) => ({ id, port: simulator.ports[i] ?? 0 })),
  };
  const scores = contestants.map((each) => emptyScore(each.name, each.missing() ?? ''));
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [i, contestant] of contestants.entries()) {
        const score = scores[i];
        if (score === undefined || score.why !== '') continue;
        say(`round ${round + 1} of ${rounds}: ${contestant.name}`);
        const dir = join(options.dir, `${round}-${i}`);
        mkdirSync(dir, { recursive: true });
        await turn(contestant, task, floor, simulator, score, { ...options, dir });
      }
    }
  } finally {
    await simulator.stop();
  }
  return scores;
}

class Floor {
  shots: MadeShot[] = [];
  writes: PlantWrite[] = [];

  forget(): void {
    this.shots = [];
    this.writes = [];
  }
}

function emptyScore(contestant: string, why: string): Score {
  const counts = { seconds: 0, shots: 0, defects: 0, answered: 0, wrong: 0 };
  const times = { fromChange: [], fromBlock: [], fromCounter: [] };
  return { contestant, why, ...counts, ...times, cpuMs: 0, pssMiB: [], bytes: 0, requests: 0 };
}

/** One round of one contestant. A contestant that breaks is out, with the reason in its score. */
async function turn(
  contestant: Contestant,
  task: Task,
  floor: Floor,
  simulator: Simulator,
  score: Score,
  { warmUpSeconds, seconds, truth, dir }: MatchOptions,
): Promise<void> {
  floor.forget();
  let running: Running | null = null;
  try {
    running = await contestant.start(task, dir);
    await Promise.race([ready(floor, task.machines.length), running.broken]);
    await Promise.race([sleep(warmUpSeconds * 1000), running.broken]);
    const before = {
      ...sum(await simulator.traffic()),
      ...running.sample(),
      at: performance.now(),
    };
    const first = floor.shots.length;
    await Promise.race([sleep(seconds * 1000), running.broken]);
    const end = floor.shots.length;
    const after = { ...running.sample(), at: performance.now(), ...sum(await simulator.traffic()) };
    // Until each of the last shots has been followed by another.
    await Promise.race([sleep(settleSeconds * 1000), running.broken]);
    score.seconds += (after.at - before.at) / 1000;
    score.cpuMs += after.cpuMs - before.cpuMs;
    score.pssMiB.push(after.pssMiB);
    score.bytes += after.bytes - before.bytes;
    score.requests += after.requests - before.requests;
    await judge(floor, { first, end }, truth, score);
  } catch (error) {
    score.why = error instanceof Error ? error.message : String(error);
  } finally {
    await running?.stop();
  }
}

/** Until most machines were told of a defect, since some may stand; rejects after a while. */
async function ready(floor: Floor, machines: number): Promise<void> {
  const until = performance.now() + readyWithinMs;
  while (new Set(floor.writes.map(({ machine }) => machine)).size < machines / 2) {
    if (performance.now() > until) throw new Error('hardly a machine had a write within a minute');
    await sleep(100);
  }
}

/** Each shot against the writes that came while it was in the registers. */
async function judge(
  { shots, writes }: Floor,
  span: { readonly first: number; readonly end: number },
  truth: Truth,
  score: Score,
): Promise<void> {
  const following = new Map<MadeShot, MadeShot>();
  for (const own of Map.groupBy(shots, ({ machine }) => machine).values())
    for (const [i, shot] of own.entries()) {
      const next = own[i + 1];
      if (next !== undefined) following.set(shot, next);
    }
  const writesOf = Map.groupBy(writes, ({ machine }) => machine);
  // What the profile says is not to be judged (try shots, warm-up) counts for nobody.
  const counted = shots.slice(span.first, span.end).filter(({ suppressed }) => suppressed === null);
  for (const shot of counted) {
    const until = following.get(shot)?.monoMs ?? Number.POSITIVE_INFINITY;
    const own = writesOf
      .get(shot.machine)
      ?.filter(({ monoMs }) => monoMs >= shot.monoMs && monoMs < until);
    count(shot, own ?? [], await truth(shot), score);
  }
}

/** `writes`: all that came while the shot was in the registers. */
function count(
  shot: MadeShot,
  writes: readonly PlantWrite[],
  isDefect: boolean,
  score: Score,
): void {
  score.shots += 1;
  if (!isDefect) {
    if (writes.length > 0) score.wrong += 1;
    return;
  }
  score.defects += 1;
  // Who has not read this shot yet writes for the one before.
  const write = writes.find(({ answered }) => answered.firstBlockMs !== null);
  const { firstBlockMs = null, counterMs = null } = write?.answered ?? {};
  if (write === undefined || firstBlockMs === null || counterMs === null) return;
  score.answered += 1;
  score.fromChange.push(write.monoMs - shot.monoMs);
  score.fromBlock.push(write.monoMs - firstBlockMs);
  score.fromCounter.push(write.monoMs - counterMs);
}

function sum(plants: readonly Traffic[]): { readonly bytes: number; readonly requests: number } {
  return plants.reduce(
    (all, { bytesIn, bytesOut, requests }) => ({
      bytes: all.bytes + bytesIn + bytesOut,
      requests: all.requests + requests,
    }),
    { bytes: 0, requests: 0 },
  );
}
