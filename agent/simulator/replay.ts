/** A real log as a machine: its rows become register values, checked before anything is served. */
import { suggest } from '../../config/nearest.ts';
import type { Profile } from '../../config/profile.ts';
import { readTable, type Table } from '../../models/table.ts';
import { Codec, type CodedSignal, emptied, type Placed, place, readBack } from './codec.ts';
import { csvInvalid, rawOfCell } from './replay-cell.ts';
import { type RowTimes, readTimes } from './replay-time.ts';
import type { ShotSource, SourceShot, Truth } from './source.ts';
import { SuppressionHint } from './suppression.ts';

export interface ReplayOptions {
  readonly profile: Profile;
  /** .csv or .csv.gz */
  readonly path: string;
  /** What it holds, where that has been read already. */
  readonly table?: Table;
  /** Signal → column, over the profile's own map. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Column(s) that say when each row was; absent: found by their usual names. */
  readonly timeColumns?: readonly string[];
  /** Longer gaps of the log are shortened to this. */
  readonly maxGapS?: number;
  /** First rows only. */
  readonly rows?: number;
}

export interface ReplayReport {
  readonly rows: number;
  readonly mapped: readonly { readonly signal: string; readonly column: string }[];
  /** Shot signals that no column feeds: their registers hold `missing`. */
  readonly unmappedSignals: readonly string[];
  readonly unusedColumns: readonly string[];
  /** Values finer than their register, and how many. */
  readonly rounded: readonly { readonly signal: string; readonly count: number }[];
  readonly timeColumns: readonly string[];
  readonly shortenedGaps: number;
}

export interface Replay {
  readonly report: ReplayReport;
  readonly source: ShotSource;
}

/** Seconds between rows of a log that has no time. */
const defaultCycleS = 40;
const defaultMaxGapS = 600;

/** Throws `csv-invalid` naming line and column for any value its register cannot hold. */
export async function loadReplay(options: ReplayOptions): Promise<Replay> {
  const { profile } = options;
  const table = options.table ?? (await readTable(options.path));
  if (table.rows.length === 0)
    throw csvInvalid(table.path, 'the file names its columns and has no rows', {
      hint: 'export it again, with the shots',
    });
  const rows = Math.min(options.rows ?? Number.POSITIVE_INFINITY, table.rows.length);
  const signals = new Codec(profile).ofPoll('shot');
  const mapped = mapColumns(table, profile, fedBy(signals, table), options.columns ?? {});
  const times = readTimes(table, rows, {
    columns: options.timeColumns ?? null,
    maxGapS: options.maxGapS ?? defaultMaxGapS,
    cycleS: defaultCycleS,
  });
  const raws = new Map<string, Float64Array>();
  const rounded: { signal: string; count: number }[] = [];
  for (const { signal, column } of mapped) {
    const { values, roundedCount } = readColumn(table, rows, column, signal, profile);
    raws.set(signal.name, values);
    if (roundedCount > 0) rounded.push({ signal: signal.name, count: roundedCount });
  }
  const used = new Set([...mapped.map(({ column }) => column), ...times.columns]);
  const report: ReplayReport = {
    rows,
    mapped: mapped.map(({ signal, column }) => ({
      signal: signal.name,
      column: table.columns[column] ?? '',
    })),
    unmappedSignals: signals.filter(({ name }) => !raws.has(name)).map(({ name }) => name),
    unusedColumns: table.columns.filter((_, i) => !used.has(i)),
    rounded,
    timeColumns: times.columns.map((i) => table.columns[i] ?? ''),
    shortenedGaps: times.shortened,
  };
  const truths = readTruths(table, rows);
  return { report, source: new ReplaySource(profile, signals, raws, rows, times, truths) };
}

/** What a column can feed: numbers that do not hang on a decimal point, which no log has. */
function fedBy(signals: readonly CodedSignal[], table: Table): CodedSignal[] {
  return signals.filter((signal) => {
    if (signal.register.type === 'text') return false;
    if (signal.spec.decimalPoint === undefined) return true;
    missingOf(signal, table.path);
    return false;
  });
}

interface Mapping {
  readonly signal: CodedSignal;
  readonly column: number;
}

