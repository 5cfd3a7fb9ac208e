import { expect, test } from 'vitest';
import type { Normal } from '../../agent/alerts/baseline.ts';
import { explain, type WhyFacts } from '../../agent/alerts/why.ts';

type Values = WhyFacts['values'];

const normal: Normal = { low: -1, median: 0, high: 1, sigma: 0.6 };
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const noHurry = (): boolean => false;

function facts(values: Values, more: Partial<WhyFacts> = {}): WhyFacts {
  const features = Object.keys(values);
  return { features, values, normalOf: () => normal, scale: 'probability', ...more };
}

/** A model of numbers; what it was asked is kept. */
function modelOf(logOdds: (values: Record<string, number>) => number) {
  const asked: Values[] = [];
  return {
    asked,
    ask: async (values: Values): Promise<number> => {
      asked.push(values);
      const plain = Object.entries(values).map(([name, value]) => [name, value ?? Number.NaN]);
      return sigmoid(logOdds(Object.fromEntries(plain)));
    },
  };
}

const off = (value: number | undefined): boolean => Math.abs(value ?? 0) > 2;
const namesOf = (drivers: Awaited<ReturnType<typeof explain>>): string[] | undefined =>
  drivers?.map(({ feature }) => feature);

test('two features that each suffice for the answer are both named, with equal shares', async () => {
  // Taking either one alone back to normal changes nothing, which is all that plain occlusion sees.
  const model = modelOf(({ biscuit, pressure }) => (off(biscuit) || off(pressure) ? 4 : -4));
  const drivers = await explain(
    facts({ biscuit: -5, pressure: -5, melt: 0.2 }),
    model.ask,
    noHurry,
  );
  expect(namesOf(drivers)?.sort()).toEqual(['biscuit', 'pressure']);
  for (const { share } of drivers ?? []) expect(share).toBeCloseTo(0.5, 6);
});

test('two features that only together make a defect share it', async () => {
  const model = modelOf(({ biscuit, pressure }) => (off(biscuit) && off(pressure) ? 4 : -4));
  const drivers = await explain(facts({ biscuit: -5, pressure: -5 }), model.ask, noHurry);
  expect(drivers?.map(({ share }) => share)).toEqual([
    expect.closeTo(0.5, 6),
    expect.closeTo(0.5, 6),
  ]);
});

test('a value that is farther off but that the model does not use is not named', async () => {
  const model = modelOf(({ biscuit = 0 }) => -4 - 2 * biscuit);
  const drivers = await explain(facts({ oil: 9, biscuit: -4 }), model.ask, noHurry);
  expect(drivers).toEqual([
    { feature: 'biscuit', value: -4, normalLow: -1, normalHigh: 1, share: 1 },
  ]);
});

test('a value inside its own band is not named, and its part is missing from the shares', async () => {
  const model = modelOf(({ biscuit = 0, melt = 0 }) => -4 - biscuit + 4 * melt);
  const drivers = await explain(facts({ biscuit: -4, melt: 0.9 }), model.ask, noHurry);
  expect(namesOf(drivers)).toEqual(['biscuit']);
  expect(drivers?.[0]?.share).toBeCloseTo(4 / (4 + 3.6), 3);
});

test('what pulled towards a good part is no driver', async () => {
  const model = modelOf(({ biscuit = 0, melt = 0 }) => -3 - 2 * biscuit - melt);
  expect(namesOf(await explain(facts({ biscuit: -4, melt: 2 }), model.ask, noHurry))).toEqual([
    'biscuit',
  ]);
});

test('a missing value stays missing in every row and is not named', async () => {
  const model = modelOf(({ biscuit = 0 }) => -4 - 2 * biscuit);
  const drivers = await explain(facts({ vacuum: null, biscuit: -4 }), model.ask, noHurry);
  expect(namesOf(drivers)).toEqual(['biscuit']);
  expect(new Set(model.asked.map(({ vacuum }) => vacuum))).toEqual(new Set([null]));
});

