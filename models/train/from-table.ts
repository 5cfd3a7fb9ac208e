/** A CSV's columns as rows to train on. */
import { PpuriError } from '../../config/errors.ts';
import { listed } from '../../config/nearest.ts';
import { normalizeName, parseCell } from '../cell.ts';
import { parseTime, type Table } from '../table.ts';
import { goodAndDefect, type TrainingClass, type TrainingSet } from './training-set.ts';

export interface TableColumns {
  readonly label: string;
  /** Label values that mean a defect; needed where the labels are not the usual words. */
  readonly positive?: readonly string[];
  /** `two`: only good and defect are told apart, however many label values there are. */
  readonly classes: 'two' | 'as-labelled';
  /** One column, or a date and a time. */
  readonly time?: readonly string[];
  /** Rows of one value here are never both learned from and measured on. */
  readonly group?: string;
  /** Only these; absent: every column of numbers. */
  readonly features?: readonly string[];
  readonly dropColumns: readonly string[];
  /** Rows with this value in that column are left out. */
  readonly dropRows: Readonly<Record<string, string>>;
}

export interface FromTable {
  readonly data: TrainingSet;
  /** Columns that hold text, and so are no features. */
  readonly texts: readonly string[];
}

/** Throws `csv-invalid` naming line and column. Rows without a label are left out and counted. */
export function trainingFromTable(table: Table, wanted: TableColumns): FromTable {
  const rows = chooseRows(table, wanted);
  const label = table.column(wanted.label);
  const { classes, classOf } = readClasses(table, rows.kept, label, wanted);
  const { features, texts } = featureColumns(table, rows.kept, wanted);
  const { kept } = rows;
  const times = readTimes(table, kept, wanted.time);
  const data: TrainingSet = {
    features: features.map(({ name }) => ({ name, from: name, unit: '' })),
    columns: features.map(({ column }) =>
      Float32Array.from(kept, (row) => table.number(row, column) ?? Number.NaN),
    ),
    labels: Uint8Array.from(kept, classOf),
    classCount: classes.length,
    classes,
    times,
    groups: wanted.group === undefined ? null : readGroups(table, kept, wanted.group),
    left: rows.left,
    molds: null,
  };
  return { data, texts };
}

function chooseRows(table: Table, { label, dropRows }: TableColumns) {
  const drops = Object.entries(dropRows).map(([name, value]) => ({
    column: table.column(name),
    value,
    reason: `${name}=${value}`,
  }));
  const column = table.column(label);
  const left: Record<string, number> = {};
  const kept: number[] = [];
  for (const [row, cells] of table.rows.entries()) {
    const dropped = drops.find((one) => cells[one.column] === one.value)?.reason;
    const reason = dropped ?? (isEmpty(cells[column] ?? '') ? 'no label' : null);
    if (reason === null) kept.push(row);
    else left[reason] = (left[reason] ?? 0) + 1;
  }
  return { kept, left };
}

const empties = new Set(['', 'nan', 'null', 'none', 'na', 'n/a', '#n/a', '-']);
const isEmpty = (text: string): boolean => empties.has(text.trim().toLowerCase());

const defectWords = new Set(['1', 'true', 'ng', 'n', 'fail', 'defect', '불량', '불합격']);
const goodWords = new Set(['0', 'false', 'ok', 'y', 'pass', 'good', '양품', '합격']);

/** `1.0` and `1` are one label. */
function canonical(text: string): string {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return trimmed !== '' && Number.isFinite(value) ? String(value) : trimmed;
}

const mostClasses = 12;

function readClasses(
  table: Table,
  kept: readonly number[],
  column: number,
  { label, positive, classes }: TableColumns,
) {
  const labelAt = (row: number) => canonical(table.rows[row]?.[column] ?? '');
  const values = [...new Set(kept.map(labelAt))].sort();
  const wrong = (message: string, hint: string) =>
    new PpuriError('csv-invalid', `column ${label}: ${message}`, {
      operation: 'read labels',
      subject: table.path,
      hint,
    });
  if (values.length > mostClasses)
    throw wrong(
      `${values.length} different values are no labels`,
      'name the column of the inspection result with --label',
    );
  const isDefect = defectTest(values, positive, wrong);
  // Without values named, all of them are usual words for good or defect.
  if (classes === 'two' || positive === undefined || values.length <= 2)
    return {
      classes: goodAndDefect,
      classOf: (row: number) => (isDefect(labelAt(row)) ? 1 : 0),
    };
  const many = values.map((value): TrainingClass => {
    const number = Number(value);
    const isNumber = value !== '' && Number.isFinite(number);
    const title = { ko: value, en: value };
    return { value: isNumber ? number : value, title, isDefect: isDefect(value) };
  });
  return { classes: many, classOf: (row: number) => values.indexOf(labelAt(row)) };
}

