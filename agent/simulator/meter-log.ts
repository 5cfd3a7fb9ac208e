/** A log of consumption per interval, played again as the counting register of a meter. */
import { parseTime, readTable, type Table } from '../../models/table.ts';
import { csvInvalid } from './replay-cell.ts';

export interface MeterLogOptions {
  /** .csv or .csv.gz */
  readonly path: string;
  /** kWh of each interval. */
  readonly column: string;
  readonly timeColumn: string;
  /** First rows only. */
  readonly rows?: number;
}

export interface MeterLogReport {
  readonly rows: number;
  /** Rows of a time that had one already; not counted twice. */
  readonly repeated: number;
  /** Rows written as 00:00 of the day that they end. */
  readonly dayEnds: number;
  /** Intervals that no row tells of. */
  readonly missing: number;
  readonly kWh: number;
  readonly intervalS: number;
}

const dayMs = 86_400_000;
/** Times without a zone are Korean. */
const koreaMs = 9 * 3_600_000;
const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(.*)$/;

/** Interval ends, seconds from the first interval's begin, and what the register shows there. */
export class MeterLog {
  readonly report: MeterLogReport;
  readonly #endsS: readonly number[];
  readonly #shownKwh: readonly number[];

  constructor(endsS: readonly number[], shownKwh: readonly number[], report: MeterLogReport) {
    this.#endsS = endsS;
    this.#shownKwh = shownKwh;
    this.report = report;
  }

  get lengthS(): number {
    return this.#endsS.at(-1) ?? 0;
  }

  /** The register, kWh: evenly within an interval; it stands still before the first and after the last. */
  kWhAt(simulatedS: number): number {
    let [low, high] = [0, this.#endsS.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#endsS[middle] ?? 0) < simulatedS) low = middle + 1;
      else high = middle;
    }
    const after = this.#shownKwh[low] ?? this.report.kWh;
    const before = low === 0 ? 0 : (this.#shownKwh[low - 1] ?? 0);
    const endS = this.#endsS[low];
    if (endS === undefined) return after;
    // What no row tells of, the register shows at once.
    const share = 1 - (endS - simulatedS) / this.report.intervalS;
    return before + (after - before) * Math.min(1, Math.max(0, share));
  }
}

/** Throws `csv-invalid` naming line and column for what is no time or no consumption. */
export async function loadMeterLog(options: MeterLogOptions): Promise<MeterLog> {
  const table = await readTable(options.path);
  const rows = Math.min(options.rows ?? Number.POSITIVE_INFINITY, table.rows.length);
  const [column, timeColumn] = [table.column(options.column), table.column(options.timeColumn)];
  if (rows < 2)
    throw csvInvalid(table.path, 'the log has too few rows', { hint: 'it takes two or more' });
  const times = writtenTimes(table, rows, timeColumn);
  const intervalMs = usualStep(times);
  const { ends, dayEnds } = endTimes(times, intervalMs);
  const [first = 0] = ends;
  const endsS: number[] = [];
  const shownKwh: number[] = [];
  let [kWh, repeated, missing, last] = [0, 0, 0, first - intervalMs];
  for (const [row, end] of ends.entries()) {
    if (end === last) {
      repeated += 1;
      continue;
    }
    if (end < last)
      throw csvInvalid(table.path, `line ${table.line(row)} is earlier than the one before it`, {
        hint: 'sort the log by time',
      });
    missing += Math.round((end - last) / intervalMs) - 1;
    kWh += consumption(table, row, column);
    endsS.push((end - first + intervalMs) / 1000);
    shownKwh.push(kWh);
    last = end;
  }
  const intervalS = intervalMs / 1000;
  const report = { rows, repeated, dayEnds, missing, kWh, intervalS };
  return new MeterLog(endsS, shownKwh, report);
}

function consumption(table: Table, row: number, column: number): number {
  const text = table.rows[row]?.[column]?.trim() ?? '';
  const value = Number(text);
  if (text !== '' && value >= 0) return value;
  const where = `line ${table.line(row)}, column ${table.columns[column]}`;
  throw csvInvalid(table.path, `${where}: "${text}" is no consumption`, {
    hint: 'write kWh of the interval, 0 or more',
  });
}

/** As they are written, epoch ms. */
function writtenTimes(table: Table, rows: number, column: number): number[] {
  const texts = Array.from({ length: rows }, (_, row) => table.rows[row]?.[column]?.trim() ?? '');
  const order = dayFirst(texts);
  return texts.map((text, row) => {
    const [, one = '', two = '', year = '', rest = ''] = slashed.exec(text) ?? [];
    const [day, month] = order === 'day-first' ? [one, two] : [two, one];
    const written = year === '' ? text : `${year}-${month}-${day}${rest}`;
    const at = parseTime(written);
    if (at !== null) return at;
    throw csvInvalid(table.path, `line ${table.line(row)}: "${text}" is no time`, {
      hint: 'write times as 2026-01-31 13:45',
    });
  });
}

/** `31/01/2018` tells which number is the day. */
function dayFirst(texts: readonly string[]): 'day-first' | 'month-first' {
  const numbers = texts.map((text) => slashed.exec(text));
  return numbers.some((match) => Number(match?.[1]) > 12) ? 'day-first' : 'month-first';
}

/** The step that most rows take. */
function usualStep(times: readonly number[]): number {
  const steps = new Map<number, number>();
  for (const [i, at] of times.entries()) {
    const step = at - (times[i - 1] ?? at);
    if (step > 0) steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  return [...steps].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 900_000;
}

/** Ends of the intervals: 00:00 after 23:45 of the same date is the end of that day. */
function endTimes(times: readonly number[], intervalMs: number) {
  let dayEnds = 0;
  let last = Number.NEGATIVE_INFINITY;
  const ends = times.map((at) => {
    const isMidnight = (at + koreaMs) % dayMs === 0;
    const isDayEnd = isMidnight && at < last && at + dayMs - last <= intervalMs;
    if (isDayEnd) dayEnds += 1;
    last = isDayEnd ? at + dayMs : at;
    return last;
  });
  return { ends, dayEnds };
}
