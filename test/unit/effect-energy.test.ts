/** What the energy baseline says of two periods, and when it refuses to say anything. */
import { describe, expect, test } from 'vitest';
import { energyEffect } from '../../agent/effect/energy-baseline.ts';
import type { EnergyEffect, EnergyRow } from '../../agent/effect/energy-result.ts';
import { plantEnergy, steadyEnergy } from '../fixtures/simulated-effect.ts';

function effectOf(rows: readonly EnergyRow[]): EnergyEffect {
  const found = energyEffect(rows);
  if (found.kind !== 'effect') throw new Error(found.reason);
  return found;
}

const { rows } = plantEnergy({ ...steadyEnergy, factor: 0.85 }, 5);

describe('a plant that saves 15 %', () => {
  const found = effectOf(rows);

  test('finds what was planted', () => {
    expect(found.verdict).toBe('less');
    expect(found.savedShare.low).toBeLessThan(0.15);
    expect(found.savedShare.high).toBeGreaterThan(0.15);
    expect(found.savedShare.high - found.savedShare.low).toBeLessThan(0.06);
    expect(found.coefficients.map(({ of }) => of)).toEqual([
      'base',
      'goodKg',
      'holdHours',
      'ambientC',
    ]);
    expect(found.rSquared).toBeGreaterThan(0.6);
    expect(found.cvRmse).toBeLessThan(0.05);
  });

  test('the course of the days adds up to what was saved', () => {
    const { course, expectedKwh, actualKwh, saved } = found;
    expect(course).toHaveLength(45);
    const sum = (of: 'actualKwh' | 'expectedKwh'): number =>
      course.reduce((whole, day) => whole + day[of], 0);
    expect(sum('expectedKwh')).toBeCloseTo(expectedKwh, 6);
    expect(sum('actualKwh')).toBeCloseTo(actualKwh, 6);
    expect(saved.value).toBeCloseTo(expectedKwh - actualKwh, 6);
  });

  test('the order of the rows does not matter', () => {
    expect(energyEffect(rows.toReversed())).toEqual(found);
  });
});

test('less made after: kWh per kg rises though nothing is wasted, and is not believed', () => {
  const less = { ...steadyEnergy, production: { before: 3200, after: 2600 } };
  const found = effectOf(plantEnergy(less, 8).rows);
  expect((found.intensity?.after ?? 0) / (found.intensity?.before ?? 1)).toBeGreaterThan(1.05);
  expect(found.verdict).toBe('unknown');
});

test('days after that the baseline never saw are counted', () => {
  const less = { ...steadyEnergy, production: { before: 3200, after: 1500 } };
  const kg = effectOf(plantEnergy(less, 8).rows).drivers.find(({ driver }) => driver === 'goodKg');
  expect(kg?.outside).toBeGreaterThan(30);
  expect(kg?.low).toBeGreaterThan(2300);
});

describe('drivers', () => {
  test('one that was never measured, or never moved, is left out and said to be', () => {
    const found = effectOf(
      rows.map((row, at) => ({ ...row, holdHours: 4, ambientC: at === 3 ? null : row.ambientC })),
    );
    expect(found.coefficients.map(({ of }) => of)).toEqual(['base', 'goodKg']);
    const leftOut = found.drivers.map(({ driver, leftOut: why }) => [driver, why]);
    expect(leftOut).toEqual([
      ['goodKg', null],
      ['holdHours', 'constant'],
      ['ambientC', 'missing'],
    ]);
  });

  test('two that move together cannot be told apart: refused, by name', () => {
    const together = rows.map((row) => ({ ...row, holdHours: 12 - row.goodKg / 400 }));
    expect(energyEffect(together)).toMatchObject({
      ...{ kind: 'refused', reason: 'collinear', collinear: ['goodKg', 'holdHours'] },
    });
    const nearly = rows.map((row, at) => ({
      ...{ ...row, holdHours: 12 - row.goodKg / 400 + (at % 3) / 10 },
    }));
    expect(energyEffect(nearly)).toMatchObject({ kind: 'refused', reason: 'collinear' });
  });

  test('none at all: refused', () => {
    const bare = rows.map((row) => ({ ...row, goodKg: 3000, holdHours: null, ambientC: null }));
    expect(energyEffect(bare)).toMatchObject({ kind: 'refused', reason: 'no-driver' });
  });
});

describe('too little', () => {
  test('says how many rows before it takes, and kWh per kg all the same', () => {
    const few = rows.filter(({ period }, at) => period === 'after' || at < 23);
    const found = energyEffect(few);
    expect(found).toMatchObject({
      ...{ kind: 'refused', reason: 'too-few-before', needed: 24 },
      rows: { before: 23, after: 45 },
    });
    expect(found.intensity?.after).toBeGreaterThan(0.5);
    expect(energyEffect(rows.filter(({ period }, at) => period === 'after' || at < 24)).kind).toBe(
      'effect',
    );
  });

  test('a few days that only follow each other tell nothing: refused, not an interval without end', () => {
    const wandering = rows.map((row, at) => ({
      ...row,
      kwh: 5000 + 60 * at,
      goodKg: 3000 + ((at * 7) % 5) * 10,
      ...{ holdHours: null, ambientC: null },
    }));
    const few = wandering.filter(({ period }, at) => period === 'after' || at < 22);
    expect(energyEffect(few)).toMatchObject({ kind: 'refused', reason: 'carried-over' });
  });

  test('nothing after, nothing at all', () => {
    const before = rows.filter(({ period }) => period === 'before');
    expect(energyEffect(before)).toMatchObject({ reason: 'none-after', intensity: null });
    expect(energyEffect([])).toMatchObject({ reason: 'none-after', intensity: null });
  });
});

test('days that resemble the day before widen the interval, other days do not', () => {
  const width = (of: { low: number; high: number }): number => of.high - of.low;
  const ratio = (memory: number): number => {
    const { saved, naiveSaved } = effectOf(plantEnergy({ ...steadyEnergy, memory }, 6).rows);
    return width(saved) / width(naiveSaved);
  };
  expect(ratio(0.7)).toBeGreaterThan(1.5);
  expect(ratio(0)).toBeLessThan(1.3);
});
