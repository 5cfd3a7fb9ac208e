/** What the comparison of two periods says of shots that everybody can count. */
import { describe, expect, test } from 'vitest';
import {
  chartBaseline,
  cusumCharts,
  ewmaChart,
  pChart,
} from '../../agent/effect/control-charts.ts';
import type { CountRow, Period } from '../../agent/effect/counts.ts';
import { defectEffect, type EffectPlan, usualPlan } from '../../agent/effect/defect-effect.ts';
import { effectOf } from '../../agent/effect/effect.ts';
import { newcombe, relativeRisk } from '../../agent/effect/rates.ts';
import { daily } from '../fixtures/effect-days.ts';
import {
  dayName,
  plantCounts,
  plantEnergy,
  steadyEnergy,
  steadyPlant,
} from '../fixtures/simulated-effect.ts';

const plan: EffectPlan = { ...usualPlan, draws: 200 };

const kinds = (rows: readonly CountRow[]): string[] =>
  defectEffect(rows, plan).notes.map(({ kind }) => kind);

describe('verdict', () => {
  const before = daily('before', 20, [200, 8]);

  test('a rate that fell by half on enough shots is better', () => {
    const effect = defectEffect([...before, ...daily('after', 20, [200, 4])], plan);
    expect(effect.verdict).toBe('better');
    expect(effect.sameMix?.difference.value).toBeCloseTo(-0.02, 10);
    expect(effect.sameMix?.ratio.value).toBeCloseTo(0.5, 10);
    expect(effect.avoided?.value).toBeCloseTo(80, 8);
    expect(effect.notes).toEqual([]);
  });

  test('a rate that doubled is worse', () => {
    expect(defectEffect([...before, ...daily('after', 20, [200, 16])], plan).verdict).toBe('worse');
  });

  test('the same rate on enough shots: no difference shown, and none needed', () => {
    const effect = defectEffect([...before, ...daily('after', 20, [200, 8])], plan);
    expect(effect.verdict).toBe('no-difference-shown');
    expect(effect.need?.moreAfter).toBe(0);
  });

  test('too few shots after: says how many more, and with them it is enough', () => {
    const short = [...before, ...daily('after', 4, [100, 3])];
    const third = { ...plan, relativeChange: -0.3 };
    const effect = defectEffect(short, third);
    expect(effect.verdict).toBe('too-few');
    const more = effect.need?.moreAfter ?? 0;
    expect(more).toBeGreaterThan(2000);
    const days = 4 + (effect.need?.moreDays ?? 0);
    expect(days * 100 - 400).toBeGreaterThanOrEqual(more);
    const enough = defectEffect([...before, ...daily('after', days, [100, 3])], third);
    expect(enough.need?.power).toBeGreaterThan(0.8);
    expect(enough.verdict).not.toBe('too-few');
  });

  test('a before period too small for any after period is said to be', () => {
    const rows = [...daily('before', 6, [30, 1]), ...daily('after', 40, [300, 8])];
    const effect = defectEffect(rows, plan);
    expect(effect.verdict).toBe('too-few');
    expect(effect.need?.moreAfter).toBeNull();
    expect(effect.notes).toContainEqual({ kind: 'before-too-small' });
  });

  test('two days of a period are no basis, however many shots', () => {
    const rows = [...before, ...daily('after', 2, [5000, 10])];
    const effect = defectEffect(rows, plan);
    expect(effect.sameMix).toBeNull();
    expect(effect.verdict).toBe('too-few');
    expect(effect.notes).toContainEqual({ kind: 'few-blocks', before: 20, after: 2 });
  });

  test('no shots at all is an answer too', () => {
    const effect = defectEffect([], plan);
    expect(effect).toMatchObject({ verdict: 'too-few', sameMix: null, naive: null, need: null });
    expect(effect.periods).toEqual({ before: null, after: null });
  });

  test('no defect in either period: a rate of 0 with a width, and nothing to plan with', () => {
    const none = [...daily('before', 20, [200, 0]), ...daily('after', 20, [200, 0])];
    const effect = defectEffect(none, plan);
    expect(effect.verdict).toBe('too-few');
    expect(effect.sameMix?.difference).toMatchObject({ value: 0 });
    expect(effect.sameMix?.difference.high).toBeGreaterThan(0.0005);
    expect(effect.sameMix?.ratio).toEqual({ value: null, low: 0, high: null });
    expect(effect.need).toBeNull();
  });
});

