/**
 * Energy before and after a change by a baseline as in ISO 50006: kWh = a + b·good kg + c·hold hours
 * (+ d·ambient °C), fitted on the days before, and what the days after used against it.
 */

import { correlated, lagsFor, neweyWest, serialErrors } from './autocorrelation.ts';
import { tQuantile } from './distributions.ts';
import {
  type DriverRange,
  type EnergyDriver,
  type EnergyEffect,
  type EnergyRefusal,
  type EnergyRow,
  energyDrivers,
  type Intensity,
} from './energy-result.ts';
import { bilinear, dot, type Fit, inverseOf, leastSquares, type Matrix } from './least-squares.ts';
import type { Estimate } from './rates.ts';

/** Rows that it takes at least, and for each coefficient. */
const fewestRows = 20;
const rowsForEach = 6;
/** Below, Student's t of an interval is beyond all use: what days carry over is not known. */
const fewestDegrees = 2;
/** Variance inflation of a coefficient from which drivers cannot be told apart. */
const mostInflation = 10;

export function energyEffect(rows: readonly EnergyRow[]): EnergyEffect | EnergyRefusal {
  const ordered = rows.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  const before = ordered.filter(({ period }) => period === 'before');
  const after = ordered.filter(({ period }) => period === 'after');
  const drivers = energyDrivers.map((driver) => rangeOf(driver, before, after));
  const used = drivers.filter(({ leftOut }) => leftOut === null).map(({ driver }) => driver);
  const needed = Math.max(fewestRows, rowsForEach * (used.length + 1));
  const refused = (
    reason: EnergyRefusal['reason'],
    collinear: readonly EnergyDriver[] = [],
  ): EnergyRefusal => ({
    ...{ kind: 'refused', reason, needed, collinear },
    rows: { before: before.length, after: after.length },
    intensity: intensityOf(before, after),
  });
  if (after.length === 0) return refused('none-after');
  if (before.length < needed) return refused('too-few-before');
  if (used.length === 0) return refused('no-driver');
  const inflated = inflatedDrivers(before, used);
  if (inflated.length > 0) return refused('collinear', inflated);
  const design = designOf(before, used);
  const fit = leastSquares(
    design,
    before.map(({ kwh }) => kwh),
  );
  if (fit === null) return refused('collinear', used);
  const errors = serialErrors(design, fit);
  if (errors.degreesOfSum < fewestDegrees) return refused('carried-over');
  const intensity = intensityOf(before, after);
  return { ...againstBaseline(before, after, used, { design, fit, errors }), drivers, intensity };
}

const designOf = (rows: readonly EnergyRow[], drivers: readonly EnergyDriver[]): number[][] =>
  rows.map((row) => [1, ...drivers.map((driver) => row[driver] ?? Number.NaN)]);

function intensityOf(before: readonly EnergyRow[], after: readonly EnergyRow[]): Intensity | null {
  const of = (rows: readonly EnergyRow[]): number => {
    const kg = rows.reduce((sum, { goodKg }) => sum + goodKg, 0);
    return kg > 0 ? rows.reduce((sum, { kwh }) => sum + kwh, 0) / kg : Number.NaN;
  };
  const found = { before: of(before), after: of(after) };
  return Number.isNaN(found.before + found.after) ? null : found;
}

function rangeOf(
  driver: EnergyDriver,
  before: readonly EnergyRow[],
  after: readonly EnergyRow[],
): DriverRange {
  const known = (rows: readonly EnergyRow[]): number[] =>
    rows.flatMap((row) => (row[driver] === null ? [] : [row[driver]]));
  const [was, is] = [known(before), known(after)];
  const low = was.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = was.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const outside = is.filter((value) => value < low || value > high).length;
  const isMissing = was.length < before.length || is.length < after.length || was.length === 0;
  const isConstant = high - low <= 1e-9 * Math.max(1, Math.abs(high));
  const leftOut = isMissing ? 'missing' : isConstant ? 'constant' : null;
  return { driver, low, high, outside, leftOut };
}

