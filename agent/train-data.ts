/** Rows to train on: a CSV, a CSV read as a machine's shots, or shots and labels of the store. */
import { PpuriError } from '../config/errors.ts';
import type { Profile } from '../config/profile.ts';
import { loadProfile } from '../config/profile-load.ts';
import { readTable } from '../models/table.ts';
import { type TableColumns, trainingFromTable } from '../models/train/from-table.ts';
import { marksTryShots } from '../models/train/leakage.ts';
import { goodAndDefect, type TrainingSet } from '../models/train/training-set.ts';
import { noProfile } from './backtest/columns-profile.ts';
import { profileHistory } from './backtest/history.ts';
import { rowClock } from './backtest/times.ts';
import { openStore } from './cli/store-access.ts';
import type { Reading } from './records.ts';
import type { CycleRow } from './store/cycle-queries.ts';
import type { LabelRow } from './store/label-queries.ts';
import type { CsvRequest, StoreRequest } from './train-protocol.ts';

export interface Source {
  readonly data: TrainingSet;
  readonly profile: string;
  /** What was made of the source, in plain words. */
  readonly notes: readonly string[];
}

/** Throws `csv-invalid` naming line and column. */
export async function readCsv(request: CsvRequest): Promise<Source> {
  const { path, columns, profile: reference } = request;
  const table = await readTable(path);
  if (reference !== null) return throughProfile(request, loadProfile(reference));
  const { data, texts } = trainingFromTable(table, columns);
  const notes = texts.length === 0 ? [] : [`columns of text are not used: ${texts.join(', ')}`];
  for (const name of texts.filter(marksTryShots))
    notes.push(`${name} marks try shots: leave them out with --drop ${name}=VALUE`);
  if (data.times === null)
    notes.push('no --time: rows are drawn by chance, which flatters every model of a machine');
  notes.push(
    'no --profile: the model knows columns of this log, not signals of a machine; it can be backtested, and to run beside a machine it must be trained with --profile',
  );
  return { data, profile: noProfile, notes };
}

/** Through the profile's registers, sentinels and suppressions, as live shots are. */
async function throughProfile(request: CsvRequest, profile: Profile): Promise<Source> {
  const { path, columns } = request;
  const table = await readTable(path);
  // Labels, times and groups are read as of any CSV; every row stays, to keep step with the shots.
  const plain: TableColumns = { ...columns, features: [], dropColumns: [] };
  const { data: labelled } = trainingFromTable(table, { ...plain, dropRows: {} });
  const clock = rowClock(table, columns.time ?? null);
  const history = await profileHistory(table, profile, { columns: {}, clock, moldColumn: null });
  const kept = keptRows(table.rows, table.column(columns.label), columns.dropRows, (name) =>
    table.column(name),
  );
  const names = featureNames(profile, columns);
  const rows: { at: number; features: Readonly<Record<string, Reading>>; mold: string | null }[] =
    [];
  const left: Record<string, number> = {};
  let labelledAt = -1;
  for (let row = 0, cycle = history.next(); cycle !== null; row += 1, cycle = history.next()) {
    const reason = kept[row];
    if (reason !== 'no label') labelledAt += 1;
    const why = reason ?? cycle.suppressed;
    if (why === null || why === undefined)
      rows.push({ at: labelledAt, features: cycle.features, mold: cycle.mold });
    else left[why] = (left[why] ?? 0) + 1;
  }
  const { times, groups } = labelled;
  return {
    data: {
      ...labelled,
      features: names.map((name) => ({ name, from: name, unit: unitOf(profile, name) })),
      columns: names.map((name) => columnOf(rows, name)),
      labels: Uint8Array.from(rows, ({ at }) => labelled.labels[at] ?? 0),
      times: times && Float64Array.from(rows, ({ at }) => times[at] ?? 0),
      groups: groups && Int32Array.from(rows, ({ at }) => groups[at] ?? 0),
      left,
      molds: moldsOf(rows),
    },
    profile: profile.id,
    notes: history.absent.length === 0 ? [] : [`no column feeds ${history.absent.join(', ')}`],
  };
}

/** Per row: why it is left out, or null. */
function keptRows(
  rows: readonly (readonly string[])[],
  label: number,
  drop: Readonly<Record<string, string>>,
  column: (name: string) => number,
): (string | null)[] {
  const rules = Object.entries(drop).map(([name, value]) => ({ at: column(name), name, value }));
  return rows.map((cells) => {
    if ((cells[label] ?? '').trim() === '') return 'no label';
    const rule = rules.find(({ at, value }) => cells[at] === value);
    return rule === undefined ? null : `${rule.name}=${rule.value}`;
  });
}

