/** What stood, and what was put off, when the agent before this one ended. */
import type Database from 'better-sqlite3';
import type { Alert, Shelf } from '../records.ts';

export interface StoodRow {
  readonly alert: Alert;
  /** Running time of that agent since it raised or took over the alert, ms. */
  readonly ageMs: number;
  /** What was left of it when that agent ended; null: not put off, or over. */
  readonly shelf: Shelf | null;
}

/** Cleared so long ago that nobody looks for its parts any more. */
const unseenMs = 3_600_000;

interface Raw {
  body: string;
  changed: number;
  raised: number | null;
}

const boot = `(SELECT MAX(boot) FROM alerts WHERE boot < (SELECT MAX(ordinal) FROM boots))`;

/** Of the newest start before this one that told any alert: a start tells all it takes over. */
export function queryStood(db: Database.Database): StoodRow[] {
  const ended = db
    .prepare<[], { mono_ms: number }>(
      `SELECT mono_ms FROM records WHERE id < (${boot} + 1) << 40 ORDER BY id DESC LIMIT 1`,
    )
    .get();
  if (ended === undefined) return [];
  return db
    .prepare<[], Raw>(
      `SELECT r.body, r.mono_ms AS changed, f.mono_ms AS raised
       FROM alerts a JOIN records r ON r.id = a.last_id LEFT JOIN records f ON f.id = a.first_id
       WHERE a.boot = ${boot} ORDER BY a.last_id`,
    )
    .all()
    .flatMap(({ body, changed, raised }) => {
      const { alert }: { alert: Alert } = JSON.parse(body);
      const shelf = leftOf(alert.handling?.shelved ?? null, ended.mono_ms - changed);
      const elapsedMs = ended.mono_ms - changed;
      const unseen = alert.handling?.acknowledged === null && elapsedMs < unseenMs;
      if (alert.state === 'cleared' && shelf === null && !unseen) return [];
      return [{ alert, ageMs: Math.max(0, ended.mono_ms - (raised ?? changed)), shelf }];
    });
}

function leftOf(shelf: Shelf | null, elapsedMs: number): Shelf | null {
  const leftMs = shelf === null ? 0 : Math.round(shelf.leftMs - Math.max(0, elapsedMs));
  return shelf === null || leftMs <= 0 ? null : { ...shelf, leftMs };
}
