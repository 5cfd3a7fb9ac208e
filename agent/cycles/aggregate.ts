/** Numbers computed from the samples of one window. */

export interface TimedValue {
  readonly monoMs: number;
  readonly value: number;
}

export type Aggregate = 'mean' | 'min' | 'max' | 'std' | 'slope' | 'timeAbove' | 'increase';

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * `points` values evenly from `fromMs` to `toMs`, on the line between the samples around each. A
 * point with no sample within one spacing on a side is null: nothing is drawn over a gap.
 */
export function resample(
  samples: readonly TimedValue[],
  fromMs: number,
  toMs: number,
  points: number,
): (number | null)[] {
  const spacing = (toMs - fromMs) / (points - 1);
  if (!(spacing > 0) || !Number.isFinite(spacing)) return Array<null>(points).fill(null);
  let after = 0;
  return Array.from({ length: points }, (_, point) => {
    const at = fromMs + point * spacing;
    while (after < samples.length && (samples[after]?.monoMs ?? 0) < at) after += 1;
    const near = (sample: TimedValue | undefined): TimedValue | null =>
      sample !== undefined && Math.abs(sample.monoMs - at) <= spacing ? sample : null;
    const [before, next] = [near(samples[after - 1]), near(samples[after])];
    if (next?.monoMs === at) return next.value;
    const isEdge = point === 0 || point === points - 1;
    if (before === null || next === null) return isEdge ? ((before ?? next)?.value ?? null) : null;
    const part = (at - before.monoMs) / (next.monoMs - before.monoMs);
    return before.value + part * (next.value - before.value);
  });
}

/** Sample standard deviation; null for fewer than two values. */
export function standardDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** Least-squares slope of `ys` over `xs`; null when the xs do not differ. */
export function slope(xs: readonly number[], ys: readonly number[]): number | null {
  const xMean = mean(xs);
  const yMean = mean(ys);
  let covariance = 0;
  let variance = 0;
  xs.forEach((x, i) => {
    covariance += (x - xMean) * ((ys[i] ?? yMean) - yMean);
    variance += (x - xMean) ** 2;
  });
  return variance === 0 ? null : covariance / variance;
}

/** Seconds spent above `level`, each sample holding until the next one. */
function secondsAbove(samples: readonly TimedValue[], level: number): number {
  let ms = 0;
  samples.forEach((sample, i) => {
    const next = samples[i + 1];
    if (next !== undefined && sample.value > level) ms += next.monoMs - sample.monoMs;
  });
  return ms / 1000;
}

/** Last minus first of a counting meter; null when it went backwards (it was reset). */
function increase(values: readonly number[]): number | null {
  const backwards = values.some((value, i) => i > 0 && value < (values[i - 1] ?? value));
  const [first] = values;
  const last = values.at(-1);
  return backwards || first === undefined || last === undefined ? null : last - first;
}

/**
 * One aggregate over samples, oldest first; null where it cannot be computed.
 * `slope` is per second, `timeAbove` in seconds.
 */
export function aggregate(
  take: Aggregate,
  samples: readonly TimedValue[],
  level: number,
): number | null {
  if (samples.length === 0) return null;
  const values = samples.map((sample) => sample.value);
  switch (take) {
    case 'mean':
      return mean(values);
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'std':
      return standardDeviation(values);
    case 'slope':
      return samples.length < 2
        ? null
        : slope(
            samples.map((s) => s.monoMs / 1000),
            values,
          );
    case 'timeAbove':
      return samples.length < 2 ? null : secondsAbove(samples, level);
    case 'increase':
      return samples.length < 2 ? null : increase(values);
  }
}
