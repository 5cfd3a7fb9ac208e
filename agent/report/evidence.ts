/**
 * The aggregated evidence of an effect report: all that its figures are computed from. It goes out as
 * one CSV, and whoever has that CSV gets the same figures.
 */
import type { CountRow, Period } from '../effect/counts.ts';
import type { EffectPlan } from '../effect/defect-effect.ts';
import type { EnergyRow } from '../effect/energy-result.ts';
import type { ModelDay, ShotDay } from '../store/effect-evidence.ts';

/** Who judged: inspection, or the verdicts of model and rule limits. */
export type Basis = 'labels' | 'verdicts';
/** What counts as alike: a mold on one machine, a mold wherever it runs, or everything. */
export type StrataBy = 'machine' | 'mold' | 'none';

export interface Settings {
  readonly basis: Basis;
  readonly by: StrataBy;
  readonly blocks: EffectPlan['blocks'];
  /** Fall of the defect rate that is hoped for, above 0 and below 1. */
  readonly aim: number;
  readonly looks: EffectPlan['looks'];
  /** Won for one scrapped shot, and for one kWh; null: not given, and no cost is told. */
  readonly scrapKrw: number | null;
  readonly kwhKrw: number | null;
  /** When a working day begins, local, `08:00`. */
  readonly dayStart: string;
  /** Only these; null: all. */
  readonly machine: string | null;
  readonly mold: string | null;
  /** What `goodKg` of the energy counts: kg, or shots where no weight is known. */
  readonly energyPer: 'kg' | 'shot';
  /** Days without energy, for want of a meter that was read nearly all day. */
  readonly energyLeftOut: Readonly<Record<Period, number>>;
  /** Of the ppuri that counted. */
  readonly version: string;
  readonly gateway: string;
  readonly countedWallMs: number;
}

export interface EvidenceRow extends ShotDay {
  readonly period: Period;
  /** Speed, recipe or part variant, and lot of material: the store does not know them. */
  readonly mode: string | null;
  readonly lot: string | null;
}

/** What judged in one period, with the first and the last day on which it did. */
export interface ModelUse extends Omit<ModelDay, 'day'> {
  readonly period: Period;
  readonly firstDay: string;
  readonly lastDay: string;
}

/** How much of what happened the store still has. */
export interface LedgerState {
  readonly kept: number;
  /** Records that gaps and evictions count. */
  readonly lost: number;
  readonly unexplained: number;
}

export interface Evidence {
  readonly settings: Settings;
  /** As asked: the days of both periods. */
  readonly days: Readonly<Record<Period, readonly string[]>>;
  readonly shots: readonly EvidenceRow[];
  readonly energy: readonly EnergyRow[];
  readonly models: readonly ModelUse[];
  readonly ledger: LedgerState;
}

export const judgedOf = ({ verdicts, labelled }: ShotDay, basis: Basis): number =>
  basis === 'labels' ? labelled.ok + labelled.defect : verdicts.ok + verdicts.defect;

export const defectsOf = ({ verdicts, labelled }: ShotDay, basis: Basis): number =>
  basis === 'labels' ? labelled.defect : verdicts.defect;

/** What the statistics take. Where a mold counts on each machine by itself, the machine is its mode. */
export function countRows({ shots, settings }: Evidence): CountRow[] {
  const { basis, by } = settings;
  return shots.map((row): CountRow => {
    const judged = judgedOf(row, basis);
    const modes = [by === 'machine' ? row.machine : null, row.mode].filter((one) => one !== null);
    return {
      ...{ period: row.period, day: row.day, lot: row.lot, judged },
      mold: by === 'none' ? null : row.mold,
      mode: by === 'none' || modes.length === 0 ? null : modes.join(' · '),
      defects: defectsOf(row, basis),
      unjudged: Math.max(0, row.shots - judged),
    };
  });
}

/** Days of one judge in one period as one row. */
export function modelUses(days: readonly (ModelDay & { readonly period: Period })[]): ModelUse[] {
  const groups = Map.groupBy(days, ({ period, machine, name, version, hash, threshold }) =>
    JSON.stringify([period, machine, name, version, hash, threshold]),
  );
  return [...groups.values()].flatMap((group) => {
    const sorted = group.toSorted((a, b) => (a.day < b.day ? -1 : 1));
    const [first, last] = [sorted[0], sorted.at(-1)];
    if (first === undefined || last === undefined) return [];
    const { day: firstDay, ...identity } = first;
    const shots = group.reduce((sum, one) => sum + one.shots, 0);
    return [{ ...identity, firstDay, lastDay: last.day, shots }];
  });
}
