/**
 * Defect rates as if both periods had made the same mix of molds and modes, with the error of shots
 * that resemble each other within a day, lot or week.
 */
import type { Block, Period, Stratum, Table } from './counts.ts';
import type { Rate } from './rates.ts';

/**
 * `mantel-haenszel`: each stratum weighs as much as it can tell about the difference; the difference
 * and the ratio of the rates are then those of Mantel and Haenszel. `after`: the mix of the after
 * period, e.g. to say what a month's production saved.
 */
export type Mix = 'mantel-haenszel' | 'after';

export interface StandardisedRate extends Rate {
  /** Variance of the rate by blocks, and as if every shot stood for itself. */
  readonly variance: number;
  readonly shotVariance: number;
  /** How much wider blocks make it; 1 where blocks do not matter or no defect was found. */
  readonly designEffect: number;
  readonly blocks: number;
  /** Of the variance: blocks that tell something, less 1. */
  readonly degrees: number;
}

/** Shares that add up to 1; 0 for a stratum that only one period made. Null: none made by both. */
export function weightsOf(strata: readonly Stratum[], mix: Mix): number[] | null {
  const raw = strata.map(({ before, after }) => {
    if (before.judged === 0 || after.judged === 0) return 0;
    if (mix === 'after') return after.judged;
    return (before.judged * after.judged) / (before.judged + after.judged);
  });
  const whole = raw.reduce((sum, weight) => sum + weight, 0);
  return whole === 0 ? null : raw.map((weight) => weight / whole);
}

/** What one block pulls the standardised rate up or down by. */
export function pullsOf(table: Table, period: Period, weights: readonly number[]): number[] {
  return pulling(table, period, weights).map((block) => {
    let pull = 0;
    for (const { stratum, judged, defects } of block.cells) {
      const all = table.strata[stratum]?.[period];
      const weight = weights[stratum] ?? 0;
      if (all === undefined || weight === 0) continue;
      pull += (weight / all.judged) * (defects - (all.defects / all.judged) * judged);
    }
    return pull;
  });
}

/** Blocks with shots of a stratum that weighs something. */
function pulling(table: Table, period: Period, weights: readonly number[]): Block[] {
  return table.blocks[period].filter(({ cells }) =>
    cells.some(({ stratum }) => (weights[stratum] ?? 0) > 0),
  );
}

/** Sizes of blocks as the rate feels them; unequal ones tell less than their number says. */
function effectiveBlocks(table: Table, period: Period, weights: readonly number[]): number {
  let [sum, squares] = [0, 0];
  for (const { cells } of pulling(table, period, weights)) {
    let size = 0;
    for (const { stratum, judged } of cells)
      size += ((weights[stratum] ?? 0) * judged) / (table.strata[stratum]?.[period].judged || 1);
    sum += size;
    squares += size * size;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}

/**
 * Rate of one period under `weights`; the variance is the ratio estimator's, by blocks as a whole.
 * Without a single defect it cannot be seen, and shots count as independent.
 */
export function standardisedRate(
  table: Table,
  period: Period,
  weights: readonly number[],
): StandardisedRate {
  let [rate, shotVariance, spread] = [0, 0, 0];
  for (const [place, stratum] of table.strata.entries()) {
    const weight = weights[place] ?? 0;
    const { judged, defects } = stratum[period];
    if (weight === 0) continue;
    const own = defects / judged;
    rate += weight * own;
    shotVariance += (weight * weight * own * (1 - own)) / judged;
    spread += (weight * weight) / judged;
  }
  const pulls = pullsOf(table, period, weights);
  const blocks = pulls.length;
  const squares = pulls.reduce((sum, pull) => sum + pull * pull, 0);
  const isSeen = blocks > 1 && shotVariance > 0 && squares > 0;
  const variance = isSeen ? (squares * blocks) / (blocks - 1) : shotVariance;
  return {
    rate,
    variance,
    shotVariance,
    designEffect: isSeen ? variance / shotVariance : 1,
    effectiveShots: variance > 0 ? (rate * (1 - rate)) / variance : 1 / spread,
    blocks,
    degrees: Math.max(1, effectiveBlocks(table, period, weights) - 1),
  };
}

/** Degrees of freedom of the difference of two rates (Satterthwaite). */
export function degreesOfDifference(a: StandardisedRate, b: StandardisedRate): number {
  const whole = (a.variance + b.variance) ** 2;
  const parts = a.variance ** 2 / a.degrees + b.variance ** 2 / b.degrees;
  return parts === 0 ? Math.min(a.degrees, b.degrees) : whole / parts;
}
