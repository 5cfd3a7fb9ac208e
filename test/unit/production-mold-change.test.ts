/** What differs from the last run of a mold, and what does not. */
import { expect, test } from 'vitest';
import { moldChange } from '../../agent/production/mold-change.ts';
import type { MoldRuns } from '../../agent/records.ts';

const spread = (middle: number, step: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => middle + step * ((i % 11) - 5));

const runsOf = (
  now: MoldRuns['now']['values'],
  before: MoldRuns['now']['values'],
  shots = 30,
): MoldRuns => ({
  mold: '7',
  now: { shots, values: now },
  before: { shots: 40, values: before, toWallMs: 1000 },
});

test('values whose median left the band of the last run differ, the farthest first', () => {
  const now = {
    melt: spread(671, 1, 30),
    biscuit: spread(25, 0.2, 30),
    speed: Array(30).fill(2.6) as number[],
    pressure: Array(30).fill(70.02) as number[],
    sleeve: spread(180, 1, 5),
  };
  const before = {
    melt: spread(660, 1, 40),
    biscuit: spread(25.5, 0.2, 40),
    speed: Array(40).fill(2.4) as number[],
    pressure: Array(40).fill(70) as number[],
    sleeve: spread(220, 1, 40),
  };
  const found = moldChange(runsOf(now, before), () => 0.1);
  expect(
    found?.differences.map(({ feature, now: median, before: past }) => [feature, median, past]),
  ).toEqual([
    ['speed', 2.6, 2.4],
    ['melt', 671, 660],
  ]);
  expect(found).toMatchObject({ mold: '7', beforeWallMs: 1000, compared: 4, shotsNow: 30 });
  expect(found?.differences[1]).toMatchObject({ normalLow: 655, normalHigh: 665 });
});

test('too few shots say nothing', () => {
  const same = { melt: spread(660, 1, 40) };
  expect(moldChange(runsOf(same, same, 9), () => 1)).toBeNull();
  expect(moldChange({ ...runsOf(same, same), before: null }, () => 1)).toBeNull();
  expect(moldChange(runsOf(same, same), () => 1)?.differences).toEqual([]);
});
