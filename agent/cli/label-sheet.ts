/** An inspection sheet, as a shop's spreadsheet has it, as labels that the agent may take. */
import { PpuriError } from '../../config/errors.ts';
import { listed } from '../../config/nearest.ts';
import { normalizeName, parseCell, parseTime, type Zone } from '../../models/cell.ts';
import type { Table } from '../../models/table.ts';
import type { LabelPlace, LabelRequest } from '../labels/request.ts';
import type { Text } from '../records.ts';
import { nearMs, windowOf } from './label-place.ts';
import { type ResultWords, resultOf } from './label-words.ts';

export interface SheetFlags {
  /** Of a sheet that is of one machine. */
  readonly machine?: string;
  readonly machineColumn?: string;
  readonly shotColumn?: string;
  readonly timeColumn?: string;
  readonly dateColumn?: string;
  readonly resultColumn?: string;
  readonly typeColumn?: string;
  readonly partColumn?: string;
  /** The sheet's words for defects → ours; '': a defect, of no kind that we know. */
  readonly types: Readonly<Record<string, string>>;
  readonly words: ResultWords;
  readonly toleranceMs?: number;
  /** Of times that say none; absent: of this computer, as everywhere on the command line. */
  readonly zone?: Zone;
  readonly who: string;
}

export interface SheetRow {
  /** Of the file. */
  readonly line: number;
  /** Null: the row cannot be read. */
  readonly request: LabelRequest | null;
  /** Why not; null: it can. */
  readonly problem: Text | null;
}

export interface Sheet {
  readonly rows: readonly SheetRow[];
  /** Rows that say no result: nothing was inspected there. */
  readonly blank: number;
  /** What was taken from which column, for who checks. */
  readonly columns: Readonly<Record<string, string>>;
}

/** What shops call them, the likeliest first. */
const usual = {
  machine: ['설비', '호기', '설비명', '설비번호', '기계', 'machine'],
  shot: ['타수', '샷', '샷번호', '샷수', '쇼트', 'shot', 'shotNo'],
  time: ['시각', '일시', '생산일시', '생산시각', '시간', 'time', 'datetime', 'timestamp'],
  date: ['일자', '날짜', '생산일', '생산일자', '작업일', '작업일자', 'date'],
  result: ['판정', '검사결과', '판정결과', '결과', '양불', 'result', 'judgement'],
  type: ['불량유형', '불량명', '불량내용', '불량', '유형', 'defect', 'type'],
  part: ['캐비티', '캐비티번호', '부위', 'cavity', 'part'],
} as const;
type What = keyof typeof usual;

type Columns = Readonly<Record<What, number | null>>;

function sheetError(table: Table, message: string, hint: string): PpuriError {
  return new PpuriError('csv-invalid', `${table.path}: ${message}`, {
    operation: 'read an inspection sheet',
    subject: table.path,
    hint,
  });
}

function findColumns(table: Table, flags: SheetFlags): Columns {
  const find = (what: What): number | null => {
    const asked = flags[`${what}Column`];
    if (asked !== undefined) return table.column(asked);
    for (const name of usual[what]) {
      const found = table.find(name);
      if (found !== null) return found;
    }
    return null;
  };
  return {
    machine: flags.machine === undefined ? find('machine') : null,
    shot: find('shot'),
    time: find('time'),
    date: find('date'),
    result: find('result'),
    type: find('type'),
    part: find('part'),
  };
}

function requireColumns(table: Table, columns: Columns, flags: SheetFlags): void {
  const lacks = (message: string, option: string): PpuriError =>
    sheetError(table, message, `${option}; the columns are: ${listed(table.columns)}`);
  if (columns.result === null)
    throw lacks('no column holds the result', 'give --result-column NAME');
  if (columns.machine === null && flags.machine === undefined)
    throw lacks('no column holds the machine', 'give --machine-column NAME, or --machine ID');
  if (columns.shot === null && columns.time === null)
    throw lacks('no column says which shot', 'give --shot-column NAME or --time-column NAME');
}

class RowProblem extends Error {
  readonly text: Text;

  constructor(ko: string, en: string) {
    super(en);
    this.text = { ko, en };
  }
}

/** Day and month first: which is which, nobody knows of half the days. */
const yearLast = /^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b/;