function defectTest(
  values: readonly string[],
  positive: readonly string[] | undefined,
  wrong: (message: string, hint: string) => PpuriError,
): (value: string) => boolean {
  if (positive !== undefined) {
    const asked = new Set(positive.map(canonical));
    const absent = [...asked].filter((value) => !values.includes(value));
    if (absent.length > 0)
      throw wrong(`no row has "${absent.join(', ')}"`, `its values are: ${listed(values)}`);
    return (value) => asked.has(value);
  }
  const strange = values.filter((value) => {
    const word = value.toLowerCase();
    return !defectWords.has(word) && !goodWords.has(word);
  });
  if (strange.length > 0)
    throw wrong(
      `"${strange[0]}" is neither good nor defect`,
      `say which values mean a defect: --positive VALUE,VALUE; its values are: ${listed(values)}`,
    );
  return (value) => defectWords.has(value.toLowerCase());
}

interface FeatureColumn {
  readonly name: string;
  readonly column: number;
}

/** Share of the cells that must be numbers for a column to be one of numbers. */
const mostlyNumbers = 0.5;

function featureColumns(
  table: Table,
  kept: readonly number[],
  { features, dropColumns, label, time, group, dropRows }: TableColumns,
): { readonly features: readonly FeatureColumn[]; readonly texts: readonly string[] } {
  if (features !== undefined)
    return { features: features.map((name) => ({ name, column: table.column(name) })), texts: [] };
  for (const name of dropColumns) table.column(name);
  const taken = [label, ...(time ?? []), ...(group === undefined ? [] : [group]), ...dropColumns];
  const out = new Set([...taken, ...Object.keys(dropRows)].map(normalizeName));
  const found: FeatureColumn[] = [];
  const texts: string[] = [];
  for (const [column, name] of table.columns.entries()) {
    if (name === '' || out.has(normalizeName(name))) continue;
    if (isNumeric(table, kept, column)) found.push({ name, column });
    else texts.push(name);
  }
  return { features: found, texts };
}

/** A column without any value counts as one of numbers: it is warned of as empty. */
function isNumeric(table: Table, kept: readonly number[], column: number): boolean {
  let [numbers, filled] = [0, 0];
  for (const row of kept) {
    const text = table.rows[row]?.[column] ?? '';
    if (isEmpty(text)) continue;
    filled += 1;
    if (isNumber(text)) numbers += 1;
  }
  return numbers >= filled * mostlyNumbers;
}

function isNumber(text: string): boolean {
  try {
    return parseCell(text) !== null;
  } catch (thrown) {
    if (thrown instanceof PpuriError) return false;
    throw thrown;
  }
}

function readTimes(
  table: Table,
  kept: readonly number[],
  names: readonly string[] | undefined,
): Float64Array | null {
  if (names === undefined) return null;
  const [date = -1, clock = -1] = names.map((name) => table.column(name));
  return Float64Array.from(kept, (row) => {
    const cells = table.rows[row] ?? [];
    const time = parseTime(cells[date] ?? '', clock < 0 ? '' : (cells[clock] ?? ''));
    if (time !== null) return time;
    const where = `${table.path}: line ${table.line(row)}, column ${names.join(',')}`;
    throw new PpuriError('csv-invalid', `${where}: "${cells[date] ?? ''}" is no time`, {
      operation: 'read training data',
      subject: table.path,
      hint: 'write times as 2026-03-01T08:30:00, or name a date and a time: --time DATE,TIME',
    });
  });
}

function readGroups(table: Table, kept: readonly number[], name: string): Int32Array {
  const column = table.column(name);
  const numbers = new Map<string, number>();
  return Int32Array.from(kept, (row) => {
    const value = table.rows[row]?.[column] ?? '';
    const known = numbers.get(value);
    if (known !== undefined) return known;
    // Rows that name no group are each alone.
    if (value !== '') numbers.set(value, row);
    return row;
  });
}
