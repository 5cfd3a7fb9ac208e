import { describe, expect, test } from 'vitest';
import { FeatureTrend } from '../../agent/alerts/trend.ts';

/** Standard normal values, the same everywhere. */
function normal(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function trendAfter(values: readonly (number | null)[]): ReturnType<FeatureTrend['trend']> {
  const trend = new FeatureTrend();
  for (const [i, value] of values.entries()) trend.push({ shot: 320 + i, value });
  return trend.trend();
}

const flat = [5.97, 6.02, 5.99, 6.0, 6.03, 5.98, 6.01, 6.0, 5.97, 6.02, 5.99, 6.04, 6.01];
const fall = [5.42, 4.57, 4.57, 2.48, 2.5, 2.25];
const onTheFloor = [3.24, 2.53, 2.02];
const recovery = [3.51, 2.79, 3.23, 4.42];

describe('a cushion that fell and recovers', () => {
  test('has no trend while it is level', () => {
    flat.forEach((_, i) => {
      expect(trendAfter(flat.slice(0, i + 1))).toBeNull();
    });
  });

  test('falls for as many shots as it fell, not for a window', () => {
    expect(trendAfter([...flat, ...fall])).toEqual({ direction: 'falling', cycles: 6 });
  });

  test('has none once it has stopped falling, and none while it recovers', () => {
    const later = [...onTheFloor, ...recovery];
    later.forEach((_, i) => {
      expect(trendAfter([...flat, ...fall, ...later.slice(0, i + 1)])).toBeNull();
    });
  });
});

describe('a trend', () => {
  test('is said of a rise too, counted from the first value on its way', () => {
    const rise = [1, 2, 3, 4, 5, 6, 7, 8].map((x) => 6 + 0.3 * x);
    expect(trendAfter([...flat, ...rise])).toEqual({ direction: 'rising', cycles: 7 });
  });

  test('is not said of a jump, however small what follows moves', () => {
    expect(trendAfter([...flat, 2.5, 2.45, 2.4, 2.35, 2.3])).toBeNull();
    expect(trendAfter([...flat, 2.5, 2.51, 2.49, 2.5, 2.52, 2.5, 2.48])).toBeNull();
  });

  test('counts shots without a value, and is not known where the last has none', () => {
    const gappy = [6, 5.5, null, 4.5, 4, 3.5, null, 2.5];
    expect(trendAfter([...flat, ...gappy])).toEqual({ direction: 'falling', cycles: 7 });
    expect(trendAfter([...flat, ...gappy, null])).toBeNull();
  });

  test('does not reach back over a stop of the line', () => {
    const trend = new FeatureTrend();
    const push = (value: number) => trend.push({ shot: null, value });
    [10, 9, 8, 7].forEach(push);
    trend.interrupt();
    [6, 5, 4].forEach(push);
    expect(trend.trend()).toBeNull();
  });

  test('of scatter alone is seldom said (seeds 1 to 200)', () => {
    let said = 0;
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = normal(seed);
      if (trendAfter(Array.from({ length: 60 }, random)) !== null) said += 1;
    }
    expect(said).toBeLessThanOrEqual(4);
  });

  test('of a noisy fall is as long as the fall, within three shots on average (seeds 1 to 100)', () => {
    const lengths: number[] = [];
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = normal(seed);
      const before = Array.from({ length: 30 }, random);
      const during = Array.from({ length: 15 }, (_, i) => -(i + 1) + random());
      const trend = trendAfter([...before, ...during]);
      expect(trend?.direction, `seed ${seed}`).toBe('falling');
      lengths.push(trend?.cycles ?? 0);
    }
    const mean = lengths.reduce((sum, n) => sum + n, 0) / lengths.length;
    expect(Math.abs(mean - 15)).toBeLessThan(1);
    expect(Math.max(...lengths.map((n) => Math.abs(n - 15)))).toBeLessThanOrEqual(6);
  });
});

test('since when a value is off: missing values do not end the run', () => {
  const trend = new FeatureTrend();
  for (const [i, value] of [6, 2, null, 2.1].entries()) trend.push({ shot: 10 + i, value });
  expect(trend.outsideSince(5, 7)).toBe(11);
});
