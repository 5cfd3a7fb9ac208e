/** What a starting agent takes up where the one before it ended. A slow or broken store only costs this. */
import { PpuriError } from '../config/errors.ts';
import type { Cycle, Verdict } from './records.ts';
import type { CycleRow } from './store/cycle-queries.ts';
import type { StoodRow } from './store/desk-queries.ts';
import type { Keeper } from './store/keeper.ts';

export interface RecalledCycle {
  readonly cycle: Cycle;
  readonly outcome: Verdict['outcome'];
}

export interface Resumed {
  /** By machine: the counter value up to which shots are accounted for. */
  readonly lastShots: ReadonlyMap<string, number>;
  /** By machine, oldest first. */
  readonly cycles: ReadonlyMap<string, readonly RecalledCycle[]>;
  /** Null: not known yet, see `stoodLater`. */
  readonly stood: readonly StoodRow[] | null;
  /** Why not all of it could be had; null: it could. */
  readonly trouble: string | null;
}

/** Reading machines waits for the store this long at most. */
const withinMs = 1000;
const againMs = 1000;
/** Baselines keep the last 60 good ones. */
const recalledShots = 90;

interface Found {
  readonly lastShots: Map<string, number>;
  readonly cycles: Map<string, RecalledCycle[]>;
  stood: readonly StoodRow[] | null;
}

export async function resume(keeper: Keeper, machines: readonly string[]): Promise<Resumed> {
  const found: Found = { lastShots: new Map(), cycles: new Map(), stood: null };
  const late = new Promise<string>((resolve) => {
    setTimeout(resolve, withinMs, 'the store is slow').unref();
  });
  const trouble = await Promise.race([read(keeper, machines, found), late]);
  // What comes after this moment comes too late: machines are being read.
  return {
    lastShots: new Map(found.lastShots),
    cycles: new Map(found.cycles),
    stood: found.stood,
    trouble,
  };
}

/**
 * What stood, from a store that was slow or not there at the start: asked again and again, for what
 * people acknowledged and put off is not to call again. Null once `given up`.
 */
export async function stoodLater(
  keeper: Keeper,
  givenUp: () => boolean,
): Promise<readonly StoodRow[] | null> {
  while (!givenUp()) {
    try {
      return await keeper.query('stood', {});
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, againMs).unref());
  }
  return null;
}

/** Fills `found`; gives why it could not, or null. */
async function read(
  keeper: Keeper,
  machines: readonly string[],
  found: Found,
): Promise<string | null> {
  try {
    const { state, lastError } = await keeper.opened(withinMs);
    if (state === 'down') return lastError?.message ?? 'the store does not answer';
    for (const machine of machines) {
      const { rows } = await keeper.query('cycles', { machine, limit: 1 });
      const shot = rows[0]?.shot ?? null;
      if (shot !== null) found.lastShots.set(machine, shot);
    }
    found.stood = await keeper.query('stood', {});
    for (const machine of machines) {
      const page = { machine, limit: recalledShots, detail: 'features' } as const;
      const { rows } = await keeper.query('cycles', page);
      found.cycles.set(machine, rows.toReversed().map(recalled));
    }
    return null;
  } catch (error) {
    if (error instanceof PpuriError) return error.message;
    throw error;
  }
}

function recalled(row: CycleRow): RecalledCycle {
  const { cycle, verdict } = resumedCycle(row);
  return { cycle, outcome: verdict.outcome };
}

/** A row as the cycle and verdict it was, as far as baselines, trends and the panel look at them. */
export function resumedCycle(row: CycleRow): { readonly cycle: Cycle; readonly verdict: Verdict } {
  const { machine, profile, mold, shot, index, suppressed, wallMs, features } = row;
  const { outcome, reason, detail, probability, threshold, model, flags } = row;
  const observed = row.observed === 'whole' ? 'whole' : 'missed';
  const times = { trigger: 0, snapshot: 0 };
  const who = { machine, profile, mold, shot, index, suppressed, observed } as const;
  const judge = model === null ? 'limits' : 'model';
  const said = { outcome, reason, detail, judge, probability, threshold, model, flags } as const;
  return {
    cycle: { ...who, features: features ?? {}, readings: {}, at: { monoMs: 0, wallMs }, times },
    verdict: { ...said, breaches: [], times },
  };
}
