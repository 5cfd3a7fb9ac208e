/** CSV files as the shop floor exports them: gzip or plain, UTF-8 or CP949, comma, semicolon or tab. */
import { gunzipSync } from 'node:zlib';
import { CsvError, parse } from 'csv-parse/sync';
import { PpuriError } from '../config/errors.ts';
import { suggest } from '../config/nearest.ts';
import { normalizeName, parseCell } from './cell.ts';
import { readRegularFile } from './regular-file.ts';

export { parseCell, parseTime } from './cell.ts';

export interface TableOptions {
  /** `auto`: UTF-8 where the bytes are valid UTF-8, else CP949. */
  readonly encoding?: 'auto' | 'utf-8' | 'cp949';
  /** Absent: whichever of `,` `;` tab the header holds most of. */
  readonly delimiter?: ',' | ';' | '\t';
  /** Largest size once unpacked. */
  readonly maxBytes?: number;
}

export interface Table {
  readonly path: string;
  /** Header names, outer spaces removed. */
  readonly columns: readonly string[];
  /** Cells as text, outer spaces removed, every row as long as `columns`. */
  readonly rows: readonly (readonly string[])[];
  /** Index of a column, compared without case and spaces. Throws `csv-invalid` with the nearest name. */
  column(name: string): number;
  /** The same, or null when the file has no such column. Throws for a name that fits two. */
  find(name: string): number | null;
  /** How many columns have this name. */
  count(name: string): number;
  /** Line of the file on which row `row` (0-based) ends. */
  line(row: number): number;
  /** The number at (row, column), null when missing. Throws `csv-invalid` naming line and column. */
  number(row: number, column: number): number | null;
}

const defaultMaxBytes = 512 * 1024 * 1024 - 1024;

/** Reads a `.csv` or `.csv.gz` whole. Throws `csv-invalid` naming the line. */
export async function readTable(path: string, options: TableOptions = {}): Promise<Table> {
  const text = decode(unpack(await readBytes(path, options), path, options), path, options);
  return parseTable(text, path, options);
}

/** The same for text already in memory; `path` is only for messages. */
export function parseTable(text: string, path: string, options: TableOptions = {}): Table {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (body.trim() === '') throw invalid(path, 'the file is empty', 'line 1 must name the columns');
  const lines: number[] = [];
  const records = parseRecords(body, path, options.delimiter ?? detectDelimiter(body), lines);
  const [columns = [], ...rows] = records;
  return tableOf(path, columns, rows, lines.slice(1));
}

function parseRecords(text: string, path: string, delimiter: string, lines: number[]): string[][] {
  try {
    return parse(text, {
      delimiter,
      trim: true,
      skip_empty_lines: true,
      on_record: (record: string[], context) => {
        lines.push(context.lines);
        return record;
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    throw invalid(path, csvMessage(thrown, text), csvHint(thrown.code), thrown);
  }
}

/** A quote that nobody closed is noticed only where a later one does not fit, or at the end. */
function csvMessage({ code, message }: CsvError, text: string): string {
  if (!code.includes('QUOTE')) return message;
  const odd = text.split(/\r\n|\r|\n/).findIndex((line) => line.split('"').length % 2 === 0);
  return odd < 0 ? message : `a quote in line ${odd + 1} has no partner`;
}

function csvHint(code: string): string {
  if (code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH')
    return 'every row needs as many cells as the header; look for a stray separator or a cut line';
  if (code.includes('QUOTE')) return 'close the quote, and double quotes inside a quoted cell';
  return 'export the file again as CSV (UTF-8)';
}

function tableOf(path: string, columns: string[], rows: string[][], lines: number[]): Table {
  const byName = new Map<string, number[]>();
  for (const [index, name] of columns.entries()) {
    const key = normalizeName(name);
    byName.set(key, [...(byName.get(key) ?? []), index]);
  }
  const find = (name: string): number | null => {
    const hits = byName.get(normalizeName(name)) ?? [];
    if (hits.length > 1) throw ambiguous(path, name, hits, columns);
    return hits[0] ?? null;
  };
  const column = (name: string): number => {
    const index = find(name);
    if (index === null) throw unknownColumn(path, name, columns);
    return index;
  };
  const count = (name: string): number => byName.get(normalizeName(name))?.length ?? 0;
  const line = (row: number): number => lines[row] ?? row + 2;
  const number = (row: number, index: number): number | null => {
    try {
      return parseCell(rows[row]?.[index] ?? '');
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      const where = `line ${line(row)}, column ${columns[index] ?? index + 1}`;
      throw invalid(path, `${where}: ${thrown.message}`, thrown.hint, thrown);
    }
  };
  return { path, columns, rows, column, find, count, line, number };
}

function unknownColumn(path: string, name: string, columns: readonly string[]): PpuriError {
  const hint = suggest(name, columns, 'the columns are:', 'all in the first line of the file');
  return invalid(path, `there is no column "${name}"`, hint);
}

function ambiguous(
  path: string,
  name: string,
  hits: readonly number[],
  columns: readonly string[],
): PpuriError {
  const found = hits.map((index) => `"${columns[index]}" (column ${index + 1})`).join(' and ');
  return invalid(path, `"${name}" could be ${found}`, 'rename one of the two columns');
}

const splitHint = 'split the file, for example by month';

function readBytes(path: string, options: TableOptions): Promise<Buffer> {
  return readRegularFile(path, {
    maxBytes: options.maxBytes ?? defaultMaxBytes,
    tooLargeHint: splitHint,
    refuse: (why, hint, cause) => invalid(path, `cannot read the file: ${why}`, hint, cause),
  });
}

function unpack(bytes: Buffer, path: string, options: TableOptions): Buffer {
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!zipped && path.toLowerCase().endsWith('.gz'))
    throw invalid(path, 'the name says gzip, the content is not', 'rename it to .csv');
  if (!zipped) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(path, maxBytes);
    const message = cause instanceof Error ? cause.message : String(cause);
    throw invalid(path, `the gzip is damaged: ${message}`, 'copy the file again', cause);
  }
}

function tooLarge(path: string, maxBytes: number): PpuriError {
  const limit = Math.round(maxBytes / 1048576);
  return invalid(path, `unpacked, the file is larger than ${limit} MiB`, splitHint);
}

/** WHATWG `euc-kr` is CP949. */
function decode(bytes: Buffer, path: string, options: TableOptions): string {
  const encodings = { auto: ['utf-8', 'euc-kr'], 'utf-8': ['utf-8'], cp949: ['euc-kr'] };
  for (const encoding of encodings[options.encoding ?? 'auto']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) throw thrown;
    }
  }
  throw invalid(path, 'the text is neither UTF-8 nor CP949', 'save it as CSV UTF-8');
}

/** The separator the header line holds most of, quoted parts left out. */
function detectDelimiter(text: string): string {
  const header = (/^.*$/m.exec(text.trimStart())?.[0] ?? '').replace(/"[^"]*"/g, '');
  let best = ',';
  let most = 0;
  for (const candidate of [',', ';', '\t']) {
    const count = header.split(candidate).length - 1;
    if (count > most) {
      most = count;
      best = candidate;
    }
  }
  return best;
}

function invalid(path: string, message: string, hint: string, cause?: unknown): PpuriError {
  return new PpuriError('csv-invalid', `${path}: ${message}`, {
    operation: 'read a CSV file',
    subject: path,
    hint,
    cause,
  });
}
