import { describe, expect, test } from 'vitest';
import { costsOf, type Prices, thresholdTable } from '../../agent/backtest/cost.ts';
import type { ScoredShot } from '../../agent/backtest/shot.ts';
import { seededShots, threshold } from './backtest-support.ts';

const prices: Prices = { miss: 30_000, falseAlarm: 1500, inspect: 300 };

/** Said again in the plainest way. */
function costOf(shots: readonly ScoredShot[], at: number): number {
  let total = 0;
  for (const { score, label } of shots) {
    if (score >= at) total += 300 + (label === 0 ? 1500 : 0);
    else if (label === 1) total += 30_000;
  }
  return (total / shots.length) * 1000;
}

describe('costs', () => {
  const shots = seededShots(5, 1000, 0.1);
  const [earlier, later] = [shots.slice(0, 500), shots.slice(500)];

  test('are those of the verdicts, beside doing nothing and inspecting all', () => {
    const { whole } = costsOf(shots, threshold, prices);
    const defects = shots.filter(({ label }) => label === 1).length;
    expect(whole?.bundle).toBeCloseTo(costOf(shots, threshold), 6);
    expect(whole?.noModel).toBeCloseTo(defects * 30_000, 6);
    expect(whole?.inspectAll).toBe(300_000);
  });

  test('choose the cheapest threshold of the earlier half and judge it on the later one', () => {
    const { chosen } = costsOf(shots, threshold, prices);
    if (chosen.threshold === null) throw new Error('none was chosen');
    const least = Math.min(
      ...earlier.map(({ score }) => costOf(earlier, score)),
      costOf(earlier, 2),
    );
    expect(chosen.fitted.costPerThousand).toBeCloseTo(least, 6);
    expect(costOf(earlier, chosen.threshold)).toBeCloseTo(least, 6);
    expect(chosen.judged.chosen).toBeCloseTo(costOf(later, chosen.threshold), 6);
    expect(chosen.judged).toMatchObject({ fromRow: 501, toRow: 1000, n: 500 });
  });

  test('change nothing in the choice when only the later half changes', () => {
    const spoiled = [...earlier, ...later.map((one) => ({ ...one, score: 1 - one.score }))];
    const before = costsOf(shots, threshold, prices).chosen;
    expect(costsOf(spoiled, threshold, prices).chosen.threshold).toBe(before.threshold);
  });

  test('choose nothing where a half has too few defects', () => {
    const clean = later.map((one) => ({ ...one, label: 0 as const }));
    expect(costsOf([...earlier, ...clean], threshold, prices).chosen).toEqual({
      threshold: null,
      why: 'too-few-defects',
    });
  });

  test('of inspecting all are not known without its price', () => {
    const { whole } = costsOf(shots, threshold, { ...prices, inspect: null });
    expect(whole?.inspectAll).toBeNull();
  });
});

describe('the table of thresholds', () => {
  test('keeps each promise of false alarms, as low as can be', () => {
    const shots = seededShots(6, 2000, 0.1);
    const good = shots.filter(({ label }) => label === 0);
    const rateAt = (at: number): number =>
      good.filter(({ score }) => score >= at).length / good.length;
    const [own, ...rows] = thresholdTable(shots, threshold, null);
    expect(own).toMatchObject({ by: 'bundle', threshold, costPerThousand: null });
    expect(rows).toHaveLength(6);
    for (const { threshold: at, target, falseAlarmRate } of rows) {
      expect(falseAlarmRate.value).toBeLessThanOrEqual(target ?? 0);
      expect(falseAlarmRate.value).toBeCloseTo(rateAt(at), 12);
      const next = Math.max(...shots.map(({ score }) => score).filter((score) => score < at));
      expect(rateAt(next)).toBeGreaterThan(target ?? 1);
    }
  });

  test('is empty without labelled scores', () => {
    expect(thresholdTable([], threshold, prices)).toEqual([]);
  });
});
