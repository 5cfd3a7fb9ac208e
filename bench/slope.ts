/** Whether something grows: the slope of samples that depend on each other, with its 95 % interval. */

/** One process's samples, in their order: each has a level of its own. `at` in any unit of time. */
export interface Stretch {
  readonly at: readonly number[];
  readonly values: readonly number[];
}

export interface Slope {
  /** Of the values per unit of time. */
  readonly slope: number;
  readonly interval: readonly [number, number];
  readonly samples: number;
  readonly stretches: number;
}

/** Below this there is no telling. */
const leastSamples = 10;

/**
 * Least squares with a level for each stretch and one slope for all, and the standard error of Newey
 * and West: samples up to `lag` apart may follow each other. Null: too few samples.
 */
export function slopeOf(stretches: readonly Stretch[], lag: number): Slope | null {
  const centred = stretches.filter(({ at }) => at.length > 1).map(centre);
  const samples = centred.reduce((sum, { at }) => sum + at.length, 0);
  const spread = sumOf(centred, ({ at }) => at.map((x) => x * x));
  if (samples < leastSamples || spread === 0) return null;
  const slope = sumOf(centred, ({ at, values }) => at.map((x, i) => x * (values[i] ?? 0))) / spread;
  const scores = centred.map(({ at, values }) =>
    at.map((x, i) => x * ((values[i] ?? 0) - slope * x)),
  );
  const error = Math.sqrt(Math.max(0, variance(scores, lag))) / spread;
  const half = critical95(lag / (samples / centred.length)) * error;
  return { slope, interval: [slope - half, slope + half], samples, stretches: centred.length };
}

/**
 * In place of 1.96: what the error is estimated from is itself few samples long. Kiefer and Vogelsang
 * (2005), for Bartlett weights over a share of the samples.
 */
function critical95(share: number): number {
  return 1.96 + 2.9694 * share + 0.416 * share ** 2 - 0.5324 * share ** 3;
}

function variance(scores: readonly (readonly number[])[], lag: number): number {
  let sum = 0;
  for (const one of scores)
    for (let apart = 0; apart <= Math.min(lag, one.length - 1); apart += 1) {
      const weight = (apart === 0 ? 1 : 2) * (1 - apart / (lag + 1));
      for (let i = apart; i < one.length; i += 1)
        sum += weight * (one[i] ?? 0) * (one[i - apart] ?? 0);
    }
  return sum;
}

function centre({ at, values }: Stretch): Stretch {
  const [meanAt, mean] = [meanOf(at), meanOf(values)];
  return { at: at.map((x) => x - meanAt), values: values.map((y) => y - mean) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function sumOf(stretches: readonly Stretch[], terms: (one: Stretch) => number[]): number {
  return stretches.reduce((sum, one) => sum + terms(one).reduce((a, b) => a + b, 0), 0);
}
