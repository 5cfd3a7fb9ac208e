/** Birth-death numbers of Sparkplug targets: one more for every CONNECT, 0 to 255, across restarts. */
import type Database from 'better-sqlite3';

export const bdSeqLayout = `
  CREATE TABLE bd_seqs (target TEXT PRIMARY KEY, bd_seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/**
 * Number for the next CONNECT to `target`, committed when this returns: a kill between here and the
 * CONNECT skips a number, which tells sessions apart as well, while using one twice would not.
 */
export function nextBdSeq(db: Database.Database, target: string): number {
  const taken = db
    .prepare<[string], { bd_seq: number }>(
      `INSERT INTO bd_seqs VALUES (?, 0)
       ON CONFLICT (target) DO UPDATE SET bd_seq = (bd_seq + 1) % 256 RETURNING bd_seq`,
    )
    .get(target);
  if (taken === undefined) throw new Error('no row was returned');
  return taken.bd_seq;
}
