/** Rows to learn from or to measure on: feature columns, labels and times, in chronological order. */
import { createHash } from 'node:crypto';
import { PpuriError } from '../../config/errors.ts';
import { parseTime, type Table } from '../table.ts';
import type { Rows } from './boost.ts';
import { randomFrom } from './random.ts';

export interface Dataset extends Rows {
  readonly features: readonly string[];
  /** Epoch ms; the row's number where the file has no time. */
  readonly times: Float64Array;
  /** Rows of the file left out, by reason. */
  readonly left: Readonly<Record<string, number>>;
}

export interface DatasetColumns {
  /** Feature → column of the file. */
  readonly features: Readonly<Record<string, string>>;
  /** 1 defect, 0 good, empty not inspected. */
  readonly label: string;
  readonly time?: string;
  /** Rows with anything in this column are left out, by that reason. */
  readonly suppressed?: string;
}

/** Throws `csv-invalid` naming line and column. Rows without a label are left out and counted. */
export function datasetFromTable(table: Table, columns: DatasetColumns): Dataset {
  const label = table.column(columns.label);
  const time = columns.time === undefined ? null : table.column(columns.time);
  const suppressed = columns.suppressed === undefined ? null : table.column(columns.suppressed);
  const left: Record<string, number> = {};
  const kept: { row: number; label: number; time: number }[] = [];
  for (let row = 0; row < table.rows.length; row += 1) {
    const reason = suppressed === null ? '' : (table.rows[row]?.[suppressed] ?? '');
    const value = reason === '' ? readLabel(table, row, label) : null;
    if (value === null) {
      const why = reason === '' ? 'no label' : reason;
      left[why] = (left[why] ?? 0) + 1;
    } else kept.push({ row, label: value, time: readTime(table, row, time) });
  }
  kept.sort((a, b) => a.time - b.time || a.row - b.row);
  const features = Object.keys(columns.features);
  return {
    features,
    columns: features.map((name) => {
      const column = table.column(columns.features[name] ?? name);
      return Float32Array.from(kept, ({ row }) => table.number(row, column) ?? Number.NaN);
    }),
    labels: Uint8Array.from(kept, (one) => one.label),
    times: Float64Array.from(kept, (one) => one.time),
    left,
  };
}

function readLabel(table: Table, row: number, column: number): number | null {
  const value = table.number(row, column);
  if (value === null || value === 0 || value === 1) return value;
  throw atCell(table, row, column, 'is no label', 'a label is 1 (defect), 0 (good) or empty');
}

function readTime(table: Table, row: number, column: number | null): number {
  if (column === null) return row;
  const time = parseTime(table.rows[row]?.[column] ?? '');
  if (time !== null) return time;
  throw atCell(table, row, column, 'is no time', 'write times as 2026-03-01T08:30:00');
}

function atCell(table: Table, row: number, column: number, what: string, hint: string) {
  const cell = table.rows[row]?.[column] ?? '';
  const where = `${table.path}: line ${table.line(row)}, column ${table.columns[column]}`;
  return new PpuriError('csv-invalid', `${where}: "${cell}" ${what}`, {
    operation: 'read training data',
    subject: table.path,
    hint,
  });
}

/** Rows from `from` up to, not including, `to`. */
export function slice(data: Dataset, from: number, to: number): Dataset {
  return {
    ...data,
    columns: data.columns.map((column) => column.slice(from, to)),
    labels: data.labels.slice(from, to),
    times: data.times.slice(from, to),
  };
}

/**
 * The same rows with a `share` of the cells of `features` made missing, so that a model learns to
 * do without one sensor where others tell the same.
 */
export function blank(
  data: Dataset,
  features: ReadonlySet<string>,
  share: number,
  seed: number,
): Dataset {
  const random = randomFrom(seed);
  const columns = data.columns.map((column, index) =>
    features.has(data.features[index] ?? '')
      ? column.map((value) => (random() < share ? Number.NaN : value))
      : column,
  );
  return { ...data, columns };
}

/** sha256 over names, values and labels: says whether two models saw the same data. */
export function fingerprint(data: Dataset): string {
  const hash = createHash('sha256').update(JSON.stringify(data.features));
  for (const column of data.columns) hash.update(new Uint8Array(column.buffer.slice(0)));
  return hash.update(data.labels).digest('hex');
}
