/** Golden vectors for a fresh model: rows it has seen, high and low, whole and with gaps. */
import type { Golden, ModelFeature } from '../manifest.ts';
import { type BoostedModel, predict } from './boost.ts';
import type { Dataset } from './dataset.ts';
import { randomFrom } from './random.ts';

const perKind = 8;

/** 24 vectors: likely defects, good parts, and rows with missing values where those are encoded. */
export function makeGolden(
  data: Dataset,
  boosted: BoostedModel,
  features: readonly ModelFeature[],
  seed: number,
): Golden {
  const usable = rowsWhere(data, (row) => isEncodable(data, features, row));
  const scores = predict(boosted, data.columns);
  const random = randomFrom(seed);
  const defects = usable.filter((row) => (scores[row] ?? 0) >= 0.5);
  const gaps = usable.filter((row) => data.columns.some((column) => Number.isNaN(column[row])));
  const picked = [defects, gaps].flatMap((rows) => pick(rows, perKind, random));
  const rest = pick(usable, 3 * perKind - picked.length, random);
  const rows = [...picked, ...rest].map((row) => data.columns.map((one) => one[row] ?? Number.NaN));
  return { tolerance: 1e-5, vectors: rows.map((row) => vectorOf(row, boosted)) };
}

function vectorOf(row: readonly number[], boosted: BoostedModel): Golden['vectors'][number] {
  const columns = row.map((value) => Float32Array.of(value));
  const probability = predict(boosted, columns)[0] ?? 0;
  return {
    inputs: row.map((value) => (Number.isNaN(value) ? null : shortest(value))),
    outputs: [shortest(1 - probability, 9), shortest(probability, 9)],
  };
}

function isEncodable(data: Dataset, features: readonly ModelFeature[], row: number): boolean {
  return features.every(
    ({ missing }, index) => missing !== 'refuse' || !Number.isNaN(data.columns[index]?.[row]),
  );
}

function rowsWhere(data: Dataset, keep: (row: number) => boolean): number[] {
  return Array.from(data.labels.keys()).filter(keep);
}

function pick(rows: readonly number[], count: number, random: () => number): number[] {
  const left = [...rows];
  const picked: number[] = [];
  while (picked.length < count && left.length > 0)
    picked.push(...left.splice(Math.floor(random() * left.length), 1));
  return picked;
}

/** The same float32 in as few digits as do, or `digits` significant ones for other numbers. */
export function shortest(value: number, digits?: number): number {
  if (digits !== undefined) return Number(value.toPrecision(digits));
  for (let precision = 1; precision < 9; precision += 1) {
    const short = Number(value.toPrecision(precision));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}
