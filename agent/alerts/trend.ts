/** Has a feature kept rising or falling over the last cycles of one mold, and since when is it off? */

export interface TrendPoint {
  readonly shot: number | null;
  /** Null where this cycle had no good value. */
  readonly value: number | null;
}

export interface Trend {
  readonly direction: 'rising' | 'falling';
  /** The last cycles of this mold over which it moved that way, each counted from the one before. */
  readonly cycles: number;
}

interface Placed {
  readonly place: number;
  readonly value: number;
}

const KEEP = 60;
const LEAST_POINTS = 6;
/** Slope over its standard error. */
const LEAST_T = 6;
/** Each of two thirds must bring this share of the whole move: a jump, or a stop, is no trend. */
const LEAST_SHARE = 0.25;
/** Back from the farthest value by more than this share of the move, it is recovering. */
const MOST_BACK = 0.2;
/** A run begins with a move of at least this share of its mean one, not with what was level. */
const LEAST_FIRST = 0.5;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

interface Line {
  readonly slope: number;
  /** Squared residuals, summed. */
  readonly error: number;
}

function fitLine(values: readonly number[]): Line {
  const n = values.length;
  const xMean = (n - 1) / 2;
  const yMean = values.reduce((sum, value) => sum + value, 0) / Math.max(n, 1);
  let [sxx, sxy, syy] = [0, 0, 0];
  values.forEach((value, x) => {
    sxx += (x - xMean) ** 2;
    sxy += (x - xMean) * (value - yMean);
    syy += (value - yMean) ** 2;
  });
  const slope = sxx === 0 ? 0 : sxy / sxx;
  return { slope, error: Math.max(syy - slope * sxy, 0) };
}

/** The slope is many times what scatter alone would give. */
function isSteady(values: readonly number[]): boolean {
  const n = values.length;
  const { slope, error } = fitLine(values);
  const scatter = Math.sqrt(error / (n - 2) / ((n * (n * n - 1)) / 12));
  return slope > 0 && slope >= LEAST_T * scatter;
}

function risesThroughout(values: readonly number[]): boolean {
  const third = Math.floor(values.length / 3);
  const [first, middle, last] = [
    values.slice(0, third),
    values.slice(third, -third),
    values.slice(-third),
  ].map(median) as [number, number, number];
  const least = LEAST_SHARE * (last - first);
  return least > 0 && middle - first >= least && last - middle >= least;
}

/** Every value from the first on lies above it, and the last is near the highest. */
function risesToNow(values: readonly number[]): boolean {
  const [first = 0, ...rest] = values;
  const last = rest.at(-1) ?? first;
  const highest = Math.max(...rest);
  const second = rest[0] ?? first;
  return (
    Math.min(...rest) > first &&
    highest - last <= MOST_BACK * (highest - first) &&
    second - first >= (LEAST_FIRST * (last - first)) / rest.length
  );
}

/**
 * Cycles over which the values rise up to now and all the way; null when they do not. Of the places
 * where the rise may have begun, the one at which two straight lines fit best.
 */
function risingRun(points: readonly Placed[]): number | null {
  const values = points.map(({ value }) => value);
  let best: { readonly from: number; readonly error: number } | null = null;
  for (let from = 0; from <= values.length - LEAST_POINTS; from += 1) {
    const run = values.slice(from);
    if (!risesToNow(run) || !risesThroughout(run) || !isSteady(run)) continue;
    const error = fitLine(values.slice(0, from)).error + fitLine(run).error;
    if (best === null || error < best.error) best = { from, error };
  }
  return best === null ? null : (points.at(-1)?.place ?? 0) - (points[best.from]?.place ?? 0);
}

/** Last values of one feature of one machine and mold. */
export class FeatureTrend {
  #points: TrendPoint[] = [];
  /** How many of the points belong together; a stop in between begins a new row. */
  #inRow = 0;

  push(point: TrendPoint): void {
    this.#points = [...this.#points, point].slice(-KEEP);
    this.#inRow = Math.min(this.#inRow + 1, KEEP);
  }

  /** The next values do not follow on from those before, as after a stop of the line. */
  interrupt(): void {
    this.#inRow = 0;
  }

  /** The run up to now over which it kept moving one way; null: level, a jump, recovering. */
  trend(): Trend | null {
    const row = this.#points.slice(this.#points.length - this.#inRow);
    if ((row.at(-1)?.value ?? null) === null) return null;
    const points = row.flatMap(({ value }, place) => (value === null ? [] : [{ place, value }]));
    const rising = risingRun(points);
    if (rising !== null) return { direction: 'rising', cycles: rising };
    const falling = risingRun(points.map(({ place, value }) => ({ place, value: -value })));
    return falling === null ? null : { direction: 'falling', cycles: falling };
  }

  /** The first shot of the unbroken run outside [low, high] that ends now; null when it is inside. */
  outsideSince(low: number, high: number): number | null {
    let since: number | null = null;
    for (const { shot, value } of this.#points.toReversed()) {
      if (value === null) continue;
      if (value >= low && value <= high) break;
      since = shot ?? since;
    }
    return since;
  }
}
