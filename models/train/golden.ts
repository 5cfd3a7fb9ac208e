/** Golden vectors for a fresh model: rows it has seen, high and low, whole and with gaps. */
import type { Golden, ModelFeature } from '../manifest.ts';
import { randomFrom } from './random.ts';

const perKind = 8;

/** A fresh model, as far as its golden vectors need it. */
export interface Oracle {
  /** What the model's output holds: one array a column, rows as in `columns`. */
  readonly outputs: (columns: Columns) => readonly Float64Array[];
  /** Whether an output row calls a defect. */
  readonly isDefect: (output: readonly number[]) => boolean;
}

type Columns = readonly Float32Array[];

/** 24 vectors: likely defects, good parts, and rows with missing values where those are encoded. */
export function makeGolden(
  columns: Columns,
  oracle: Oracle,
  features: readonly ModelFeature[],
  seed: number,
): Golden {
  const usable = Array.from(columns[0]?.keys() ?? []).filter((row) =>
    isEncodable(columns, features, row),
  );
  const outputs = oracle.outputs(columns);
  const random = randomFrom(seed);
  const defects = usable.filter((row) => oracle.isDefect(outputs.map((one) => one[row] ?? 0)));
  const gaps = usable.filter((row) => columns.some((column) => Number.isNaN(column[row])));
  const picked = [defects, gaps].flatMap((rows) => pick(rows, perKind, random));
  const rest = pick(usable, 3 * perKind - picked.length, random);
  const rows = [...picked, ...rest].map((row) => columns.map((one) => one[row] ?? Number.NaN));
  return { tolerance: 1e-5, vectors: rows.map((row) => vectorOf(row, oracle)) };
}

function vectorOf(row: readonly number[], oracle: Oracle): Golden['vectors'][number] {
  const outputs = oracle.outputs(row.map((value) => Float32Array.of(value)));
  return {
    inputs: row.map((value) => (Number.isNaN(value) ? null : shortest(value))),
    outputs: outputs.map((one) => shortest(one[0] ?? 0, 9)),
  };
}

function isEncodable(columns: Columns, features: readonly ModelFeature[], row: number): boolean {
  return features.every(
    ({ missing }, index) => missing !== 'refuse' || !Number.isNaN(columns[index]?.[row]),
  );
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
