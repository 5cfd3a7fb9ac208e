/** Numbers computed from the samples of one window. */

export interface TimedValue {
  readonly monoMs: number;
  readonly value: number;
}

export type Aggregate = 'mean' | 'min' | 'max' | 'std' | 'slope' | 'timeAbove' | 'increase';

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
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
