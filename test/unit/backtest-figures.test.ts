import { describe, expect, test } from 'vitest';
import { figuresOf, partFigures } from '../../agent/backtest/figures.ts';
import { gapsOf, windowsOf } from '../../agent/backtest/windows.ts';
import { Random } from '../../agent/simulator/random.ts';
import { aucInterval } from '../../models/auc-interval.ts';
import { auc } from '../../models/metrics.ts';
import { seededShots, shot, threshold } from './backtest-support.ts';

describe('the interval of an AUC', () => {
  test('of a perfect one on few defects is no certainty', () => {
    const few = aucInterval(1, 5, 100);
    const many = aucInterval(1, 500, 10_000);
    expect(few?.high).toBe(1);
    expect(few?.low).toBeLessThan(0.9);
    expect(many?.low).toBeGreaterThan(0.99);
  });

  test('is the same mirrored, and absent without both kinds', () => {
    const [good, bad] = [aucInterval(0.9, 20, 80), aucInterval(0.1, 20, 80)];
    expect(1 - (good?.low ?? 0)).toBeCloseTo(bad?.high ?? 0, 9);
    expect(1 - (good?.high ?? 0)).toBeCloseTo(bad?.low ?? 0, 9);
    expect(aucInterval(null, 0, 80)).toBeNull();
    expect(aucInterval(0.5, 3, 0)).toBeNull();
  });

  test('holds the truth in about 95 of 100 histories', () => {
    const random = new Random(7, 'coverage');
    const normal = (): number =>
      Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    // Two normal distributions 1.2 standard deviations apart: AUC = Φ(1.2 / √2).
    const truth = 0.80193;
    const histories = 400;
    let held = 0;
    for (let i = 0; i < histories; i += 1) {
      const labels = Array.from({ length: 120 }, (_, row) => (row < 20 ? 1 : 0));
      const scores = labels.map((label) => normal() + 1.2 * label);
      const interval = aucInterval(auc(scores, labels), 20, 100);
      held += Number(interval !== null && interval.low <= truth && truth <= interval.high);
    }
    expect(held / histories).toBeGreaterThan(0.92);
    expect(held / histories).toBeLessThan(0.99);
  });
});

describe('figures of a part', () => {
  test('are not said where too few defects carry them, and their counts are', () => {
    const shots = [...seededShots(1, 40, 0), ...seededShots(2, 3, 1)];
    const figures = partFigures(shots, threshold);
    expect(figures).toMatchObject({ auc: null, ap: null, recall: null, tooFew: 'defects', n: 43 });
    expect(figures.intervals.recall).toMatchObject({ of: 3, value: null, low: null });
    expect(figures.falseAlarmRate).not.toBeNull();
  });

  test('are those of the whole where enough do', () => {
    const shots = seededShots(3, 300, 0.2);
    expect(partFigures(shots, threshold)).toEqual({
      ...figuresOf(shots, threshold),
      tooFew: null,
    });
  });
});

describe('a history in time', () => {
  const at = (text: string): number => Date.parse(`${text}+09:00`);
  const shots = [
    '2026-01-04T23:59',
    '2026-01-05T07:59',
    '2026-01-05T08:00',
    '2026-01-05T20:00',
    '2026-01-06T01:00',
  ].map((text, index) => shot(index + 1, { wallMs: at(text) }));
  const names = (by: 'day' | 'week' | 'shift' | number) =>
    windowsOf(shots, by, threshold, ['08:00', '20:00']).map(({ name, shots: many }) => [
      name,
      many,
    ]);

  test('falls into the days, weeks and shifts of Korea', () => {
    expect(names('day')).toEqual([
      ['2026-01-04', 1],
      ['2026-01-05', 3],
      ['2026-01-06', 1],
    ]);
    // 2026-01-05 is a Monday.
    expect(names('week')).toEqual([
      ['2025-12-29', 1],
      ['2026-01-05', 4],
    ]);
    expect(names('shift')).toEqual([
      ['2026-01-04 20:00', 2],
      ['2026-01-05 08:00', 1],
      ['2026-01-05 20:00', 2],
    ]);
  });

  test('falls into equal blocks of scored shots, none lost', () => {
    const many = seededShots(4, 103, 0.1, (row) => (row % 10 === 0 ? { mold: 'a' } : {}));
    const blocks = windowsOf(many, 5, threshold, []);
    expect(blocks.map(({ n }) => n)).toEqual([21, 21, 21, 21, 19]);
    expect(blocks.map(({ fromRow }) => fromRow)).toEqual([1, 22, 43, 64, 85]);
  });

  test('without times has no days', () => {
    expect(() => windowsOf([shot(1)], 'day', threshold, [])).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });

  test('shows where nothing was made', () => {
    const start = at('2026-01-05T08:00');
    const row = (index: number) => shot(index + 1, { wallMs: start + index * 60_000 });
    const later = (index: number) => shot(index + 1, { wallMs: start + index * 60_000 + 7.2e6 });
    const broken = [...[0, 1, 2, 3].map(row), ...[4, 5, 6].map(later)];
    expect(gapsOf(broken)).toEqual([
      {
        afterRow: 4,
        beforeRow: 5,
        fromWallMs: start + 180_000,
        toWallMs: start + 240_000 + 7.2e6,
      },
    ]);
    expect(gapsOf([shot(1), shot(2)])).toEqual([]);
  });
});
