/**
 * What the drift watch says of real logs, none of which is committed:
 *
 *   node test/faults/drift-logs.ts ../shared/data/kamp_diecast_process/dev_2019-01-02_03-12.csv.gz
 *   node test/faults/drift-logs.ts LOG.csv --mold PART_NAME --values Max_Screw_RPM,Cushion_Position
 *
 * Without --values the columns are those of the die-casting profile, and go its whole way.
 */
import { parseArgs } from 'node:util';
import { profileHistory } from '../../agent/backtest/history.ts';
import { rowClock } from '../../agent/backtest/times.ts';
import { DriftWatch } from '../../agent/drift/watch.ts';
import type { Cycle, DriftFinding } from '../../agent/records.ts';
import { profileSchema } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { readTable } from '../../models/table.ts';

interface Log {
  readonly watch: DriftWatch;
  next(): { readonly cycle: Cycle; readonly isDefect: boolean } | null;
}

async function ofProfile(file: string, label: string): Promise<Log> {
  const profile = loadProfile('die-casting-cold-chamber');
  const table = await readTable(file);
  const history = await profileHistory(table, profile, {
    columns: {},
    clock: rowClock(table, null),
    moldColumn: null,
  });
  const column = table.find(label);
  let row = -1;
  return {
    watch: new DriftWatch(profile, null),
    next: () => {
      const cycle = history.next();
      row += 1;
      const isDefect = column !== null && column !== undefined && table.number(row, column) === 1;
      return cycle === null ? null : { cycle, isDefect };
    },
  };
}

async function ofColumns(file: string, names: readonly string[], mold: string): Promise<Log> {
  const table = await readTable(file);
  const signal = { title: { ko: '값', en: 'value' }, at: 'holding 1', decimals: 2 };
  const keys = names.map((_, at) => `value${at}`);
  const profile = profileSchema.parse({
    ...{ id: 'log', version: 1, title: signal.title, facts: { source: 'a log' } },
    signals: Object.fromEntries(keys.map((key) => [key, signal])),
    features: Object.fromEntries(keys.map((key) => [key, { from: key }])),
    testVectors: [{ at: 'holding 0', words: [0], expect: {} }],
  });
  const columns = names.map((name) => table.column(name));
  const molds = mold === '' ? null : table.column(mold);
  let row = -1;
  return {
    watch: new DriftWatch(profile, null),
    next: () => {
      row += 1;
      if (row >= table.rows.length) return null;
      const at = { monoMs: row, wallMs: 0 };
      const features = Object.fromEntries(
        keys.map((key, place) => {
          const value = table.number(row, columns[place] ?? 0);
          return [key, { value, quality: value === null ? 'missing' : 'good', at } as const];
        }),
      );
      const cycle: Cycle = {
        ...{ machine: 'm', profile: 'log', shot: row, index: row, observed: 'whole', at },
        ...{ mold: molds === null ? null : (table.rows[row]?.[molds] ?? null), readings: {} },
        ...{ features, suppressed: null, times: { trigger: 0, snapshot: 0 } },
      };
      return { cycle, isDefect: false };
    },
  };
}

function replay(log: Log, names: readonly string[]): void {
  const open = new Map<string, DriftFinding>();
  const counts: Record<string, number> = {};
  let shots = 0;
  for (let one = log.next(); one !== null; one = log.next()) {
    const { cycle, isDefect } = one;
    const outcome = isDefect ? ('defect' as const) : ('ok' as const);
    log.watch.observe(cycle, { outcome, flags: [], probability: null });
    if (cycle.suppressed === null) shots += 1;
    const standing = new Map(
      log.watch.findings().map((found) => [`${found.kind} ${found.feature}`, found] as const),
    );
    for (const [key, { kind, feature, ...rest }] of standing) {
      if (open.has(key)) continue;
      counts[kind] = (counts[kind] ?? 0) + 1;
      const named = names[Number(feature?.replace('value', ''))] ?? feature;
      console.log(JSON.stringify({ at: cycle.shot, kind, feature: named, ...rest }));
    }
    open.clear();
    for (const [key, found] of standing) open.set(key, found);
  }
  console.log(JSON.stringify({ shots, counts, steps: log.watch.health().steps.length }));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    values: { type: 'string', default: '' },
    mold: { type: 'string', default: '' },
    label: { type: 'string', default: 'passorfail' },
  },
});
const [file = ''] = positionals;
const names = values.values === '' ? [] : values.values.split(',');
replay(
  names.length === 0
    ? await ofProfile(file, values.label)
    : await ofColumns(file, names, values.mold),
  names,
);
