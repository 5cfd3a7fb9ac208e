/** How many more shots it would take to show the effect that is hoped for. */
import type { Table } from './counts.ts';
import { totalOf } from './counts.ts';
import { powerOf, shotsAfterNeeded, shotsPerPeriod, type WantedEffect } from './sample-size.ts';
import { standardisedRate } from './standardised.ts';

export interface Need {
  /** Rates that are planned with: as it was, and as hoped for. */
  readonly before: number;
  readonly after: number;
  /** At least 1; of both periods together. */
  readonly designEffect: number;
  /** Chance that the shots there are show the wanted effect. */
  readonly power: number;
  /** Judged shots of each of two equal periods. */
  readonly perPeriod: number;
  /** More judged shots after; 0: enough. Null: the before period is too small for any number. */
  readonly moreAfter: number | null;
  /** Days of production after at the pace there was; null where `moreAfter` is. */
  readonly moreDays: number | null;
}

interface NeedPlan {
  readonly relativeChange: number;
  readonly power: number;
  readonly alpha: number;
  /** Of production after, so far. */
  readonly days: number;
}

/** Null: no defect before, so that there is nothing to plan with. */
export function needOf(table: Table, weights: readonly number[], plan: NeedPlan): Need | null {
  const was = standardisedRate(table, 'before', weights);
  const is = standardisedRate(table, 'after', weights);
  if (was.rate === 0) return null;
  const whole = was.shotVariance + is.shotVariance;
  // Both periods' days tell it; by chance it may come out below 1, which is no promise.
  const designEffect = Math.max(1, (was.variance + is.variance) / whole);
  const after = Math.min(1, was.rate * (1 + plan.relativeChange));
  const wanted: WantedEffect = {
    ...{ before: was.rate, after, alpha: plan.alpha, power: plan.power, designEffect },
  };
  // What the mix of both periods leaves of the shots counts, and not those of one period only.
  const effective = (rate: typeof was): number =>
    rate.shotVariance > 0 ? (rate.rate * (1 - rate.rate)) / rate.shotVariance : rate.effectiveShots;
  const [usedBefore, usedAfter] = [effective(was), effective(is)];
  const needed = shotsAfterNeeded(wanted, usedBefore);
  const judged = totalOf(table, 'after').judged;
  const moreAfter =
    needed === null ? null : Math.ceil((Math.max(0, needed - usedAfter) * judged) / usedAfter);
  return {
    ...{ before: was.rate, after, designEffect, moreAfter },
    power: powerOf(wanted, usedBefore / designEffect, usedAfter / designEffect),
    perPeriod: shotsPerPeriod(wanted),
    moreDays: moreAfter === null ? null : Math.ceil((moreAfter * plan.days) / judged),
  };
}