/** Drivers that the others nearly determine: diagonal of the inverse correlation matrix. */
function inflatedDrivers(
  rows: readonly EnergyRow[],
  drivers: readonly EnergyDriver[],
): EnergyDriver[] {
  const columns = drivers.map((driver) => {
    const values = rows.map((row) => row[driver] ?? Number.NaN);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  });
  const inverse = inverseOf(columns.map((a) => columns.map((b) => dot(a, b))));
  if (inverse === null) {
    const alike = (a: readonly number[], b: readonly number[]): boolean =>
      dot(a, b) ** 2 > (1 - 1 / mostInflation) * dot(a, a) * dot(b, b);
    const paired = drivers.filter((_, at) =>
      columns.some((other, place) => place !== at && alike(columns[at] ?? [], other)),
    );
    return paired.length > 0 ? paired : [...drivers];
  }
  return drivers.filter((_, at) => {
    const column = columns[at] ?? [];
    return (inverse[at]?.[at] ?? 0) * dot(column, column) > mostInflation;
  });
}

interface Baseline {
  readonly design: Matrix;
  readonly fit: Fit;
  readonly errors: ReturnType<typeof serialErrors>;
}

function againstBaseline(
  before: readonly EnergyRow[],
  after: readonly EnergyRow[],
  used: readonly EnergyDriver[],
  { design, fit, errors }: Baseline,
): Omit<EnergyEffect, 'drivers' | 'intensity'> {
  const critical = tQuantile(0.975, errors.degrees);
  const hac = neweyWest(design, fit, lagsFor(before.length));
  const later = designOf(after, used);
  const course = after.map(({ day, kwh }, at) => ({
    ...{ day, actualKwh: kwh },
    expectedKwh: dot(later[at] ?? [], fit.coefficients),
  }));
  const sums = fit.coefficients.map((_, at) => later.reduce((sum, row) => sum + (row[at] ?? 0), 0));
  const actualKwh = course.reduce((sum, one) => sum + one.actualKwh, 0);
  const expectedKwh = course.reduce((sum, one) => sum + one.expectedKwh, 0);
  const around = (value: number, half: number): Estimate => ({
    ...{ value, low: value - half, high: value + half },
  });
  // Errors of the days after, and of the baseline: by the errors' memory or by Newey and West,
  // whichever is larger.
  const uncertain = (of: readonly number[]): number => {
    const pulls = design.map((row) => bilinear(of, fit.inverse, row));
    return Math.max(
      errors.variance * dot(pulls, correlated(pulls, errors.memory)),
      bilinear(of, hac, of),
    );
  };
  const ones = after.map(() => 1);
  const scatter = errors.variance * dot(ones, correlated(ones, errors.memory));
  const naive = fit.variance * (after.length + bilinear(sums, fit.inverse, sums));
  const half = tQuantile(0.975, errors.degreesOfSum) * Math.sqrt(scatter + uncertain(sums));
  const saved = around(expectedKwh - actualKwh, half);
  const names = ['base', ...used] as const;
  return {
    kind: 'effect',
    rows: { before: before.length, after: after.length },
    coefficients: names.map((of, at) => {
      const unit = names.map((_, place) => (place === at ? 1 : 0));
      return { of, ...around(fit.coefficients[at] ?? 0, critical * Math.sqrt(uncertain(unit))) };
    }),
    rSquared: fit.rSquared,
    cvRmse:
      (Math.sqrt(fit.variance) * before.length) / before.reduce((sum, { kwh }) => sum + kwh, 0),
    errorMemory: errors.memory,
    ...{ actualKwh, expectedKwh, saved, course },
    savedShare: around(saved.value / expectedKwh, half / Math.abs(expectedKwh)),
    naiveSaved: around(saved.value, tQuantile(0.975, fit.degrees) * Math.sqrt(naive)),
    verdict: saved.low > 0 ? 'less' : saved.high < 0 ? 'more' : 'unknown',
  };
}