describe('mix of molds', () => {
  const bad = { mold: 'B' };
  // Each mold keeps its rate; the bad one is made less.
  const rows = [
    ...daily('before', 20, [50, 1]),
    ...daily('before', 20, [150, 9], bad),
    ...daily('after', 20, [150, 3]),
    ...daily('after', 20, [50, 3], bad),
  ];

  test('plain rates claim what the same mix does not, and it is said', () => {
    const effect = defectEffect(rows, plan);
    expect(effect.naive?.difference.high).toBeLessThan(0);
    expect(effect.sameMix?.difference.value).toBeCloseTo(0, 10);
    expect(effect.afterMix?.difference.value).toBeCloseTo(0, 10);
    expect(effect.verdict).not.toBe('better');
    expect(kinds(rows)).toEqual(expect.arrayContaining(['mix-changed', 'naive-disagrees']));
  });

  test('a mold that only one period made counts for nothing, and it is said', () => {
    const own = { mold: 'new', judged: 100, defects: 50 };
    const more = [...rows, ...daily('after', 20, [100, 50], own)];
    const [with_, without] = [defectEffect(more, plan), defectEffect(rows, plan)];
    expect(with_.sameMix?.difference.value).toBeCloseTo(without.sameMix?.difference.value ?? 1, 12);
    expect(with_.notes).toContainEqual({ kind: 'strata-left-out', shots: 2000 });
    expect(with_.strata.find(({ mold }) => mold === 'new')?.difference).toBeNull();
  });

  test('a mold that got better beside one that got worse is said', () => {
    const apart = [
      ...daily('before', 20, [200, 10]),
      ...daily('before', 20, [200, 10], bad),
      ...daily('after', 20, [200, 4]),
      ...daily('after', 20, [200, 20], bad),
    ];
    expect(kinds(apart)).toContain('effect-differs');
    expect(kinds(rows)).not.toContain('effect-differs');
  });
});

describe('what a reader must know', () => {
  test('another share of the shots was inspected', () => {
    const rows = [
      ...daily('before', 20, [200, 8]),
      ...daily('after', 20, [200, 4], { unjudged: 200 }),
    ];
    expect(defectEffect(rows, plan).notes).toEqual([
      { kind: 'inspection-changed', before: 1, after: 0.5 },
    ]);
  });

  test('days or lots that differ make the interval wider than shots by themselves would', () => {
    const wild = (period: Period, defects: number): CountRow[] =>
      daily(period, 20, [200, 8]).map((row, day) => ({
        ...{ ...row, lot: `${period} ${Math.floor(day / 4)}` },
        defects: Math.floor(day / 4) % 2 === 0 ? 2 * defects : 0,
      }));
    const rows = [...wild('before', 8), ...wild('after', 4)];
    const width = (blocks: EffectPlan['blocks']): number => {
      const found = defectEffect(rows, { ...plan, blocks }).sameMix?.difference;
      return found === undefined ? Number.NaN : found.high - found.low;
    };
    const { naive, periods } = defectEffect(rows, { ...plan, blocks: 'day' });
    const shots = (naive?.difference.high ?? 0) - (naive?.difference.low ?? 0);
    expect(width('day')).toBeGreaterThan(1.5 * shots);
    expect(width('lot')).toBeGreaterThan(1.5 * width('day'));
    expect(periods.before?.designEffect).toBeGreaterThan(3);
    expect(periods.before?.effectiveShots).toBeLessThan(4000 / 3);
  });

  test('the block bootstrap agrees with the formula', () => {
    const rows = plantCounts({ ...steadyPlant, factor: 0.5, dayDeviation: 0.5 }, 4);
    const { bootstrap, sameMix } = defectEffect(rows, { ...plan, blocks: 'day', draws: 2000 });
    const width = ({ low, high }: { low: number; high: number }): number => high - low;
    if (bootstrap === null || sameMix === null) throw new Error('compared');
    expect(width(bootstrap) / width(sameMix.difference)).toBeGreaterThan(0.8);
    expect(width(bootstrap) / width(sameMix.difference)).toBeLessThan(1.25);
  });
});

test('counts that cannot be are refused, and no number is made of them', () => {
  const good = daily('before', 3, [10, 1]);
  for (const wrong of [{ defects: 11 }, { defects: -1 }, { judged: Number.NaN }, { day: '14/3' }])
    expect(() => defectEffect([...good, ...daily('after', 3, [10, 1], wrong)], plan)).toThrow(
      RangeError,
    );
});

