import { expect, test } from 'vitest';
import { compare } from '../../agent/backtest/compare.ts';
import type { JudgedShot } from '../../agent/backtest/shot.ts';
import { Random } from '../../agent/simulator/random.ts';
import { auc, averagePrecision } from '../../models/metrics.ts';
import { seededShots, threshold } from './backtest-support.ts';

const model = { name: 'other', version: '1.0.0', hash: 'x' };
const shots = seededShots(9, 1500, 0.1);

/** The same shots seen through noise. */
function worse(seed: number): JudgedShot[] {
  const random = new Random(seed, 'noise');
  return shots.map((one) => ({ ...one, score: one.score * 0.4 + random.next() * 0.6 }));
}

const against = (other: readonly JudgedShot[]) =>
  compare({ shots, threshold }, { shots: other, threshold, model });

test('a model does not differ from itself', () => {
  const { auc: area, ap, defects, good, n } = against(shots);
  expect(n).toBe(1500);
  for (const difference of [area, ap])
    expect(difference).toMatchObject({ difference: 0, interval: { low: 0, high: 0 } });
  expect([defects.onlyFirst, defects.onlyOther, good.onlyFirst, good.onlyOther]).toEqual([
    0, 0, 0, 0,
  ]);
});

test('a plainly better model is told by an interval above 0, the other way round below', () => {
  const other = worse(1);
  const { auc: area, ap } = against(other);
  const back = compare({ shots: other, threshold }, { shots, threshold, model });
  expect(area.interval?.low).toBeGreaterThan(0);
  expect(ap.interval?.low).toBeGreaterThan(0);
  expect(back.auc.interval?.high).toBeLessThan(0);
  expect(back.auc.difference).toBeCloseTo(-(area.difference ?? 0), 12);
});

test('its figures are those of the two models on the shots that both scored', () => {
  const other = worse(2).map((one) =>
    one.row % 7 === 0 ? { ...one, score: null, reason: 'missing-input' } : one,
  );
  const compared = against(other);
  const kept = shots.filter(({ row }) => row % 7 !== 0);
  const labels = kept.map(({ label }) => label);
  const theirs = other.flatMap(({ score }) => score ?? []);
  expect(compared.n).toBe(kept.length);
  expect(compared.otherUnscored).toEqual({ 'missing-input': 1500 - kept.length });
  expect(compared.auc.first).toBe(
    auc(
      kept.map(({ score }) => score),
      labels,
    ),
  );
  expect(compared.ap.other).toBe(averagePrecision(theirs, labels));
  const { both, onlyFirst, onlyOther, neither } = compared.defects;
  expect(both + onlyFirst + onlyOther + neither).toBe(labels.filter((one) => one === 1).length);
  expect(compared.foundOnlyByFirst).toHaveLength(onlyFirst);
  expect(compared.foundOnlyByOther).toHaveLength(onlyOther);
});

test('says no interval of a handful of defects, and nothing of none', () => {
  const few = seededShots(10, 30, 0).map((one) =>
    one.row <= 2 ? { ...one, label: 1 as const } : one,
  );
  const compared = compare({ shots: few, threshold }, { shots: few, threshold, model });
  expect(compared.auc).toMatchObject({ difference: 0, interval: null });
  expect(compare({ shots, threshold }, { shots: [], threshold, model })).toMatchObject({
    n: 0,
    auc: { first: null, other: null, difference: null, interval: null },
  });
});
