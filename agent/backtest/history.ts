/**
 * Rows of a CSV as cycles, the way a machine's own would come: through the profile's registers,
 * sentinels, features and suppressions where the columns belong to its signals, or straight as
 * features where the model's own names are the columns.
 */
import type { Profile } from '../../config/profile.ts';
import { decodeRaw } from '../../drivers/decode.ts';
import type { Manifest } from '../../models/manifest.ts';
import type { Table } from '../../models/table.ts';
import { CycleTracker } from '../cycles/tracker.ts';
import type { Cycle, Instant, Reading, Text } from '../records.ts';
import { FrozenSensors } from '../signals/frozen.ts';
import { toReading } from '../signals/reading.ts';
import { Codec } from '../simulator/codec.ts';
import { loadReplay } from '../simulator/replay.ts';
import { featureLook } from '../words.ts';
import type { RowClock } from './times.ts';

export interface History {
  readonly rows: number;
  /** How the columns were understood, for the user to check. */
  readonly columns: readonly { readonly of: string; readonly column: string }[];
  readonly unused: readonly string[];
  /** Signals of the snapshot that no column feeds. */
  readonly absent: readonly string[];
  /** Rules that leave shots out and can say nothing here: no column feeds their signal. */
  readonly deadRules: readonly { readonly reason: string; readonly title: Text }[];
  /** Rows say which mold made them, so one that does not is in doubt. */
  readonly moldExpected: boolean;
  /** The next row's cycle, or null after the last. */
  next(): Cycle | null;
}

/** Where the mold of each row is said, besides what the profile knows of it. */
export interface HistoryOptions {
  readonly columns: Readonly<Record<string, string>>;
  readonly clock: RowClock;
  readonly moldColumn: string | null;
}

/** How many of the model's features a table feeds through a profile's signals, and how many straight. */
export function featuresFed(
  table: Table,
  manifest: Manifest,
  profile: Profile,
  columns: Readonly<Record<string, string>>,
): { readonly throughProfile: number; readonly straight: number } {
  const count = (fed: (feature: Manifest['features'][number]) => boolean): number =>
    manifest.features.filter(fed).length;
  return {
    throughProfile: count(({ from }) => {
      const signal = profile.features[from]?.from ?? from;
      const names = [signal, ...(profile.replay?.columns[signal] ?? [])];
      return signal in columns || names.some((name) => table.count(name) > 0);
    }),
    straight: count(({ name }) => table.count(name) > 0),
  };
}

/** Through a profile's signals, exactly as a replay over Modbus would be read. */
export async function profileHistory(
  table: Table,
  profile: Profile,
  { columns, clock, moldColumn }: HistoryOptions,
): Promise<History> {
  const moldSignal = profile.cycle?.mold;
  const byProfile =
    moldColumn !== null &&
    moldSignal !== undefined &&
    !(moldSignal in columns) &&
    holdsNumbers(table, moldColumn, profile.replay?.strip[moldSignal] ?? '');
  const { source, report } = await loadReplay({
    ...{ profile, table, path: table.path },
    columns: byProfile ? { ...columns, [moldSignal]: moldColumn } : columns,
  });
  const moldOf = byProfile ? null : moldReader(table, moldColumn);
  const signals = new Codec(profile).ofPoll('shot');
  const frozen = new FrozenSensors(profile.signals);
  const tracker = new CycleTracker({
    machine: 'backtest',
    profile,
    samplesBetween: () => [],
    clock: () => 0,
  });
  const unfed = new Set(report.unmappedSignals);
  let row = 0;
  return {
    rows: report.rows,
    columns: report.mapped.map(({ signal, column }) => ({ of: signal, column })),
    unused: report.unusedColumns,
    absent: report.unmappedSignals.filter((name) => profile.signals[name]?.presence === 'required'),
    deadRules: profile.suppress.flatMap((rule) =>
      'when' in rule && unfed.has(rule.when.signal)
        ? [{ reason: rule.reason, title: featureLook(profile, rule.when.signal).title }]
        : [],
    ),
    moldExpected: profile.cycle?.mold !== undefined,
    next: () => {
      const shot = source.next();
      if (shot === null) return null;
      const at = clock.at(row);
      row += 1;
      const readings: Record<string, Reading> = {};
      signals.forEach(({ name, spec, register, scale }, i) => {
        if (register.type === 'text') return;
        const raw = decodeRaw(shot.block[i]?.words ?? [], register);
        readings[name] = frozen.check(name, toReading(raw, spec, scale, at));
      });
      const cycle = tracker.complete({ shot: row, readings, at, triggerMonoMs: at.monoMs });
      return moldOf === null ? cycle : { ...cycle, mold: moldOf(row - 1) };
    },
  };
}

/** Whether a register could have held each of its cells; a name of a mold is no register value. */
function holdsNumbers(table: Table, name: string, prefix: string): boolean {
  const column = table.column(name);
  return table.rows.every((cells) => {
    const cell = cells[column] ?? '';
    return /^\d*$/.test(cell.startsWith(prefix) ? cell.slice(prefix.length) : cell);
  });
}

/** Null: no column was named. */
function moldReader(table: Table, name: string | null): ((row: number) => string | null) | null {
  if (name === null) return null;
  const column = table.column(name);
  return (row) => {
    const text = table.rows[row]?.[column] ?? '';
    return text === '' ? null : text;
  };
}

/** Straight from columns named as the model names its features. */
export function featureHistory(
  table: Table,
  manifest: Manifest,
  { clock, moldColumn }: HistoryOptions,
): History {
  const fed = manifest.features.map((feature) => ({
    from: feature.from,
    column: table.find(feature.name) ?? table.column(feature.from),
  }));
  const moldOf = moldReader(table, moldColumn);
  const used = new Set(fed.map(({ column }) => column));
  let row = 0;
  return {
    rows: table.rows.length,
    columns: fed.map(({ from, column }) => ({ of: from, column: table.columns[column] ?? '' })),
    unused: table.columns.filter((name, i) => !used.has(i) && name !== moldColumn),
    absent: [],
    deadRules: [],
    moldExpected: false,
    next: () => {
      if (row >= table.rows.length) return null;
      const at = clock.at(row);
      const features: Record<string, Reading> = {};
      for (const { from, column } of fed) {
        const value = table.number(row, column);
        features[from] = { value, quality: value === null ? 'missing' : 'good', at };
      }
      row += 1;
      return plainCycle(row, at, moldOf?.(row - 1) ?? null, features);
    },
  };
}

function plainCycle(
  row: number,
  at: Instant,
  mold: string | null,
  features: Record<string, Reading>,
): Cycle {
  return {
    machine: 'backtest',
    profile: '',
    mold,
    shot: row,
    index: row,
    observed: 'whole',
    at,
    readings: {},
    features,
    suppressed: null,
    times: { trigger: 0, snapshot: 0 },
  };
}
