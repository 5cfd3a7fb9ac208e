/** Whether a change came little by little, or in one jump. */

export interface Shape {
  readonly kind: 'ramp' | 'step';
  /** Where it began, as a place among the values. */
  readonly from: number;
  /** Means before and after, of a step. */
  readonly before: number;
  readonly after: number;
}

const leastBefore = 4;
/** Difference of log likelihoods beyond which it is no ramp that noise made look like a jump. */
const clear = 6;
/** Variance: values that are coarse seem to have no noise at all. */
const leastNoise = 0.1;

interface Fit {
  readonly squares: number;
  readonly from: number;
  readonly before: number;
  readonly after: number;
}

/** `values`: standardized, oldest first. */
export function shapeOf(values: readonly number[]): Shape {
  const step = best(values, stepAt);
  const ramp = best(values, rampFrom);
  const noise = Math.max(shortNoise(values), leastNoise);
  const isStep = (ramp.squares - step.squares) / (2 * noise) > clear;
  const { from, before, after } = isStep ? step : ramp;
  return { kind: isStep ? 'step' : 'ramp', from, before, after };
}

/** Variance from one value to the next: a slow change adds nothing to it. */
function shortNoise(values: readonly number[]): number {
  const squares = values.slice(1).map((value, at) => (value - (values[at] ?? value)) ** 2);
  // The median of squared normal differences is 0.455 of twice the variance; a jump does not count.
  const middle = squares.sort((a, b) => a - b)[squares.length >> 1] ?? 0;
  return middle / (2 * 0.455);
}

function best(
  values: readonly number[],
  of: (values: readonly number[], from: number) => Fit,
): Fit {
  let found: Fit = { squares: Number.POSITIVE_INFINITY, from: 0, before: 0, after: 0 };
  for (let from = leastBefore; from < values.length - 2; from += 1) {
    const one = of(values, from);
    if (one.squares < found.squares) found = one;
  }
  return found;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const squaresAbout = (values: readonly number[], of: (at: number) => number): number =>
  values.reduce((sum, value, at) => sum + (value - of(at)) ** 2, 0);

function stepAt(values: readonly number[], from: number): Fit {
  const [before, after] = [meanOf(values.slice(0, from)), meanOf(values.slice(from))];
  const squares = squaresAbout(values, (at) => (at < from ? before : after));
  return { squares, from, before, after };
}

/** Level up to `from`, and a straight line from there: least squares with both free. */
function rampFrom(values: readonly number[], from: number): Fit {
  const since = (at: number): number => Math.max(0, at - from + 1);
  const places = values.map((_, at) => since(at));
  const [meanX, meanY] = [meanOf(places), meanOf(values)];
  let [xy, xx] = [0, 0];
  for (const [at, x] of places.entries()) {
    xy += (x - meanX) * ((values[at] ?? 0) - meanY);
    xx += (x - meanX) ** 2;
  }
  const slope = xx === 0 ? 0 : xy / xx;
  const before = meanY - slope * meanX;
  const squares = squaresAbout(values, (at) => before + slope * since(at));
  return { squares, from, before, after: before + slope * since(values.length - 1) };
}
