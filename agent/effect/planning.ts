/** Before anything is changed: how long to look, from the shots there are so far. */
import { chooseBlocks } from './block-choice.ts';
import type { BlockKind, CountRow } from './counts.ts';
import { totalOf } from './counts.ts';
import { normalQuantile } from './distributions.ts';
import { shotsPerPeriod } from './sample-size.ts';
import { spendingBounds } from './spending.ts';
import { standardisedRate } from './standardised.ts';

export interface PlanWish {
  readonly blocks: BlockKind | 'auto';
  /** −0.5 halves the rate. Above −1, not 0. */
  readonly relativeChange: number;
  readonly power: number;
  /** How often to look; 1: once, at the end. */
  readonly looks: number;
}

export interface EffectPlanning {
  /** Judged shots and days that it is planned from. */
  readonly judged: number;
  readonly days: number;
  readonly rate: number;
  readonly hoped: number;
  /** At least 1. */
  readonly designEffect: number;
  /** More shots by this factor for the right to look several times. */
  readonly looksFactor: number;
  /** Judged shots of each of two equal periods; the shots there are may be one of them. */
  readonly perPeriod: number;
  /** Days of production of a period at this pace. */
  readonly daysPerPeriod: number;
}

const alpha = 0.05;

/** Of rows of one period. Null: no shot, or no defect to get rid of. */
export function planEffect(rows: readonly CountRow[], wish: PlanWish): EffectPlanning | null {
  const before = rows.map((row): CountRow => ({ ...row, period: 'before' }));
  const { table } = chooseBlocks(before, wish.blocks);
  const { judged, defects } = totalOf(table, 'before');
  if (defects === 0) return null;
  const mix = table.strata.map((stratum) => stratum.before.judged / judged);
  const { rate, designEffect: found } = standardisedRate(table, 'before', mix);
  const hoped = Math.min(1, rate * (1 + wish.relativeChange));
  const designEffect = Math.max(1, found);
  const looksFactor = factorOf(wish.looks, wish.power);
  const perPeriod = shotsPerPeriod({
    ...{ before: rate, after: hoped, alpha, power: wish.power },
    designEffect: designEffect * looksFactor,
  });
  const days = new Set(rows.filter((row) => row.judged > 0).map(({ day }) => day)).size;
  return {
    ...{ judged, days, rate, hoped, designEffect, looksFactor, perPeriod },
    daysPerPeriod: Math.ceil((perPeriod * days) / judged),
  };
}

/** By the bound of the last look, which comes close: the power of the looks before it is small. */
function factorOf(looks: number, power: number): number {
  if (looks <= 1) return 1;
  const fractions = Array.from({ length: looks }, (_, at) => (at + 1) / looks);
  const last = spendingBounds(fractions, alpha).at(-1) ?? Number.NaN;
  const reach = normalQuantile(power);
  return ((last + reach) / (normalQuantile(1 - alpha / 2) + reach)) ** 2;
}