describe('difference and ratio', () => {
  test('say the same about no effect, and hold what they are about', () => {
    const rates = [0, 0.004, 0.02, 0.05, 0.3, 1];
    for (const was of rates)
      for (const is of rates)
        for (const size of [12, 150, 4000]) {
          const before = { rate: was, effectiveShots: size };
          const after = { rate: is, effectiveShots: size / 2 };
          const difference = newcombe(before, after, 1.96);
          const ratio = relativeRisk(before, after, 1.96);
          const about = JSON.stringify({ was, is, size, difference, ratio });
          const side = (low: number, high: number | null, none: number): number =>
            low > none ? 1 : high !== null && high < none ? -1 : 0;
          expect(side(ratio.low, ratio.high, 1), about).toBe(
            side(difference.low, difference.high, 0),
          );
          expect(difference.low, about).toBeGreaterThanOrEqual(-1);
          expect(difference.high, about).toBeLessThanOrEqual(1);
          if (ratio.value === null) continue;
          expect(ratio.low, about).toBeLessThanOrEqual(ratio.value);
          expect(ratio.high ?? Number.POSITIVE_INFINITY, about).toBeGreaterThanOrEqual(ratio.value);
        }
  });
});

describe('charts', () => {
  const days = Array.from({ length: 40 }, (_, at) => ({
    ...{ label: dayName(at), judged: 200, defects: at < 25 ? 6 + (at % 3) - 1 : 14 },
  }));
  const baseline = chartBaseline(days.slice(0, 25));
  if (baseline === null) throw new Error('there are defects');
  const firstSignal = (points: readonly { signal: string | null }[]): number =>
    points.findIndex(({ signal }) => signal !== null);

  test('a rate that doubled signals within days, and none signals before', () => {
    for (const points of [
      ewmaChart(days, baseline).points,
      cusumCharts(days, baseline).up.points,
    ]) {
      expect(firstSignal(points)).toBeGreaterThanOrEqual(25);
      expect(firstSignal(points)).toBeLessThan(30);
    }
    expect(firstSignal(cusumCharts(days, baseline).down.points)).toBe(-1);
  });

  test('days that differ anyway: the p chart cries, Laney’s does not', () => {
    const wild = days.map((day, at) => ({ ...day, defects: at % 2 === 0 ? 1 : 22 }));
    const own = chartBaseline(wild);
    if (own === null) throw new Error('there are defects');
    expect(firstSignal(pChart(wild, own, 'p').points)).toBe(0);
    expect(firstSignal(pChart(wild, own, 'laney-p').points)).toBe(-1);
  });

  test('no defect, no limits', () => {
    expect(chartBaseline(days.map((day) => ({ ...day, defects: 0 })))).toBeNull();
    expect(chartBaseline([])).toBeNull();
  });
});

describe('all of it together', () => {
  const molds = (['A', 'B'] as const).map((mold, at) => ({
    ...{ mold, mode: null, defectRate: 0.02 * (at + 1), share: { before: 0.5, after: 0.5 } },
  }));
  const counts = plantCounts({ ...steadyPlant, molds, factor: 0.4, dayDeviation: 0.5 }, 21);
  const { rows } = plantEnergy({ ...steadyEnergy, factor: 0.85 }, 21);

  test('defects, energy, and charts of all molds and of each', () => {
    const effect = effectOf({ counts, energy: rows }, plan);
    expect(effect.defects.verdict).toBe('better');
    expect(effect.energy).toMatchObject({ kind: 'effect', verdict: 'less' });
    expect(effect.charts.map(({ mold }) => mold)).toEqual([null, 'A', 'B']);
    expect(effect.charts[0]?.rate.kind).toBe('laney-p');
    for (const { rate, ewma, cusum } of effect.charts)
      for (const { points } of [rate, ewma, cusum.up, cusum.down]) expect(points).toHaveLength(60);
  });

  test('one mold, no meter, no defect: no energy and no charts', () => {
    const clean = counts.filter(({ mold }) => mold === 'A').map((row) => ({ ...row, defects: 0 }));
    const effect = effectOf({ counts: clean, energy: [] }, plan);
    expect(effect).toMatchObject({ energy: null, charts: [] });
  });

  test('nothing of it is not a number', () => {
    const text = JSON.stringify(effectOf({ counts, energy: rows }, plan), (key, value) => {
      if (typeof value === 'number' && Number.isNaN(value)) throw new Error(`${key} is NaN`);
      return value;
    });
    expect(text.length).toBeGreaterThan(1000);
  });
});
