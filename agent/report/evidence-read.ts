/** Evidence out of its CSV, for whoever checks a report again. */
import { PpuriError } from '../../config/errors.ts';
import { parseCell, type Table } from '../../models/table.ts';
import type { Period } from '../effect/counts.ts';
import type { EffectPlan } from '../effect/defect-effect.ts';
import type { EnergyRow } from '../effect/energy-result.ts';
import type { Evidence, EvidenceRow, ModelUse, Settings } from './evidence.ts';
import { type ColumnName, columns, format } from './evidence-csv.ts';
import { isDay } from './periods.ts';

/** Cells of one line by name. Each throws `csv-invalid` for what does not fit. */
class Line {
  readonly #table: Table;
  readonly #row: number;
  readonly #places: ReadonlyMap<string, number>;

  constructor(table: Table, row: number, places: ReadonlyMap<string, number>) {
    this.#table = table;
    this.#row = row;
    this.#places = places;
  }

  text(name: ColumnName): string | null {
    const cell = this.#table.rows[this.#row]?.[this.#places.get(name) ?? -1] ?? '';
    if (cell === '') return null;
    return /^'+[=+@-]/.test(cell) ? cell.slice(1) : cell;
  }

  required(name: ColumnName): string {
    return this.text(name) ?? this.refuse(name, 'is empty');
  }

  number(name: ColumnName): number | null {
    const text = this.text(name);
    if (text === null) return null;
    return parseCell(text) ?? this.refuse(name, `is no number: "${text}"`);
  }

  amount(name: ColumnName): number {
    return this.number(name) ?? this.refuse(name, 'is empty');
  }

  count(name: ColumnName): number {
    const value = this.number(name) ?? 0;
    return Number.isSafeInteger(value) && value >= 0
      ? value
      : this.refuse(name, 'is no whole number from 0');
  }

  choice<T extends string>(name: ColumnName, choices: readonly T[]): T {
    const text = this.text(name);
    const found = choices.find((one) => one === text);
    return found ?? this.refuse(name, `is "${text ?? ''}", not one of ${choices.join(', ')}`);
  }

  day(name: ColumnName): string {
    const text = this.required(name);
    return isDay(text) ? text : this.refuse(name, `is no day: "${text}"`);
  }

