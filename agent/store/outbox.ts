/**
 * What each target has of the store. A target's state is a few ranges of ids, not a row a record;
 * they are saved now and then, since what is sent again after a kill is dropped by its key.
 */
import type Database from 'better-sqlite3';
import { Covered, type Range } from './covered.ts';
import { type ReadRecord, readRecords } from './read-records.ts';

export type Lane = 'live' | 'backlog';

export interface OutboxRecord extends ReadRecord {
  /** Ids from here to its own are settled with it: no record will ever be kept in between. */
  readonly coversFrom: number;
}

const bootSpan = 2 ** 40;
const saveEveryRecords = 2000;
const saveEveryMs = 10_000;

interface SavedState {
  upto: number;
  ahead: string;
}

/** Forgets targets that are no longer configured: nothing waits for them. */
export function keepTargets(db: Database.Database, names: readonly string[]): void {
  const known = db.prepare<[], string>('SELECT target FROM deliveries').pluck().all();
  for (const name of known)
    if (!names.includes(name)) db.prepare('DELETE FROM deliveries WHERE target = ?').run(name);
}

export class Outbox {
  readonly #db: Database.Database;
  readonly #target: string;
  readonly #covered: Covered;
  readonly #current: number;
  #backlogAfter = 0;
  #backlogTop = 0;
  #liveAfter = 0;
  #unsaved = 0;
  #savedMs = performance.now();

  /** The newest start must be registered already. */
  constructor(db: Database.Database, target: string) {
    this.#db = db;
    this.#target = target;
    this.#current = Number(db.prepare('SELECT MAX(ordinal) FROM boots').pluck().get() ?? 0);
    db.prepare(
      `INSERT INTO deliveries (target, upto, ahead) VALUES (?, 0, '[]') ON CONFLICT DO NOTHING`,
    ).run(target);
    const saved = db
      .prepare<[string], SavedState>('SELECT upto, ahead FROM deliveries WHERE target = ?')
      .get(target) as SavedState;
    this.#covered = new Covered(JSON.parse(saved.ahead) as Range[]);
    if (saved.upto > 0) this.#covered.add(1, saved.upto);
  }

  /** A connection begins: all that is kept by now and not acknowledged is backlog. */
  begin(): void {
    const newest = this.#db.prepare('SELECT MAX(id) FROM records').pluck().get();
    this.#backlogTop = Number(newest ?? 0);
    this.#liveAfter = this.#backlogTop;
    this.#backlogAfter = 0;
  }

  /** A record kept after ones with higher seqs (it waited for room) is backlog, not passed over. */
  committed(seqs: readonly number[]): void {
    const base = this.#current * bootSpan;
    const late = seqs.some((seq) => base + seq <= Math.max(this.#liveAfter, this.#backlogAfter));
    if (late && seqs.some((seq) => !this.#covered.has(base + seq))) this.begin();
  }

  /** The next records of a lane, in order; what was given is not given again on this connection. */
  next(lane: Lane, limit: number): OutboxRecord[] {
    for (;;) {
      const upTo = lane === 'live' ? Number.MAX_SAFE_INTEGER : this.#backlogTop;
      const after = lane === 'live' ? this.#liveAfter : this.#backlogAfter;
      const gap = this.#covered.gap(after, upTo);
      if (gap === null) return [];
      const [from, to] = gap;
      const rows = readRecords(this.#db, { after: from - 1, upTo: to, limit });
      const last = rows.at(-1);
      if (last !== undefined) {
        this.#advance(lane, lane === 'backlog' && rows.length < limit ? to : last.id);
        return this.#withCover(rows, from - 1);
      }
      if (lane === 'live') return [];
      // Removed to make room, or never kept: final where the start is over.
      if (to < this.#current * bootSpan) this.#covered.add(from, to);
      this.#advance(lane, to);
    }
  }

  #advance(lane: Lane, to: number): void {
    if (lane === 'live') this.#liveAfter = to;
    else this.#backlogAfter = to;
  }

  #withCover(rows: readonly ReadRecord[], before: number): OutboxRecord[] {
    let previous = before;
    return rows.map((row) => {
      const final = row.id < this.#current * bootSpan;
      const firstOfThisStart = row.id === this.#current * bootSpan + 1;
      const coversFrom = final || firstOfThisStart ? previous + 1 : row.id;
      previous = row.id;
      return { ...row, coversFrom };
    });
  }

  /** Acknowledged by the target, in any order. */
  done(records: readonly OutboxRecord[]): void {
    for (const { coversFrom, id } of records) this.#covered.add(coversFrom, id);
    this.#unsaved += records.length;
    const age = performance.now() - this.#savedMs;
    if (this.#unsaved >= saveEveryRecords || age >= saveEveryMs) this.save();
  }

  /** Throws what SQLite throws; nothing is lost by it but repeats. */
  save(): void {
    if (this.#unsaved === 0) return;
    const [first, ...rest] = this.#covered.ranges;
    const atStart = first !== undefined && first[0] === 1;
    const ahead = first === undefined || atStart ? rest : [first, ...rest];
    this.#db
      .prepare('UPDATE deliveries SET upto = ?, ahead = ? WHERE target = ?')
      .run(atStart ? first[1] : 0, JSON.stringify(ahead), this.#target);
    this.#unsaved = 0;
    this.#savedMs = performance.now();
  }
}
