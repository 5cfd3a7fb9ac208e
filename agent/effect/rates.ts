/** Defect rates of two periods that are independent of each other, and how they differ. */
import { wilsonInterval } from '../../models/share.ts';
import type { Counts } from './counts.ts';

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A ratio may have no upper end: the rate it is divided by may be 0. */
export interface RatioEstimate {
  /** Null: no defect in the first period. */
  readonly value: number | null;
  readonly low: number;
  readonly high: number | null;
}

/** A defect rate and how many independent shots would tell it as well. */
export interface Rate {
  readonly rate: number;
  readonly effectiveShots: number;
}

export const rateOf = ({ judged, defects }: Counts): Rate => ({
  rate: defects / judged,
  effectiveShots: judged,
});

export function wilson({ rate, effectiveShots }: Rate, critical: number): Estimate {
  return { value: rate, ...wilsonInterval(rate, effectiveShots, critical) };
}

/**
 * After minus before by Newcombe's method 10: Wilson's limits of each, squared and added. Never
 * beyond −1 to 1, and of some width where both periods have no defect at all.
 */
export function newcombe(before: Rate, after: Rate, critical: number): Estimate {
  const [was, is] = [wilson(before, critical), wilson(after, critical)];
  const value = is.value - was.value;
  return {
    value,
    low: value - Math.hypot(is.value - is.low, was.high - was.value),
    high: value + Math.hypot(is.high - is.value, was.value - was.low),
  };
}

/**
 * After divided by before, from the same limits (Donner and Zou's MOVER-R), so that it says of no
 * effect what the difference says.
 */
export function relativeRisk(before: Rate, after: Rate, critical: number): RatioEstimate {
  const [was, is] = [wilson(before, critical), wilson(after, critical)];
  const product = was.value * is.value;
  const part = (rate: number, end: number): number => end * (2 * rate - end);
  const root = (own: number, other: number): number =>
    Math.sqrt(Math.max(0, product ** 2 - part(is.value, own) * part(was.value, other)));
  const least = part(is.value, is.low);
  return {
    value: was.value === 0 ? null : is.value / was.value,
    low: least === 0 ? 0 : least / (product + root(is.low, was.high)),
    high: was.low === 0 ? null : (product + root(is.high, was.low)) / part(was.value, was.low),
  };
}
