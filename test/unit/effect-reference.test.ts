/** The statistics of the effect report against scipy and statsmodels; see fixtures/statistics/make.py. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { neweyWest, serialErrors } from '../../agent/effect/autocorrelation.ts';
import { chartBaseline, ewmaChart, pChart } from '../../agent/effect/control-charts.ts';
import { type CountRow, tableOf } from '../../agent/effect/counts.ts';
import {
  betaCdf,
  betaQuantile,
  chiSquareCdf,
  chiSquareQuantile,
  normalCdf,
  normalQuantile,
  tCdf,
  tQuantile,
} from '../../agent/effect/distributions.ts';
import { energyEffect } from '../../agent/effect/energy-baseline.ts';
import { inverseOf, leastSquares } from '../../agent/effect/least-squares.ts';
import { pooledDifference, pooledRatio } from '../../agent/effect/mantel-haenszel.ts';
import { newcombe, rateOf, wilson } from '../../agent/effect/rates.ts';
import { powerOf, shotsPerPeriod } from '../../agent/effect/sample-size.ts';
import { spendingBounds } from '../../agent/effect/spending.ts';
import { standardisedRate } from '../../agent/effect/standardised.ts';

type Rows = readonly (readonly number[])[];
type Pair = readonly [number, number];

interface Vectors {
  readonly [of: string]: unknown;
  readonly wilson: Rows;
  readonly newcombe: readonly (readonly [Pair, Pair, number, number])[];
  readonly mantelHaenszel: readonly {
    readonly strata: readonly (readonly [Pair, Pair])[];
    readonly difference: number;
    readonly variance: number;
    readonly ratio: number;
    readonly logVariance: number;
    readonly ratioLow: number;
    readonly ratioHigh: number;
  }[];
  readonly sampleSize: Rows;
  readonly power: Rows;
  readonly spending: readonly (readonly [number[], number, number[]])[];
  readonly regression: {
    readonly design: Rows;
    readonly kwh: number[];
    readonly coefficients: number[];
    readonly standardErrors: number[];
    readonly rSquared: number;
    readonly variance: number;
    readonly lags: number;
    readonly hac: Rows;
    readonly intervals: Rows;
    readonly later: Rows;
    readonly laterKwh: number[];
    readonly saved: number;
    readonly savedStandardError: number;
  };
  readonly serial: { readonly memory: number; readonly variance: number; readonly degrees: number };
  readonly charts: {
    readonly judged: number[];
    readonly defects: number[];
    readonly rate: number;
    readonly sigmaZ: number;
    readonly p: Rows;
    readonly laney: Rows;
    readonly ewma: Rows;
  };
  readonly clusters: {
    readonly days: readonly (readonly Pair[])[];
    readonly weights: number[];
    readonly rate: number;
    readonly variance: number;
  };
}

const file = path.join(import.meta.dirname, '../fixtures/statistics/vectors.json');
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));
const z = normalQuantile(0.975);

/** Agreement relative to the value, absolute near 0. */
function expectNear(found: number, wanted: number, within: number, about?: unknown): void {
  const off = Math.abs(found - wanted) / Math.max(1e-300, Math.abs(wanted) || 1);
  expect(off, `${found} for ${wanted} ${JSON.stringify(about) ?? ''}`).toBeLessThan(within);
}

function expectAll(found: readonly number[], wanted: readonly number[], within: number): void {
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries()) expectNear(found[at] ?? Number.NaN, value, within);
}

const counts = ([defects, judged]: Pair) => ({ judged, defects });

describe('distributions, to ten digits', () => {
  test.each([
    ['normal', normalCdf, normalQuantile],
    ['t', tCdf, tQuantile],
    ['chiSquare', chiSquareCdf, chiSquareQuantile],
    ['beta', betaCdf, betaQuantile],
  ])('%s', (name, cdf, quantile) => {
    const wanted = vectors[name] as { cdf: Rows; quantile: Rows };
    for (const [kind, of] of Object.entries({ cdf, quantile })) {
      const rows = kind === 'cdf' ? wanted.cdf : wanted.quantile;
      expect(rows.length).toBeGreaterThan(5);
      for (const row of rows) {
        const [first = 0, ...rest] = row.slice(0, -1);
        const found = (of as (first: number, ...rest: number[]) => number)(first, ...rest);
        expectNear(found, row.at(-1) ?? Number.NaN, 1e-10, { name, kind, row });
      }
    }
  });
});

