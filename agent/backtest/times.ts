/** When the rows of a history were, by its own columns. */
import { parseTime, type Table } from '../../models/table.ts';
import type { Instant } from '../records.ts';
import { type TimeOrder, timeOrder } from '../simulator/replay-time.ts';

/** Between shots of a log that has no times; the same as a replay takes. */
const untimedStepMs = 40_000;

export interface RowClock {
  /** Null: no column says when the rows were. */
  readonly order: TimeOrder | null;
  /** Epoch ms of a data row (0-based); null without times. */
  wallMs(row: number): number | null;
  /** Virtual time of it: never back, evenly spaced without times. */
  at(row: number): Instant;
}

/** Throws `csv-invalid` for a time that is none in a `given` column. */
export function rowClock(table: Table, given: readonly string[] | null): RowClock {
  const order = timeOrder(table, given);
  const wall = order === null ? null : readTimes(table, order.columns);
  const wallMs = (row: number): number | null => wall?.[row] ?? null;
  let latest = 0;
  return {
    order,
    wallMs,
    at: (row) => {
      latest = Math.max(latest, wallMs(row) ?? (row + 1) * untimedStepMs);
      return { monoMs: latest, wallMs: wallMs(row) ?? 0 };
    },
  };
}

function readTimes(table: Table, columns: readonly string[]): Float64Array {
  const indexes = columns.map((name) => table.column(name));
  return Float64Array.from(table.rows, (cells) => {
    const [date = '', time = ''] = indexes.map((index) => cells[index] ?? '');
    return parseTime(date, time) ?? Number.NaN;
  });
}

/** Days, weeks and shifts of a log are those of Korea, as its times are read. */
export const koreaMs = 9 * 3_600_000;

const two = (value: number): string => String(value).padStart(2, '0');

/** `2019-03-01` in Korea. */
export function dayText(wallMs: number): string {
  const at = new Date(wallMs + koreaMs);
  return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
}

/** `2019-03-01 08:00` in Korea. */
export function minuteText(wallMs: number): string {
  const at = new Date(wallMs + koreaMs);
  return `${dayText(wallMs)} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}
