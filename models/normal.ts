/** Where most of a set of values lies, robust against the few that do not. */

export interface Normal {
  readonly low: number;
  readonly median: number;
  readonly high: number;
  /** One robust standard deviation, never 0. */
  readonly sigma: number;
}

/** The middle 90 % of a normal distribution is 3.29 standard deviations wide. */
export const sigmasIn90Percent = 3.29;

export function quantileOf(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}

/** Median and middle 90 % of `values`, not empty; `leastSigma` > 0 where they hardly differ. */
export function normalOf(values: readonly number[], leastSigma: number): Normal {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, median, high] = [
    quantileOf(sorted, 0.05),
    quantileOf(sorted, 0.5),
    quantileOf(sorted, 0.95),
  ];
  return { low, median, high, sigma: Math.max((high - low) / sigmasIn90Percent, leastSigma) };
}