test('a feature without a normal stays as it was', async () => {
  const model = modelOf(({ biscuit = 0, spare = 0 }) => -4 - 2 * biscuit + spare);
  const normalOf = (feature: string): Normal | null => (feature === 'spare' ? null : normal);
  const drivers = await explain(facts({ biscuit: -4, spare: 3 }, { normalOf }), model.ask, noHurry);
  expect(namesOf(drivers)).toEqual(['biscuit']);
  expect(new Set(model.asked.map(({ spare }) => spare))).toEqual(new Set([3]));
});

test('a feature that the model reads twice is one driver', async () => {
  const model = modelOf(({ biscuit = 0 }) => -4 - 2 * biscuit);
  const features = ['biscuit', 'melt', 'biscuit'];
  const drivers = await explain(facts({ biscuit: -4, melt: 0 }, { features }), model.ask, noHurry);
  expect(namesOf(drivers)).toEqual(['biscuit']);
});

test('nothing off its normal is no reason, and the model is not asked', async () => {
  const model = modelOf(() => 4);
  expect(await explain(facts({ biscuit: 0.5 }), model.ask, noHurry)).toEqual([]);
  expect(model.asked).toEqual([]);
});

test('probabilities of exactly 0 and 1 are no infinite odds', async () => {
  const ask = async ({ biscuit, melt }: Values): Promise<number> =>
    off(biscuit ?? 0) || off(melt ?? 0) ? 1 : 0;
  const drivers = await explain(facts({ biscuit: -5, melt: 5 }), ask, noHurry);
  expect(drivers?.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
});

test('a score is taken as it stands, beyond 0 and 1 too', async () => {
  const ask = async ({ biscuit, melt }: Values): Promise<number> =>
    100 - 30 * (biscuit ?? 0) + 10 * (melt ?? 0);
  const drivers = await explain(facts({ biscuit: -2, melt: 2 }, { scale: 'score' }), ask, noHurry);
  expect(drivers?.map(({ share }) => share)).toEqual([
    expect.closeTo(0.75, 6),
    expect.closeTo(0.25, 6),
  ]);
});

test('with many values off the strongest are found, in a bounded number of rows', async () => {
  const names = Array.from({ length: 22 }, (_, i) => `f${i}`);
  const values = Object.fromEntries(names.map((name, i) => [name, 3 + i / 10]));
  const model = modelOf(({ f15 = 0, f20 = 0 }) => -6 + f20 + 2 * f15);
  const drivers = await explain(facts(values), model.ask, noHurry);
  expect(namesOf(drivers)).toEqual(['f15', 'f20']);
  expect(model.asked.length).toBeLessThanOrEqual(2 * 16 + 128);
});

test('shares add up to 1 at most, and at most five are named', async () => {
  const names = Array.from({ length: 9 }, (_, i) => `f${i}`);
  const values = Object.fromEntries(names.map((name) => [name, 4]));
  const model = modelOf((row) => -8 + names.reduce((sum, name) => sum + (row[name] ?? 0) / 3, 0));
  const drivers = (await explain(facts(values), model.ask, noHurry)) ?? [];
  expect(drivers).toHaveLength(5);
  expect(drivers.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(1);
});

test('when the time is up the coarser answer is given, and none when even that is not there', async () => {
  const model = modelOf(({ biscuit, pressure }) => (off(biscuit) || off(pressure) ? 4 : -4));
  const asked = facts({ biscuit: -5, pressure: -5, melt: -3 });
  const after = (rows: number) => () => model.asked.length >= rows;
  const coarse = await explain(asked, model.ask, after(10));
  expect(namesOf(coarse)?.sort()).toEqual(['biscuit', 'pressure']);
  expect(model.asked).toHaveLength(10);
  expect(await explain(asked, model.ask, () => true)).toBeNull();
});

test('a model that stops answering midway has no drivers', async () => {
  for (const rows of [0, 3, 11]) {
    let left = rows;
    const ask = async (): Promise<number | null> => (left-- > 0 ? 0.5 : null);
    expect(await explain(facts({ a: 3, b: 3, c: 3 }), ask, noHurry)).toBeNull();
  }
});
