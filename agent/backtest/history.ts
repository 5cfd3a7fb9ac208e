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
import type { Cycle, Reading } from '../records.ts';
import { toReading } from '../signals/reading.ts';
import { Codec } from '../simulator/codec.ts';
import { loadReplay } from '../simulator/replay.ts';

export interface History {
  readonly rows: number;
  /** How the columns were understood, for the user to check. */
  readonly columns: readonly { readonly of: string; readonly column: string }[];
  readonly unused: readonly string[];
  /** Signals of the snapshot that no column feeds. */
  readonly absent: readonly string[];
  /** Rows say which mold made them, so one that does not is in doubt. */
  readonly moldExpected: boolean;
  /** The next row's cycle, or null after the last. */
  next(): Cycle | null;
}

const at = (row: number) => ({ monoMs: row, wallMs: 0 });

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
  path: string,
  profile: Profile,
  columns: Readonly<Record<string, string>>,
): Promise<History> {
  const { source, report } = await loadReplay({ profile, path, columns });
  const signals = new Codec(profile).ofPoll('shot');
  const tracker = new CycleTracker({
    machine: 'backtest',
    profile,
    samplesBetween: () => [],
    clock: () => 0,
  });
  let row = 0;
  return {
    rows: report.rows,
    columns: report.mapped.map(({ signal, column }) => ({ of: signal, column })),
    unused: report.unusedColumns,
    absent: report.unmappedSignals.filter((name) => profile.signals[name]?.presence === 'required'),
    moldExpected: profile.cycle?.mold !== undefined,
    next: () => {
      const shot = source.next();
      if (shot === null) return null;
      const readings: Record<string, Reading> = {};
      signals.forEach(({ name, spec, register, scale }, i) => {
        if (register.type === 'text') return;
        const raw = decodeRaw(shot.block[i]?.words ?? [], register);
        readings[name] = toReading(raw, spec, scale, at(row));
      });
      row += 1;
      return tracker.complete({ shot: row, readings, at: at(row), triggerMonoMs: row });
    },
  };
}

/** Straight from columns named as the model names its features. */
export function featureHistory(table: Table, manifest: Manifest): History {
  const fed = manifest.features.map((feature) => ({
    from: feature.from,
    column: table.find(feature.name) ?? table.column(feature.from),
  }));
  const used = new Set(fed.map(({ column }) => column));
  let row = 0;
  return {
    rows: table.rows.length,
    columns: fed.map(({ from, column }) => ({ of: from, column: table.columns[column] ?? '' })),
    unused: table.columns.filter((_, i) => !used.has(i)),
    absent: [],
    moldExpected: false,
    next: () => {
      if (row >= table.rows.length) return null;
      const features: Record<string, Reading> = {};
      for (const { from, column } of fed) {
        const value = table.number(row, column);
        features[from] = { value, quality: value === null ? 'missing' : 'good', at: at(row) };
      }
      row += 1;
      return plainCycle(row, features);
    },
  };
}

function plainCycle(row: number, features: Record<string, Reading>): Cycle {
  return {
    machine: 'backtest',
    profile: '',
    mold: null,
    shot: row,
    index: row,
    observed: 'whole',
    at: at(row),
    readings: {},
    features,
    suppressed: null,
    times: { trigger: 0, snapshot: 0 },
  };
}