function mapColumns(
  table: Table,
  profile: Profile,
  signals: readonly CodedSignal[],
  given: Readonly<Record<string, string>>,
): Mapping[] {
  for (const name of Object.keys(given)) {
    if (signals.some((signal) => signal.name === name)) continue;
    throw csvInvalid(table.path, `profile ${profile.id} has no shot signal "${name}"`, {
      hint: suggest(
        name,
        signals.map((signal) => signal.name),
        'the signals are:',
        'all under signals in the profile',
      ),
    });
  }
  const mapped: Mapping[] = [];
  for (const signal of signals) {
    const chosen = given[signal.name];
    const names = [...(profile.replay?.columns[signal.name] ?? []), signal.name];
    const column =
      chosen === undefined
        ? names.map((name) => table.find(name)).find((index) => index !== null)
        : table.column(chosen);
    if (column !== undefined && column !== null) mapped.push({ signal, column });
    else missingOf(signal, table.path);
  }
  if (mapped.length > 0) return mapped;
  throw csvInvalid(table.path, `no column belongs to a signal of ${profile.id}`, {
    hint: 'name them with --column signal=COLUMN',
  });
}

/** The raw number that says "no value". */
function missingOf(signal: CodedSignal, path: string): number {
  const [first] = signal.spec.missing;
  if (first !== undefined) return first;
  throw csvInvalid(path, `nothing feeds signal "${signal.name}", and it has no missing sentinel`, {
    hint: `name its column with --column ${signal.name}=COLUMN, or give the signal a sentinel`,
  });
}

function readColumn(
  table: Table,
  rows: number,
  column: number,
  signal: CodedSignal,
  profile: Profile,
) {
  const values = new Float64Array(rows);
  let roundedCount = 0;
  for (let row = 0; row < rows; row++) {
    const cell = rawOfCell(table.rows[row]?.[column] ?? '', signal, profile, () => ({
      path: table.path,
      line: table.line(row),
      column: table.columns[column] ?? String(column + 1),
    }));
    values[row] = cell.raw;
    if (cell.rounded) roundedCount += 1;
  }
  return { values, roundedCount };
}

/**
 * `passorfail` as KAMP's logs have it: 1 or N is a defect. Nobody asked for it: where two columns
 * have this name, no truth is known.
 */
function readTruths(table: Table, rows: number): (row: number) => Truth {
  const name = 'passorfail';
  const column = table.count(name) === 1 ? table.column(name) : null;
  const defects = new Set(['1', '1.0', 'n', 'fail']);
  const goods = new Set(['0', '0.0', 'y', 'pass']);
  return (row) => {
    const text = column === null || row >= rows ? '' : (table.rows[row]?.[column] ?? '');
    const word = text.toLowerCase();
    const defect = defects.has(word) ? true : goods.has(word) ? false : null;
    return { defect, cause: null };
  };
}

class ReplaySource implements ShotSource {
  readonly cycleS = defaultCycleS;
  readonly #signals: readonly CodedSignal[];
  readonly #slow: readonly Placed[];
  readonly #raws: ReadonlyMap<string, Float64Array>;
  readonly #rows: number;
  readonly #times: RowTimes;
  readonly #truths: (row: number) => Truth;
  readonly #hint: SuppressionHint;
  readonly #moldSignal: string | null;
  #row = 0;
  #simulatedS = 0;

  constructor(
    profile: Profile,
    signals: readonly CodedSignal[],
    raws: ReadonlyMap<string, Float64Array>,
    rows: number,
    times: RowTimes,
    truths: (row: number) => Truth,
  ) {
    this.#signals = signals;
    this.#slow = new Codec(profile).ofPoll('slow').map(emptied);
    this.#raws = raws;
    this.#rows = rows;
    this.#times = times;
    this.#truths = truths;
    this.#hint = new SuppressionHint(profile.suppress);
    this.#moldSignal = profile.cycle?.mold ?? null;
  }

  initial(): Placed[] {
    return this.#signals.map(emptied);
  }

  next(): SourceShot | null {
    const row = this.#row;
    if (row >= this.#rows) return null;
    this.#row += 1;
    const afterS = this.#times.afterS[row] ?? 0;
    this.#simulatedS += afterS;
    const block: Placed[] = [];
    const values: Record<string, number | null> = {};
    for (const signal of this.#signals) {
      const raw = this.#raws.get(signal.name)?.[row];
      const placed = raw === undefined ? emptied(signal) : place(raw, signal);
      block.push(placed);
      values[signal.name] = readBack(placed, signal);
    }
    const mold = this.#moldSignal === null ? null : (values[this.#moldSignal] ?? null);
    return {
      afterS,
      simulatedS: this.#simulatedS,
      block,
      values,
      mold: mold === null ? null : String(mold),
      truth: this.#truths(row),
      suppressed: this.#hint.check(values, afterS),
      garbage: [],
      trouble: null,
      row,
    };
  }

  slow(): readonly Placed[] {
    return this.#slow;
  }
}
