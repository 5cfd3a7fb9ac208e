import { expect, test } from 'vitest';
import { compileNovelty } from '../../models/novelty.ts';

const features = ['melt', 'speed'];
/** Correlation 0.9: the two go together. */
const known = {
  center: [660, 300],
  scale: [2, 5],
  inverse: [
    [1 / 0.19, -0.9 / 0.19],
    [-0.9 / 0.19, 1 / 0.19],
  ],
  limit: 4,
};

test('distance over its limit, against the closed form for two values', () => {
  const novelty = compileNovelty(known, features);
  expect(novelty?.({ melt: 660, speed: 300 })).toBe(0);
  const [a, b] = [1.5, -0.5];
  const closed = Math.sqrt((a * a - 2 * 0.9 * a * b + b * b) / 0.19) / 4;
  expect(novelty?.({ melt: 660 + 2 * a, speed: 300 + 5 * b })).toBeCloseTo(closed, 12);
});

test('each value within its range, but never so together: that is new', () => {
  const novelty = compileNovelty(known, features);
  expect(novelty?.({ melt: 664, speed: 310 })).toBeLessThan(1);
  expect(novelty?.({ melt: 664, speed: 290 })).toBeGreaterThan(1);
});

test('a missing value neither alarms nor hides the other', () => {
  const novelty = compileNovelty(known, features);
  expect(novelty?.({ melt: null, speed: 300 })).toBe(0);
  expect(novelty?.({ speed: 360 })).toBeGreaterThan(1);
});

test('of another number of features: not to be used', () => {
  expect(compileNovelty(known, ['melt'])).toBeNull();
});