  refuse(name: string, problem: string): never {
    throw refused(this.#table, `line ${this.#table.line(this.#row)}: ${name} ${problem}`);
  }
}

const refused = (table: Table, message: string): PpuriError =>
  new PpuriError('csv-invalid', message, {
    operation: 'read the evidence of an effect report',
    subject: table.path,
    hint: 'give the file that `ppuri report effect --csv FILE` wrote, as it is',
  });

const periods = ['before', 'after'] as const satisfies readonly Period[];

/** Throws `csv-invalid` naming the line. */
export function readEvidence(table: Table): Evidence {
  const places = new Map(columns.map((name) => [name, table.column(name)]));
  const settings = new Map<string, string>();
  const shots: EvidenceRow[] = [];
  const energy: EnergyRow[] = [];
  const models: ModelUse[] = [];
  for (const row of table.rows.keys()) {
    const line = new Line(table, row, places);
    const kind = line.choice('kind', ['setting', 'shots', 'energy', 'model']);
    if (kind === 'setting') settings.set(line.required('name'), line.text('value') ?? '');
    else if (kind === 'shots') shots.push(shotsOf(line));
    else if (kind === 'energy') energy.push(energyOf(line));
    else models.push(modelOf(line));
  }
  return { ...settingsOf(table, settings), shots, energy, models };
}

function shotsOf(line: Line): EvidenceRow {
  const count = (name: ColumnName): number => line.count(name);
  const row: EvidenceRow = {
    ...{ period: line.choice('period', periods), day: line.day('day') },
    ...{ machine: line.required('machine'), mold: line.text('mold') },
    ...{ mode: line.text('mode'), lot: line.text('lot'), shots: count('shots') },
    verdicts: {
      ...{ ok: count('verdictOk'), defect: count('verdictDefect'), unscored: count('unscored') },
    },
    labelled: { ok: count('labelledOk'), defect: count('labelledDefect') },
    labelledOf: {
      ...{ ok: count('labelledOfOk'), defect: count('labelledOfDefect') },
      unscored: count('labelledOfUnscored'),
    },
    labelledFrom: {
      ...{ panel: count('fromPanel'), cli: count('fromCommand'), import: count('fromSheet') },
    },
    ...{ partly: count('partly'), reworked: count('reworked'), missed: count('missed') },
    suppressed: suppressedOf(line),
  };
  const { verdicts, labelled } = row;
  if (verdicts.ok + verdicts.defect > row.shots || labelled.ok + labelled.defect > row.shots)
    line.refuse('shots', 'is less than what was judged of them');
  return row;
}

function suppressedOf(line: Line): Record<string, number> {
  const parts = (line.text('suppressed') ?? '').split(' ').filter((part) => part !== '');
  return Object.fromEntries(
    parts.map((part) => {
      const [, reason, digits] = /^(.+):(\d+)$/.exec(part) ?? [];
      if (reason === undefined) line.refuse('suppressed', `is not reason:count: "${part}"`);
      return [reason, Number(digits)];
    }),
  );
}

const energyOf = (line: Line): EnergyRow => ({
  ...{ period: line.choice('period', periods), day: line.day('day') },
  ...{ kwh: line.amount('kwh'), goodKg: line.amount('goodKg') },
  ...{ holdHours: line.number('holdHours'), ambientC: line.number('ambientC') },
});

const modelOf = (line: Line): ModelUse => ({
  ...{ period: line.choice('period', periods), machine: line.required('machine') },
  ...{ name: line.text('name'), version: line.text('version'), hash: line.text('hash') },
  ...{ threshold: line.number('threshold'), shots: line.count('shots') },
  ...{ firstDay: line.day('day'), lastDay: line.day('lastDay') },
});

function settingsOf(
  table: Table,
  found: ReadonlyMap<string, string>,
): Pick<Evidence, 'settings' | 'days' | 'ledger'> {
  const bad = (name: string): never => {
    throw refused(table, `setting ${name} is "${found.get(name) ?? ''}"`);
  };
  const text = (name: string): string | null => found.get(name) || null;
  const number = (name: string): number => {
    const value = parseCell(text(name) ?? '');
    return value ?? bad(name);
  };
  const choice = <T extends string>(name: string, choices: readonly T[]): T =>
    choices.find((one) => one === found.get(name)) ?? bad(name);
  const counts = (name: string): number[] => (text(name) ?? bad(name)).split(' ').map(Number);
  const days = (name: Period): string[] => {
    const all = (text(name) ?? bad(name)).split(' ');
    return all.every(isDay) ? all : bad(name);
  };
  if (found.get('format') !== format) bad('format');
  const [before = 0, after = 0] = counts('energyLeftOut');
  const [kept = 0, lost = 0, unexplained = 0] = counts('ledger');
  const priced = (name: string): number | null => (text(name) === null ? null : number(name));
  const unguarded = (name: string): string | null =>
    text(name)?.replace(/^'(?='*[=+@-])/, '') ?? null;
  const settings: Settings = {
    basis: choice('basis', ['labels', 'verdicts']),
    by: choice('by', ['machine', 'mold', 'none']),
    blocks: choice('blocks', ['auto', 'day', 'lot', 'week']),
    ...{ aim: number('aim'), looks: looksOf(text('looks'), bad) },
    ...{ scrapKrw: priced('scrapKrw'), kwhKrw: priced('kwhKrw') },
    dayStart: text('dayStart') ?? bad('dayStart'),
    ...{ machine: unguarded('machine'), mold: unguarded('mold') },
    energyPer: choice('energyPer', ['kg', 'shot']),
    energyLeftOut: { before, after },
    ...{ version: text('version') ?? '', gateway: unguarded('gateway') ?? '' },
    countedWallMs: number('countedWallMs'),
  };
  if (!(settings.aim > 0 && settings.aim < 1)) bad('aim');
  return {
    settings,
    days: { before: days('before'), after: days('after') },
    ledger: { kept, lost, unexplained },
  };
}

function looksOf(text: string | null, bad: (name: string) => never): EffectPlan['looks'] {
  if (text === null) return null;
  const [, method, every, planned] =
    /^(spending|mixture) ([1-9]\d{0,3}) ([1-9]\d{0,3})$/.exec(text) ?? [];
  if (method !== 'spending' && method !== 'mixture') return bad('looks');
  return { method, everyDays: Number(every), plannedDays: Number(planned) };
}
