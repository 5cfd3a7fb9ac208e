/** When the rows of a log happened, as waits between them. */
import { parseTime, type Table } from '../../models/table.ts';
import { csvInvalid } from './replay-cell.ts';

export interface RowTimes {
  /** Seconds each row waits after the one before; 0 for the first. */
  readonly afterS: Float64Array;
  /** Columns the times came from; empty: none, the rows are evenly spaced. */
  readonly columns: readonly number[];
  /** Gaps longer than allowed, and so made shorter. */
  readonly shortened: number;
}

const usualNames = [
  ['date', 'time'],
  ['registration_time'],
  ['timestamp'],
  ['datetime'],
  ['time'],
] as const;

/** For one row or more. Throws `csv-invalid` naming the line for a time that is none. */
export function readTimes(
  table: Table,
  rows: number,
  options: {
    readonly columns: readonly string[] | null;
    readonly maxGapS: number;
    readonly cycleS: number;
  },
): RowTimes {
  const columns = timeColumns(table, options.columns);
  const afterS = new Float64Array(rows);
  if (columns.length === 0) {
    afterS.fill(options.cycleS, 1);
    return { afterS, columns, shortened: 0 };
  }
  let shortened = 0;
  let before = timeOf(table, 0, columns);
  for (let row = 1; row < rows; row++) {
    const at = timeOf(table, row, columns);
    // Rows out of order follow at once.
    const gapS = Math.max(0, at - before) / 1000;
    if (gapS > options.maxGapS) shortened += 1;
    afterS[row] = Math.min(gapS, options.maxGapS);
    before = at;
  }
  return { afterS, columns, shortened };
}

export interface TimeOrder {
  /** Names of the columns that say when each row was. */
  readonly columns: readonly string[];
  /** Rows that are earlier than the row before them. */
  readonly backwards: number;
  /** Line of the first such row; null when there is none. */
  readonly firstLine: number | null;
}

/**
 * Whether the rows follow in time; null when nothing says when they were. Only `given` columns must
 * hold times: one that merely has a usual name may be something else. Throws `csv-invalid`.
 */
export function timeOrder(table: Table, given: readonly string[] | null): TimeOrder | null {
  const columns = timeColumns(table, given);
  if (columns.length === 0) return null;
  let backwards = 0;
  let firstLine: number | null = null;
  let before = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < table.rows.length; row++) {
    const cells = columns.map((column) => table.rows[row]?.[column] ?? '');
    const known = parseTime(cells[0] ?? '', cells[1] ?? '');
    if (known === null && given === null) return null;
    const at = known ?? timeOf(table, row, columns);
    if (at < before) {
      backwards += 1;
      firstLine ??= table.line(row);
    }
    before = at;
  }
  return { columns: columns.map((i) => table.columns[i] ?? ''), backwards, firstLine };
}

function timeColumns(table: Table, given: readonly string[] | null): readonly number[] {
  if (given !== null) return given.map((name) => table.column(name));
  for (const names of usualNames) {
    if (names.every((name) => table.count(name) > 0))
      return names.map((name) => table.column(name));
  }
  return [];
}

function timeOf(table: Table, row: number, columns: readonly number[]): number {
  const cells = columns.map((column) => table.rows[row]?.[column] ?? '');
  const at = parseTime(cells[0] ?? '', cells[1] ?? '');
  if (at !== null) return at;
  const names = columns.map((column) => table.columns[column]).join(' + ');
  const message = `line ${table.line(row)}, column ${names}: "${cells.join(' ')}" is no time`;
  throw csvInvalid(table.path, message, { hint: 'write times as 2026-01-31 13:45:00' });
}
