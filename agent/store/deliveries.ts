/** What of the store has not reached every target yet. Whoever delivers keeps the table. */
import type Database from 'better-sqlite3';

/**
 * Id of the oldest record that some target still lacks; null when there is no target. Records below
 * it were delivered to all. The table `deliveries(target, upto)` is there once sync was set up.
 */
export function oldestUndelivered(db: Database.Database): number | null {
  const exists = db
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'deliveries'`)
    .get();
  if (exists === undefined) return null;
  const upto = db.prepare('SELECT MIN(upto) FROM deliveries').pluck().get();
  return upto === null || upto === undefined ? null : Number(upto) + 1;
}
