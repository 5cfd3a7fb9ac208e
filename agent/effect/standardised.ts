/**
 * Defect rates as if both periods had made the same mix of molds and modes, with the error of shots
 * that resemble each other within a day, lot or week.
 */
import type { Block, Counts, Period, Stratum, Table } from './counts.ts';
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

/** What the blocks tell of the variance of one period's rate. */
interface Spread {
  readonly variance: number;
  /** Variance, as if every shot stood for itself, of the strata that blocks tell of. */
  readonly shotVariance: number;
  readonly degrees: number;
}

/**
 * Variance by blocks, Bell and McCaffrey's CR2. A block that made much of a stratum pulls that stratum's
 * own rate along and looks nearer to it than it is: made good by its share of the stratum. Of a
 * stratum that a single block made nothing can be seen.
 */
function spreadOf(table: Table, period: Period, weights: readonly number[]): Spread {
  let [variance, sizes, squares, free] = [0, 0, 0, 0];
  const seen = new Set<number>();
  for (const { cells } of pulling(table, period, weights)) {
    let [pull, size, leverage] = [0, 0, 0];
    for (const { stratum, judged, defects } of cells) {
      const all = table.strata[stratum]?.[period];
      const weight = weights[stratum] ?? 0;
      if (all === undefined || weight === 0) continue;
      const part = judged / all.judged;
      size += weight * part;
      leverage += weight * part * part;
      if (part > mostOfStratum) continue;
      seen.add(stratum);
      const off = (weight / all.judged) * (defects - (all.defects / all.judged) * judged);
      pull += off / Math.sqrt(1 - part);
    }
    variance += pull * pull;
    sizes += size;
    squares += size * size;
    free += size * (1 - leverage / size);
  }
  // Unequal blocks tell less than their number says, and each stratum's own rate takes one of them.
  const blocks = squares === 0 ? 0 : (sizes * sizes) / squares;
  const shotVariance = [...seen].reduce(
    (sum, place) => sum + shotVarianceOf(table.strata[place]?.[period], weights[place] ?? 0),
    0,
  );
  return { variance, shotVariance, degrees: Math.max(1, (blocks * free) / Math.max(sizes, 1e-12)) };
}

/** Of the shots of a stratum, from which on the rest says nothing about how blocks differ. */
const mostOfStratum = 0.95;

const shotVarianceOf = (counts: Counts | undefined, weight: number): number => {
  if (counts === undefined || counts.judged === 0) return 0;
  const rate = counts.defects / counts.judged;
  return (weight * weight * rate * (1 - rate)) / counts.judged;
};

/**
 * Rate of one period under `weights`, with its variance by blocks. Without a single defect that
 * cannot be seen, and shots count as independent.
 */
export function standardisedRate(
  table: Table,
  period: Period,
  weights: readonly number[],
): StandardisedRate {
  let [rate, shotVariance, uncounted] = [0, 0, 0];
  for (const [place, stratum] of table.strata.entries()) {
    const weight = weights[place] ?? 0;
    const counts = stratum[period];
    if (weight === 0) continue;
    rate += (weight * counts.defects) / counts.judged;
    shotVariance += shotVarianceOf(counts, weight);
    uncounted += (weight * weight) / counts.judged;
  }
  const spread = spreadOf(table, period, weights);
  const isSeen = spread.variance > 0 && spread.shotVariance > 0;
  const designEffect = isSeen ? spread.variance / spread.shotVariance : 1;
  // Strata of a single block are taken to differ between blocks as the others do, or more.
  const unseen = Math.max(0, shotVariance - spread.shotVariance);
  const variance = isSeen ? spread.variance + unseen * Math.max(1, designEffect) : shotVariance;
  return {
    ...{ rate, variance, shotVariance },
    designEffect: shotVariance > 0 ? variance / shotVariance : 1,
    effectiveShots: variance > 0 ? (rate * (1 - rate)) / variance : 1 / uncounted,
    blocks: pulling(table, period, weights).length,
    degrees: spread.degrees,
  };
}

/** Degrees of freedom of the difference of two rates (Satterthwaite). */
export function degreesOfDifference(a: StandardisedRate, b: StandardisedRate): number {
  const whole = (a.variance + b.variance) ** 2;
  const parts = a.variance ** 2 / a.degrees + b.variance ** 2 / b.degrees;
  return parts === 0 ? Math.min(a.degrees, b.degrees) : whole / parts;
}