function noTime(said: string): RowProblem {
  if (!yearLast.test(said))
    return new RowProblem(
      `날짜나 시각이 아닙니다: "${said}" (예: 2026-11-27 또는 2026-11-27 09:14)`,
      `"${said}" is no date and time; write 2026-11-27 or 2026-11-27 09:14`,
    );
  return new RowProblem(
    `일과 월을 구별할 수 없습니다: "${said}". 연-월-일 순서로 적으세요 (예: 2026-11-27)`,
    `"${said}" may be either day or month first; write the year first, as in 2026-11-27`,
  );
}

class SheetReader {
  readonly #table: Table;
  readonly #columns: Columns;
  readonly #flags: SheetFlags;
  readonly #types: ReadonlyMap<string, string>;

  constructor(table: Table, columns: Columns, flags: SheetFlags) {
    this.#table = table;
    this.#columns = columns;
    this.#flags = flags;
    const types = Object.entries(flags.types);
    this.#types = new Map(types.map(([name, id]) => [normalizeName(name), id]));
  }

  #cell(row: number, what: What): string {
    const column = this.#columns[what];
    return column === null ? '' : (this.#table.rows[row]?.[column] ?? '').trim();
  }

  isBlank(row: number): boolean {
    return this.#cell(row, 'result') === '';
  }

  /** Throws RowProblem. */
  request(row: number): LabelRequest {
    const said = this.#cell(row, 'result');
    const result = resultOf(said, this.#flags.words);
    if (result === null)
      throw new RowProblem(
        `양품·불량을 알 수 없습니다: "${said}" (--ok-values, --defect-values로 지정)`,
        `"${said}": neither good nor defect; see --ok-values, --defect-values`,
      );
    return {
      place: this.#place(row),
      part: this.#cell(row, 'part'),
      result,
      type: result === 'ok' ? null : this.#type(row),
      who: this.#flags.who,
      from: 'import',
      ambiguous: 'refuse',
    };
  }

  #type(row: number): string | null {
    const said = this.#cell(row, 'type');
    const type = this.#types.get(normalizeName(said)) ?? said;
    return type === '' || type === '-' ? null : type;
  }

  #place(row: number): LabelPlace {
    const machine = this.#flags.machine ?? this.#cell(row, 'machine');
    if (machine === '') throw new RowProblem('설비가 적혀 있지 않습니다', 'no machine');
    const shot = this.#shot(row);
    const time = this.#time(row);
    const { toleranceMs } = this.#flags;
    if (shot !== null)
      return {
        ...{ machine, shot },
        ...(time === null ? {} : windowOf(time.wallMs, time.isDay, toleranceMs)),
      };
    if (time === null || time.isDay)
      throw new RowProblem('타수도 시각도 없습니다', 'neither a shot nor a time');
    return { machine, wallMs: time.wallMs, toleranceMs: toleranceMs ?? nearMs };
  }

  #shot(row: number): number | null {
    const said = this.#cell(row, 'shot');
    try {
      const shot = parseCell(said.replace(/^#|(번|타|샷)$/g, ''));
      if (shot === null || Number.isSafeInteger(shot)) return shot;
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
    }
    throw new RowProblem(`타수가 아닙니다: "${said}"`, `"${said}" is no shot number`);
  }

  #time(row: number): { readonly wallMs: number; readonly isDay: boolean } | null {
    const [date, time] = [this.#cell(row, 'date'), this.#cell(row, 'time')];
    if (date === '' && time === '') return null;
    // A column of times that holds the date too needs none beside it.
    const { zone = 'local' } = this.#flags;
    const wallMs = parseTime(time, '', zone) ?? parseTime(date, time, zone);
    if (wallMs === null) throw noTime(`${date} ${time}`.trim());
    return { wallMs, isDay: !`${date} ${time}`.includes(':') };
  }
}

/** Throws `csv-invalid` for a sheet without the columns it takes; a row that is wrong is only told. */
export function readSheet(table: Table, flags: SheetFlags): Sheet {
  const columns = findColumns(table, flags);
  requireColumns(table, columns, flags);
  const reader = new SheetReader(table, columns, flags);
  const rows: SheetRow[] = [];
  let blank = 0;
  for (let row = 0; row < table.rows.length; row += 1) {
    const line = table.line(row);
    if (reader.isBlank(row)) blank += 1;
    else
      try {
        rows.push({ line, request: reader.request(row), problem: null });
      } catch (thrown) {
        if (!(thrown instanceof RowProblem)) throw thrown;
        rows.push({ line, request: null, problem: thrown.text });
      }
  }
  const named = Object.entries(columns).flatMap(([what, index]) =>
    index === null ? [] : [[what, table.columns[index] ?? '']],
  );
  return { rows, blank, columns: Object.fromEntries(named) };
}
