/** How many records a target lacks: counted now and then, and carried on in between. */
import type Database from 'better-sqlite3';
import type { Covered } from './covered.ts';

export interface Waiting {
  readonly count: number;
  /** Ms since 1970 UTC by the gateway's clock; null: none waits. */
  readonly oldestWallMs: number | null;
}

const countAgainMs = 10_000;

export class WaitingCount {
  readonly #db: Database.Database;
  readonly #covered: Covered;
  #counted: { waiting: Waiting; atMs: number } | null = null;

  constructor(db: Database.Database, covered: Covered) {
    this.#db = db;
    this.#covered = covered;
  }

  /** Counted at most each 10 s. Throws what SQLite throws. */
  now(): Waiting {
    const now = performance.now();
    if (this.#counted === null || now - this.#counted.atMs >= countAgainMs)
      this.#counted = { waiting: countWaiting(this.#db, this.#covered), atMs: now };
    return this.#counted.waiting;
  }

  /** What was known counts for nothing any more. */
  forget(): void {
    this.#counted = null;
  }

  add(more: number): void {
    if (this.#counted === null) return;
    const { count, oldestWallMs } = this.#counted.waiting;
    const sum = Math.max(0, count + more);
    const oldest = sum === 0 ? null : (oldestWallMs ?? Date.now());
    this.#counted = { ...this.#counted, waiting: { count: sum, oldestWallMs: oldest } };
  }
}

function countWaiting(db: Database.Database, covered: Covered): Waiting {
  const range = 'WHERE id BETWEEN @from AND @to';
  const count = db
    .prepare<[object], number>(
      `SELECT (SELECT COUNT(*) FROM records ${range} AND kind <> 'cycle')
        + (SELECT COUNT(*) FROM cycles ${range})`,
    )
    .pluck();
  const oldest = db
    .prepare<[object], number>(`SELECT wall_ms FROM records ${range} ORDER BY id LIMIT 1`)
    .pluck();
  let total = 0;
  let oldestWallMs: number | null = null;
  let gap = covered.gap(0, Number.MAX_SAFE_INTEGER);
  while (gap !== null) {
    const [from, to] = gap;
    total += Number(count.get({ from, to }));
    oldestWallMs ??= oldest.get({ from, to }) ?? null;
    gap = covered.gap(to, Number.MAX_SAFE_INTEGER);
  }
  return { count: total, oldestWallMs };
}