describe('defect rates', () => {
  test('Wilson, also with no defect at all', () => {
    for (const [defects = 0, judged = 0, low = 0, high = 0] of vectors.wilson) {
      const found = wilson(rateOf({ judged, defects }), z);
      expectAll([found.low, found.high], [low, high], 1e-9);
    }
  });

  test('Newcombe and Wilson for a difference', () => {
    for (const [before, after, low, high] of vectors.newcombe) {
      const found = newcombe(rateOf(counts(before)), rateOf(counts(after)), z);
      expectAll([found.low, found.high], [low, high], 1e-9);
    }
  });

  test('Mantel and Haenszel, difference and ratio with their variances', () => {
    for (const wanted of vectors.mantelHaenszel) {
      const strata = wanted.strata.map(([before, after]) => ({
        before: counts(before),
        after: counts(after),
      }));
      const difference = pooledDifference(strata, z);
      const ratio = pooledRatio(strata, z);
      expectAll(
        [difference?.value ?? 0, difference?.variance ?? 0, ratio?.value ?? 0],
        [wanted.difference, wanted.variance, wanted.ratio],
        1e-9,
      );
      expectAll(
        [ratio?.logVariance ?? 0, ratio?.low ?? 0, ratio?.high ?? 0],
        [wanted.logVariance, wanted.ratioLow, wanted.ratioHigh],
        1e-9,
      );
    }
  });

  test('the variance of a standardised rate by days', () => {
    const { days, weights, rate, variance } = vectors.clusters;
    const rows = days.flatMap((cells, at) =>
      cells.map(
        ([judged, defects], mold): CountRow => ({
          ...{ period: 'before', mold: `${mold}`, mode: null, judged, defects },
          day: `2027-01-0${at + 1}`,
        }),
      ),
    );
    const found = standardisedRate(tableOf(rows, 'day'), 'before', weights);
    expectAll([found.rate, found.variance], [rate, variance], 1e-9);
  });

  test('shots for a wanted effect: 3 % → 1.5 % about 1,530, 0.9 % → 0.45 % about 5,200', () => {
    for (const [before = 0, after = 0, power = 0, size = 0] of vectors.sampleSize) {
      const wanted = { before, after, power, alpha: 0.05, designEffect: 1 };
      expect(shotsPerPeriod(wanted)).toBe(Math.ceil(size));
      expect(shotsPerPeriod({ ...wanted, designEffect: 2.5 })).toBe(Math.ceil(size * 2.5));
    }
    const [halved, rare] = vectors.sampleSize;
    expect(Math.abs((halved?.[3] ?? 0) - 1530)).toBeLessThan(5);
    expect(Math.abs((rare?.[3] ?? 0) - 5200)).toBeLessThan(5);
    for (const [before = 0, after = 0, n0 = 0, n1 = 0, power = 0] of vectors.power)
      expectNear(powerOf({ before, after, alpha: 0.05 }, n0, n1), power, 1e-9);
  });
});

test('bounds of a group sequential test', () => {
  for (const [fractions, alpha, bounds] of vectors.spending)
    expectAll(spendingBounds(fractions, alpha), bounds, 1e-6);
});

describe('energy regression', () => {
  const { regression: wanted, serial } = vectors;
  const fit = leastSquares(wanted.design, wanted.kwh);
  if (fit === null) throw new Error('the design is not singular');

  test('coefficients, standard errors and R²', () => {
    expectAll(fit.coefficients, wanted.coefficients, 1e-9);
    const errors = fit.inverse.map((row, at) => Math.sqrt(fit.variance * (row[at] ?? 0)));
    expectAll(errors, wanted.standardErrors, 1e-9);
    expectAll([fit.rSquared ?? 0, fit.variance], [wanted.rSquared, wanted.variance], 1e-9);
  });

  test('Newey and West', () => {
    const found = neweyWest(wanted.design, fit, wanted.lags);
    expectAll(found.flat(), wanted.hac.flat(), 1e-8);
  });

  test('memory of the errors from the residuals, by traces of whole matrices', () => {
    const found = serialErrors(wanted.design, fit);
    expectAll(
      [found.memory, found.variance, found.degrees],
      [serial.memory, serial.variance, serial.degrees],
      1e-6,
    );
  });

  test('t intervals of coefficients, and what rows after saved with its standard error', () => {
    const rowsOf = (period: 'before' | 'after', design: Rows, kwh: readonly number[]) =>
      design.map((row, at) => ({
        ...{ period, day: `2027-01-01 ${String(at).padStart(3, '0')}`, kwh: kwh[at] ?? 0 },
        ...{ goodKg: row[1] ?? 0, holdHours: row[2] ?? 0, ambientC: row[3] ?? 0 },
      }));
    const found = energyEffect([
      ...rowsOf('before', wanted.design, wanted.kwh),
      ...rowsOf('after', wanted.later, wanted.laterKwh),
    ]);
    if (found.kind !== 'effect') throw new Error(found.reason);
    const t = tQuantile(0.975, fit.degrees);
    expectAll([found.naiveSaved.value], [wanted.saved], 1e-9);
    const half = (found.naiveSaved.high - found.naiveSaved.low) / 2;
    expectAll([half / t], [wanted.savedStandardError], 1e-9);
    const intervals = fit.coefficients.flatMap((value, at) => {
      const own = t * Math.sqrt(fit.variance * (fit.inverse[at]?.[at] ?? 0));
      return [value - own, value + own];
    });
    expectAll(intervals, wanted.intervals.flat(), 1e-8);
  });

  test('columns that depend on each other are no regression', () => {
    const design = wanted.design.map(([one = 1, kg = 0]) => [one, kg, 2 * kg + 3 * one]);
    expect(leastSquares(design, wanted.kwh)).toBeNull();
    expect(
      inverseOf([
        [1, 1],
        [1, 1],
      ]),
    ).toBeNull();
  });
});

test('p chart, Laney p′ and EWMA', () => {
  const { judged, defects, rate, sigmaZ, p, laney, ewma } = vectors.charts;
  const groups = judged.map((of, at) => ({
    ...{ label: `${at}`, judged: of, defects: defects[at] ?? 0 },
  }));
  const baseline = chartBaseline(groups);
  if (baseline === null) throw new Error('there are defects');
  expectAll([baseline.rate, baseline.sigmaZ ?? 0], [rate, sigmaZ], 1e-9);
  const limits = (kind: 'p' | 'laney-p') =>
    pChart(groups, baseline, kind).points.flatMap(({ low, high }) => [low, high]);
  expectAll(limits('p'), p.flat(), 1e-9);
  expectAll(limits('laney-p'), laney.flat(), 1e-9);
  expectAll(
    ewmaChart(groups, baseline).points.flatMap(({ value, high }) => [value, high]),
    ewma.flat(),
    1e-9,
  );
});
