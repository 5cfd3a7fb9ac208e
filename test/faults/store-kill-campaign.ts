/**
 * Kills the keep child, the loop or both at random moments and judges from outside, by ids it
 * handed out itself: nothing that was said to be kept is missing, nothing is there twice, the file
 * is sound, and a new loop turns within 3 s. In full:
 *
 *   node test/faults/store-kill-campaign.ts --keep 8000 --loop 1000 --tree 1000 --seed 1
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Random } from '../../agent/simulator/random.ts';
import { type Judgement, Life, Oracle } from '../fixtures/lean-oracle.ts';

export interface StoreKillOptions {
  readonly keep: number;
  readonly loop: number;
  readonly tree: number;
  readonly seed: number;
}

export interface StoreKillReport {
  readonly seed: number;
  readonly kills: { readonly keep: number; readonly loop: number; readonly tree: number };
  readonly stores: number;
  readonly handedOut: number;
  readonly kept: number;
  readonly lost: number;
  readonly repeated: number;
  readonly unsound: number;
  /** From a kill of the loop to the first turn of the next, ms. */
  readonly turnsAgainMs: { readonly p50: number; readonly max: number };
}

type Victim = 'keep' | 'loop' | 'tree';

/** A fresh store for so many kills: judging stays quick, and openings do not grow long. */
const killsPerStore = 250;

interface Round {
  readonly judgement: Judgement;
  readonly turnMs: readonly number[];
}

async function killKeep(life: Life, random: Random): Promise<void> {
  life.handOut(Math.floor(random.between(1, 40)), 0.05, () => random.between(0, 1));
  await pause(random.between(0, 60));
  const next = life.said('p');
  const opened = random.chance(0.96) ? life.said('o') : null;
  life.kill('keep');
  await next;
  // Mostly the next one is hit at work; while it opens only sometimes, since that is waited out.
  await opened;
}

/** One life up to its kill; the time at which it was killed. */
async function liveAndDie(life: Life, victim: Victim, random: Random): Promise<number> {
  const first = life.said(random.chance(0.8) ? 'k' : 't');
  for (let burst = 0; burst < 4; burst += 1) {
    life.handOut(Math.floor(random.between(1, 20)), 0.05, () => random.between(0, 1));
    if (burst === 0) await first;
    await pause(random.between(0, 30));
  }
  const killedMs = performance.now();
  life.kill(victim);
  await life.ended;
  return killedMs;
}

async function round(victim: Victim, kills: number, random: Random): Promise<Round> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-store-kills-'));
  const oracle = new Oracle();
  const turnMs: number[] = [];
  let boots = 0;
  const live = (): Life => {
    boots += 1;
    return new Life(oracle, `boot-${boots}`, dir);
  };
  try {
    let life = live();
    await life.said('o');
    for (let kill = 0; kill < kills; kill += 1) {
      if (victim === 'keep') {
        await killKeep(life, random);
        continue;
      }
      const killedMs = await liveAndDie(life, victim, random);
      life = live();
      await life.said('t');
      turnMs.push(performance.now() - killedMs);
    }
    await life.finish();
    return { judgement: oracle.judge(dir), turnMs };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** How many kills of which process each store gets. */
function plan({ keep, loop, tree }: StoreKillOptions): [Victim, number][] {
  const rounds: [Victim, number][] = [];
  for (const [victim, total] of [
    ['keep', keep],
    ['loop', loop],
    ['tree', tree],
  ] as const)
    for (let left = total; left > 0; left -= killsPerStore)
      rounds.push([victim, Math.min(killsPerStore, left)]);
  return rounds;
}

export async function runStoreKills(
  options: StoreKillOptions,
  say: (line: string) => void = () => undefined,
): Promise<StoreKillReport> {
  const random = new Random(options.seed, 'store-kills');
  const judged: Judgement[] = [];
  const turnMs: number[] = [];
  for (const [victim, kills] of plan(options)) {
    const { judgement, turnMs: times } = await round(victim, kills, random);
    judged.push(judgement);
    turnMs.push(...times);
    say(`${kills} kills of ${victim}: ${JSON.stringify(judgement)}`);
  }
  const sum = (pick: (one: Judgement) => number): number =>
    judged.reduce((total, one) => total + pick(one), 0);
  const sorted = turnMs.toSorted((a, b) => a - b);
  const { keep, loop, tree, seed } = options;
  return {
    seed,
    kills: { keep, loop, tree },
    stores: judged.length,
    handedOut: sum((one) => one.handedOut),
    kept: sum((one) => one.kept),
    lost: sum((one) => one.lost),
    repeated: sum((one) => one.repeated),
    unsound: sum((one) => (one.sound ? 0 : 1)),
    turnsAgainMs: {
      p50: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
      max: Math.round(sorted.at(-1) ?? 0),
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      keep: { type: 'string', default: '8000' },
      loop: { type: 'string', default: '1000' },
      tree: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const report = await runStoreKills(
    {
      keep: Number(values.keep),
      loop: Number(values.loop),
      tree: Number(values.tree),
      seed: Number(values.seed),
    },
    (line) => console.log(line),
  );
  console.log(JSON.stringify(report, null, 1));
  const { lost, repeated, unsound, turnsAgainMs } = report;
  process.exitCode = lost + repeated + unsound > 0 || turnsAgainMs.max > 3000 ? 1 : 0;
}
