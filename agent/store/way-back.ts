/**
 * The way from a layout back to the one before it, which lies in the store itself: an older ppuri,
 * begun after an update that did not prove itself, cannot know what a newer one has changed.
 */
import type Database from 'better-sqlite3';

const nameOf = (layout: number): string => `way back from layout ${layout}`;

/** In the transaction that makes `layout`. `sql` leaves every record that was kept since. */
export function noteWayBack(db: Database.Database, layout: number, sql: string): void {
  db.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)').run(nameOf(layout), sql);
}

function wayBack(db: Database.Database, layout: number): string | null {
  const found = db.prepare('SELECT value FROM meta WHERE name = ?').pluck().get(nameOf(layout));
  return typeof found === 'string' ? found : null;
}

/** Whether every layout above `known` tells how to go back. */
export function canGoBack(db: Database.Database, layout: number, known: number): boolean {
  for (let at = layout; at > known; at -= 1) if (wayBack(db, at) === null) return false;
  return true;
}

/** One transaction a layout: a kill or a power cut leaves one or the other, whole. */
export function goBack(db: Database.Database, layout: number, known: number): void {
  for (let at = layout; at > known; at -= 1)
    db.transaction(() => {
      db.exec(wayBack(db, at) ?? '');
      db.prepare('DELETE FROM meta WHERE name = ?').run(nameOf(at));
      db.pragma(`user_version = ${at - 1}`);
    }).immediate();
}
