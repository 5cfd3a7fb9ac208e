/** When an agent watched which machine: each of its starts, from its begin to its last record. */
import type Database from 'better-sqlite3';
import type { ProductionFacts } from '../records.ts';

interface Boot {
  ordinal: number;
  started: number;
  last: number | null;
}

interface Time {
  readonly from: number;
  readonly to: number;
  /** The newest start still watches, at this time; null: nobody says so. */
  readonly seenTo: number | null;
}

const boots = `
  SELECT b.ordinal, b.started_wall_ms AS started, (SELECT r.wall_ms FROM records r
    WHERE r.id BETWEEN (b.ordinal << 40) AND ((b.ordinal << 40) | 1099511627775)
    ORDER BY r.id DESC LIMIT 1) AS last
  FROM boots b ORDER BY b.ordinal`;

/** It was configured then: it has a shot or a stop of this start. */
const wasThere = `
  SELECT EXISTS (SELECT 1 FROM cycles c INDEXED BY cycles_by_machine WHERE c.machine = @machine
      AND c.id BETWEEN (@ordinal << 40) AND ((@ordinal << 40) | 1099511627775))
    OR EXISTS (SELECT 1 FROM stops s INDEXED BY stops_by_last WHERE s.machine = @machine
      AND s.last_id BETWEEN (@ordinal << 40) AND ((@ordinal << 40) | 1099511627775))`;

/** Of a time whose shots were let go of nothing is known any more. */
const firstLeft = `
  SELECT (SELECT wall_ms FROM cycles ORDER BY id LIMIT 1)
  WHERE EXISTS (SELECT 1 FROM evictions WHERE what = 'cycle')`;

export function watchedTimes(
  db: Database.Database,
  machines: readonly string[],
  { from, to, seenTo }: Time,
): ProductionFacts['watched'] {
  const left = db.prepare<[], number | null>(firstLeft).pluck().get();
  const first = left === undefined ? from : Math.max(from, left ?? to);
  const all = db.prepare<[], Boot>(boots).all();
  const newest = all.at(-1)?.ordinal;
  const there = db.prepare<[object], number>(wasThere).pluck();
  return all.flatMap(({ ordinal, started, last }) => {
    const ended = Math.max(last ?? started, ordinal === newest ? (seenTo ?? 0) : 0);
    const [fromWallMs, toWallMs] = [Math.max(first, started), Math.min(to, ended)];
    if (toWallMs <= fromWallMs) return [];
    return machines
      .filter((machine) => there.get({ machine, ordinal }) === 1)
      .map((machine) => ({ machine, fromWallMs, toWallMs }));
  });
}
