/** Alerts on their way to a target, ahead of everything else. */
import type Database from 'better-sqlite3';
import { type ReadRecord, readRecords } from './read-records.ts';

const atOnce = 200;

export class AlertLane {
  readonly #db: Database.Database;
  readonly #ids: Database.Statement<[number], number>;
  readonly #given = new Set<number>();
  #after = 0;
  /** Alerts above this id are of this lane. */
  from = 0;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#ids = db
      .prepare<[number], number>(
        `SELECT id FROM records WHERE kind = 'alert' AND kind <> 'cycle' AND id > ?
           ORDER BY id LIMIT ${atOnce}`,
      )
      .pluck();
  }

  /** A connection begins: nothing was given on it. */
  begin(): void {
    this.#after = this.from;
    this.#given.clear();
  }

  has({ id, body }: ReadRecord): boolean {
    return body.kind === 'alert' && id > this.from;
  }

  /** Records were kept; those that waited for room may be below what was given already. */
  committed(ids: readonly number[]): void {
    const first = ids.reduce((least, id) => Math.min(least, id), this.#after + 1);
    this.#after = Math.max(this.from, first - 1);
  }

  /** The next ones in order, without those that `skip` says; each once on a connection. */
  next(limit: number, skip: (id: number) => boolean): ReadRecord[] {
    const records: ReadRecord[] = [];
    for (;;) {
      const ids = this.#ids.all(this.#after);
      for (const id of ids) {
        if (records.length >= limit) return records;
        this.#after = id;
        if (skip(id) || this.#given.has(id)) continue;
        this.#given.add(id);
        records.push(...readRecords(this.#db, { after: id - 1, upTo: id, limit: 1 }));
      }
      if (ids.length < atOnce) return records;
    }
  }
}
