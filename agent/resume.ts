/** What a starting agent takes up where the one before it ended. */
import { PpuriError } from '../config/errors.ts';
import type { Cycle, Verdict } from './records.ts';
import type { Cursor } from './store/cursor.ts';
import type { CycleRow } from './store/cycle-queries.ts';
import type { StoodRow } from './store/desk-queries.ts';
import type { LastEnergy } from './store/energy-queries.ts';
import type { FurnacePast } from './store/furnace-queries.ts';
import type { Keeper } from './store/keeper.ts';

export interface RecalledCycle {
  readonly cycle: Cycle;
  readonly outcome: Verdict['outcome'];
}

export interface Resumed {
  /** By machine: the counter value up to which shots are accounted for. */
  readonly lastShots: Readonly<Record<string, number>>;
  /** By machine, oldest first. */
  readonly cycles: Readonly<Record<string, readonly RecalledCycle[]>>;
  readonly stood: readonly StoodRow[];
  /** By machine: where its energy meter stood. */
  readonly energy: Readonly<Record<string, LastEnergy>>;
  /** By machine, of furnaces alone. */
  readonly furnaces: Readonly<Record<string, FurnacePast>>;
  /** By machine: the stop that lasted. */
  readonly openStops: Readonly<Record<string, string>>;
}

/** Reading machines waits for the store this long at most. */
const withinMs = 1000;
const againMs = 1000;
/** Baselines keep the last 60 good ones. */
const recalledShots = 90;

/**
 * `now`: null when the store did not tell in time; `later` then tells once it can, and null once
 * `givenUp`. Slow gateways open their store after they have begun to read their machines.
 */
export async function resume(
  keeper: Keeper,
  machines: readonly string[],
  givenUp: () => boolean,
): Promise<{ readonly now: Resumed | null; readonly later: Promise<Resumed | null> }> {
  const later = readOnce(keeper, machines, givenUp);
  const late = new Promise<null>((resolve) => {
    setTimeout(resolve, withinMs, null).unref();
  });
  return { now: await Promise.race([later, late]), later };
}

async function readOnce(
  keeper: Keeper,
  machines: readonly string[],
  givenUp: () => boolean,
): Promise<Resumed | null> {
  await keeper.opened(withinMs);
  while (!givenUp()) {
    try {
      return await read(keeper, machines);
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, againMs).unref());
  }
  return null;
}

async function read(keeper: Keeper, machines: readonly string[]): Promise<Resumed> {
  const lastShots = await keeper.query('last-shots', { machines });
  const stood = await keeper.query('stood', {});
  const energy = await keeper.query('last-energy', { machines });
  const furnaces = await keeper.query('furnace-past', { machines });
  const openStops = await keeper.query('open-stops', {});
  const cycles: Record<string, readonly RecalledCycle[]> = {};
  for (const machine of machines) {
    const page = { machine, limit: recalledShots, detail: 'features' } as const;
    const { rows } = await keeper.query('cycles', page);
    cycles[machine] = rows.toReversed().map(recalled);
  }
  return { lastShots, stood, cycles, energy, furnaces, openStops };
}

/** What a machine's values were like is made of so many of its last shots. */
const driftShots = 600;
const driftPage = 100;

export interface DriftPast {
  readonly cycle: Cycle;
  readonly verdict: Verdict;
}

interface DriftRecall {
  /** Of this start: its shots are seen as they come. */
  readonly boot: string;
  readonly givenUp: () => boolean;
  readonly failed: (machine: string, text: string) => void;
}

/** Beside the work: hundreds of shots of each machine, and no verdict waits for them. Never rejects. */
export async function recallDrift(
  keeper: Keeper,
  machines: ReadonlyMap<string, { recallDrift(past: readonly DriftPast[]): Promise<void> }>,
  { boot, givenUp, failed }: DriftRecall,
): Promise<void> {
  for (const [id, machine] of machines) {
    if (givenUp()) return;
    try {
      await machine.recallDrift(await readDriftPast(keeper, id, boot));
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      if (!givenUp()) failed(id, `what its values were like is learned anew: ${thrown.message}`);
    }
  }
}

/** Oldest first. */
async function readDriftPast(
  keeper: Keeper,
  machine: string,
  boot: string,
): Promise<readonly DriftPast[]> {
  const past: DriftPast[] = [];
  let after: Cursor | undefined;
  while (past.length < driftShots) {
    const asked = { machine, limit: driftPage, detail: 'features', after } as const;
    const { rows, next } = await keeper.query('cycles', asked);
    // Of a row whose features were let go of nothing can be learned.
    for (const row of rows)
      if (row.boot !== boot && row.features !== null) past.push(resumedCycle(row));
    if (next === null) break;
    after = next;
  }
  return past.toReversed();
}

function recalled(row: CycleRow): RecalledCycle {
  const { cycle, verdict } = resumedCycle(row);
  return { cycle, outcome: verdict.outcome };
}

/** A row as the cycle and verdict it was, as far as baselines, trends and the panel look at them. */
export function resumedCycle(row: CycleRow): { readonly cycle: Cycle; readonly verdict: Verdict } {
  const { machine, profile, mold, shot, index, suppressed, wallMs, features } = row;
  const { outcome, reason, detail, probability, threshold, estimate, model, flags } = row;
  const observed = row.observed === 'whole' ? 'whole' : 'missed';
  const times = { trigger: 0, snapshot: 0 };
  const who = { machine, profile, mold, shot, index, suppressed, observed } as const;
  const judge = model === null ? 'limits' : 'model';
  const said = { outcome, reason, detail, judge, probability, threshold, model, flags } as const;
  const answer = estimate === null ? said : { ...said, estimate };
  return {
    cycle: { ...who, features: features ?? {}, readings: {}, at: { monoMs: 0, wallMs }, times },
    verdict: { ...answer, breaches: [], times },
  };
}
