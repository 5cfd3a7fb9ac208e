/** What of the store has not reached every target yet. */
import type Database from 'better-sqlite3';

/**
 * Id of the oldest record that some target still lacks; null when there is no target. Records below
 * it were delivered to all.
 */
export function oldestUndelivered(db: Database.Database): number | null {
  const upto = db.prepare('SELECT MIN(upto) FROM deliveries').pluck().get();
  return upto === null || upto === undefined ? null : Number(upto) + 1;
}

interface TargetRow {
  readonly target: string;
  readonly upto: number;
  readonly ahead: string;
}

export interface DeliveryCounts {
  readonly delivered: Readonly<Record<string, number>>;
  readonly pending: Readonly<Record<string, number>>;
}

/** In narrow indexes: the table of records may have gigabytes. */
const countBetween = `
  SELECT (SELECT COUNT(*) FROM records WHERE kind <> 'cycle' AND id BETWEEN @from AND @to)
    + (SELECT COUNT(*) FROM cycles WHERE id BETWEEN @from AND @to)`;

/** Of the records that are kept, how many each target has, as noted last, and how many it lacks. */
export function countDeliveries(db: Database.Database, kept: number): DeliveryCounts {
  const count = db.prepare<[{ from: number; to: number }], number>(countBetween).pluck();
  // Refused records that are still there: within the ranges, and yet not delivered.
  const refused = db
    .prepare<[string], number>(
      `SELECT COUNT(*) FROM refusals f WHERE f.target = ?
         AND EXISTS (SELECT 1 FROM records r WHERE r.id = f.id)`,
    )
    .pluck();
  const delivered: Record<string, number> = {};
  const pending: Record<string, number> = {};
  const rows = db.prepare<[], TargetRow>('SELECT target, upto, ahead FROM deliveries').all();
  for (const { target, upto, ahead } of rows) {
    const ranges: [number, number][] = [[1, upto], ...JSON.parse(ahead)];
    const settled = ranges.reduce((sum, [from, to]) => sum + (count.get({ from, to }) ?? 0), 0);
    delivered[target] = settled - (refused.get(target) ?? 0);
    pending[target] = kept - settled;
  }
  return { delivered, pending };
}