function featureNames(
  profile: Profile,
  { features, dropColumns }: Pick<TableColumns, 'features' | 'dropColumns'>,
): string[] {
  const known = Object.keys(profile.features);
  const strange = [...(features ?? []), ...dropColumns].find((name) => !known.includes(name));
  if (strange !== undefined)
    throw new PpuriError('usage', `profile ${profile.id} has no feature "${strange}"`, {
      operation: 'train a model',
      subject: strange,
      hint: `its features are: ${known.join(', ')}`,
    });
  return (features ?? known).filter((name) => !dropColumns.includes(name));
}

function unitOf(profile: Profile, name: string): string {
  const feature = profile.features[name];
  return feature?.unit ?? profile.signals[feature?.from ?? name]?.unit ?? '';
}

interface Featured {
  readonly features: Readonly<Record<string, Reading>>;
}

function columnOf(rows: readonly Featured[], name: string): Float32Array {
  return Float32Array.from(rows, ({ features }) => {
    const reading = features[name];
    return reading?.quality === 'good' && reading.value !== null ? reading.value : Number.NaN;
  });
}

function moldsOf(rows: readonly { readonly mold: string | null }[]): string[] | null {
  const molds = new Set(rows.map(({ mold }) => mold));
  molds.delete(null);
  return molds.size === 0 ? null : [...molds].filter((mold) => mold !== null).sort();
}

/** Shots with a label in force. A shot is a defect when one of its parts is. */
export async function readStore(request: StoreRequest): Promise<Source> {
  const store = openStore(request.dir);
  try {
    const results = new Map<string, boolean>();
    for await (const { cycle, result } of labelsOf(store, request))
      results.set(keyOf(cycle), result === 'defect' || results.get(keyOf(cycle)) === true);
    const rows: (Featured & CycleRow & { readonly isDefect: boolean })[] = [];
    const left: Record<string, number> = {};
    for await (const cycle of cyclesOf(store, request)) {
      const isDefect = results.get(keyOf(cycle));
      const { features } = cycle;
      const why =
        cycle.suppressed ??
        (isDefect === undefined ? 'no label' : features == null ? 'features let go of' : null);
      if (why === null && features != null && isDefect !== undefined)
        rows.push({ ...cycle, features, isDefect });
      else left[why ?? 'no label'] = (left[why ?? 'no label'] ?? 0) + 1;
    }
    return fromShots(rows, left, request);
  } finally {
    store.close();
  }
}

const keyOf = ({ boot, seq }: { readonly boot: string; readonly seq: number }): string =>
  `${boot}/${seq}`;

function fromShots(
  rows: readonly (Featured & CycleRow & { readonly isDefect: boolean })[],
  left: Readonly<Record<string, number>>,
  { machine, features, dropColumns }: StoreRequest,
): Source {
  const profiles = [...new Set(rows.map((row) => row.profile))];
  const [id] = profiles;
  if (id === undefined) throw nothingOf(machine, Object.keys(left).length === 0);
  const profile = loadProfile(id);
  const names = featureNames(profile, {
    dropColumns,
    ...(features === null ? {} : { features }),
  });
  const data: TrainingSet = {
    features: names.map((name) => ({ name, from: name, unit: unitOf(profile, name) })),
    columns: names.map((name) => columnOf(rows, name)),
    labels: Uint8Array.from(rows, ({ isDefect }) => (isDefect ? 1 : 0)),
    classCount: 2,
    classes: goodAndDefect,
    times: Float64Array.from(rows, ({ wallMs }) => wallMs),
    groups: null,
    left,
    molds: moldsOf(rows),
  };
  const notes = profiles.length === 1 ? [] : [`shots of several profiles: ${profiles.join(', ')}`];
  return { data, profile: id, notes };
}

function nothingOf(machine: string, isUnknown: boolean): PpuriError {
  const details = { operation: 'train a model', subject: machine };
  if (isUnknown)
    return new PpuriError('csv-invalid', `the store has no shot of a machine ${machine}`, {
      ...details,
      hint: '`ppuri cycles` shows which machines it has shots of',
    });
  return new PpuriError('csv-invalid', `machine ${machine} has no shot with a label`, {
    ...details,
    hint: 'label shots with `ppuri label` or `ppuri label import`, then train',
  });
}

type Store = ReturnType<typeof openStore>;
type After = { readonly boot: number; readonly seq: number } | undefined;

async function* cyclesOf(store: Store, { machine, mold }: StoreRequest): AsyncGenerator<CycleRow> {
  let after: After;
  do {
    const page = await store.ask('cycles', {
      ...{ machine, order: 'oldest', detail: 'features', limit: 1000 },
      ...(mold === null ? {} : { mold }),
      ...(after === undefined ? {} : { after }),
    });
    yield* page.rows;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

async function* labelsOf(store: Store, { machine, mold }: StoreRequest): AsyncGenerator<LabelRow> {
  let after: After;
  do {
    const page = await store.ask('labels', {
      ...{ machine, limit: 1000 },
      ...(mold === null ? {} : { mold }),
      ...(after === undefined ? {} : { after }),
    });
    yield* page.rows;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
