/**
 * Which records are older than so many days. Ages are counted in time that the agent ran, by the
 * monotonic clock of each start: a wall clock that steps, or is not set, expires nothing.
 */
import type Database from 'better-sqlite3';

const dayMs = 86_400_000;
const seqSpan = 2 ** 40;

interface Place {
  readonly id: number;
  readonly mono_ms: number;
}

/** Highest id in [low, high] whose record was made before `monoMs` of its start. */
function lastBefore(db: Database.Database, low: number, high: number, monoMs: number): number {
  const next = db.prepare<[number, number], Place>(
    'SELECT id, mono_ms FROM records WHERE id >= ? AND id <= ? ORDER BY id LIMIT 1',
  );
  let [from, to] = [low, high];
  while (from <= to) {
    const middle = Math.floor((from + to) / 2);
    const found = next.get(middle, high);
    if (found === undefined || found.mono_ms >= monoMs) to = middle - 1;
    else from = found.id + 1;
  }
  return from - 1;
}

/**
 * Id up to which records are older than `days` of running; 0 when none is. Time without an agent
 * does not count: it cannot be known without a clock.
 */
export function olderThan(db: Database.Database, days: number): number {
  const newest = db.prepare<[number], Place>(
    'SELECT id, mono_ms FROM records WHERE id < ? ORDER BY id DESC LIMIT 1',
  );
  let left = days * dayMs;
  for (let last = newest.get(Number.MAX_SAFE_INTEGER); last !== undefined; ) {
    const begin = Math.floor(last.id / seqSpan) * seqSpan;
    if (last.mono_ms > left) return lastBefore(db, begin, last.id, last.mono_ms - left);
    left -= last.mono_ms;
    last = newest.get(begin);
  }
  return 0;
}
