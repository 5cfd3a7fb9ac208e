/** The last shots of the mold that is in, and of the last time it was in before another one. */
import type Database from 'better-sqlite3';
import type { MoldRuns, RunValues } from '../records.ts';
import { partOf } from './read-records.ts';

/** Shots of each run that are looked at. */
const mostShots = 100;
/** How far back the run before is looked for. */
const lookBack = 20_000;

interface Row {
  id: number;
  mold: string | null;
  suppressed: string | null;
  wall_ms: number;
}

const backwards = `
  SELECT c.id, c.mold, c.suppressed, c.wall_ms FROM cycles c INDEXED BY cycles_by_machine
  WHERE c.machine = @machine AND c.observed = 'whole' ORDER BY c.id DESC LIMIT ${lookBack}`;

interface Found {
  mold: string | null;
  readonly now: Row[];
  readonly before: Row[];
}

function findRuns(db: Database.Database, machine: string): Found | null {
  let found: Found | null = null;
  let phase: 'now' | 'between' | 'before' = 'now';
  for (const row of db.prepare<[object], Row>(backwards).iterate({ machine })) {
    found ??= { mold: row.mold, now: [], before: [] };
    const same = row.mold === found.mold;
    if (phase === 'now' && !same) phase = 'between';
    else if (phase === 'between' && same) phase = 'before';
    else if (phase === 'before' && !same) break;
    if (phase === 'between') continue;
    const run = found[phase];
    // Warm-up and try shots are not how it runs.
    if (row.suppressed === null && run.length < mostShots) run.push(row);
    if (phase === 'before' && run.length === mostShots) break;
  }
  return found;
}

function valuesOf(db: Database.Database, rows: readonly Row[]): RunValues {
  const data = db.prepare<[number], { features: string | null; packed_features: Buffer | null }>(
    'SELECT features, packed_features FROM cycle_data WHERE id = ?',
  );
  const values: Record<string, number[]> = {};
  for (const { id } of rows) {
    const raw = data.get(id);
    const features = partOf(db, raw?.features, raw?.packed_features) ?? {};
    for (const [name, { value }] of Object.entries(features)) {
      if (value === null) continue;
      const seen = values[name] ?? [];
      seen.push(value);
      values[name] = seen;
    }
  }
  return { shots: rows.length, values };
}

/** Null: no shot of the machine is kept. */
export function queryMoldRuns(db: Database.Database, machine: string): MoldRuns | null {
  const found = findRuns(db, machine);
  if (found === null) return null;
  const [last] = found.before;
  const before =
    last === undefined ? null : { ...valuesOf(db, found.before), toWallMs: last.wall_ms };
  return { mold: found.mold, now: valuesOf(db, found.now), before };
}
