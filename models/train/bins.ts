/**
 * Values into at most 255 bins per feature, so that a split is searched over bins, not rows.
 * Thresholds are float32, since that is what the exported model compares with.
 */

export const maxBins = 255;
/** Bin of a missing value, beside the 255 others. */
export const missingBin = 255;
/** Bins and the missing one. */
export const binStride = 256;

/** Ascending; a value belongs to the first bin whose threshold is not below it. */
export type Thresholds = Float32Array;

/** Midpoints between distinct values, or between quantiles where there are more than 255. */
export function fitThresholds(values: Float32Array): Thresholds {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct = present.filter((value, index) => index === 0 || value !== present[index - 1]);
  const cuts =
    distinct.length <= maxBins
      ? Array.from(distinct.subarray(1), (high, index) => midpoint(distinct[index] ?? high, high))
      : quantileCuts(present);
  return Float32Array.from(new Set(cuts));
}

function quantileCuts(sorted: Float32Array): number[] {
  const cuts: number[] = [];
  for (let bin = 1; bin < maxBins; bin += 1) {
    const at = Math.floor((bin * (sorted.length - 1)) / maxBins);
    const low = sorted[at] ?? 0;
    const high = sorted[at + 1] ?? low;
    cuts.push(low === high ? low : midpoint(low, high));
  }
  return cuts;
}

/** A float32 t with low ≤ t < high. */
function midpoint(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}

export function binValues(values: Float32Array, thresholds: Thresholds): Uint8Array {
  return Uint8Array.from(values, (value) =>
    Number.isNaN(value) ? missingBin : lowerBound(thresholds, value),
  );
}

function lowerBound(thresholds: Thresholds, value: number): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((thresholds[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
