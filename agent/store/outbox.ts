/**
 * What each target has of the store. A target's state is a few ranges of ids, not a row a record;
 * they are saved now and then, since what is sent again after a kill is dropped by its key.
 */
import type Database from 'better-sqlite3';
import { Covered, type Range } from './covered.ts';
import { type ReadRecord, readRecords } from './read-records.ts';

export type Lane = 'live' | 'backlog';

export interface OutboxRecord extends ReadRecord {
  /** Kept before this connection began. */
  readonly historical: boolean;
}

const bootSpan = 2 ** 40;
/** The newest ones at the start of a connection go before the backlog: a short break delays nothing. */
export const recentRecords = 500;
const mostOwed = 100;
const saveEveryRecords = 2000;
const saveEveryMs = 10_000;
const countAgainMs = 10_000;

interface SavedState {
  upto: number;
  ahead: string;
}

export interface Waiting {
  readonly count: number;
  /** Ms since 1970 UTC by the gateway's clock; null: none waits. */
  readonly oldestWallMs: number | null;
}

/** Forgets targets that are no longer configured: nothing waits for them. What was refused stays told. */
export function keepTargets(db: Database.Database, names: readonly string[]): void {
  const known = db.prepare<[], string>('SELECT target FROM deliveries').pluck().all();
  for (const name of known)
    if (!names.includes(name)) db.prepare('DELETE FROM deliveries WHERE target = ?').run(name);
}

export class Outbox {
  readonly #db: Database.Database;
  readonly #target: string;
  readonly #recent: number;
  readonly #covered: Covered;
  /** Ids below it without a record will never have one. */
  #finalBelow: number;
  readonly #base: number;
  #fresh = 0;
  #backlogAfter = 0;
  #backlogTop = 0;
  #liveStart = 0;
  #liveAfter = 0;
  /** Given in the live lane on earlier connections, and not acknowledged for all that is known. */
  #owed: Range[] = [];
  #again: Range[] = [];
  #unsaved = 0;
  #refused = new Map<number, string>();
  #savedMs = performance.now();
  #counted: { waiting: Waiting; atMs: number } | null = null;

  /** The newest start must be registered already. `recent`: records of the past that go first. */
  constructor(db: Database.Database, target: string, recent: number) {
    this.#db = db;
    this.#target = target;
    this.#recent = recent;
    this.#base = Number(db.prepare('SELECT MAX(ordinal) FROM boots').pluck().get() ?? 0) * bootSpan;
    this.#finalBelow = this.#base + 1;
    db.prepare(
      `INSERT INTO deliveries (target, upto, ahead) VALUES (?, 0, '[]') ON CONFLICT DO NOTHING`,
    ).run(target);
    const saved = db
      .prepare<[string], SavedState>('SELECT upto, ahead FROM deliveries WHERE target = ?')
      .get(target) as SavedState;
    this.#covered = new Covered(JSON.parse(saved.ahead) as Range[]);
    if (saved.upto > 0) this.#covered.add(1, saved.upto);
  }

  /** A connection begins: all that is kept by now is of the past, and all but the newest is backlog. */
  begin(): void {
    const newest = 'SELECT id FROM records ORDER BY id DESC LIMIT 1 OFFSET ?';
    const idAt = (offset: number): number =>
      Number(this.#db.prepare(newest).pluck().get(offset) ?? 0);
    this.#fresh = idAt(0);
    this.#backlogTop = idAt(this.#recent);
    if (this.#recent > 0) this.#oweBelow(this.#backlogTop);
    this.#liveStart = this.#backlogTop;
    this.#liveAfter = this.#backlogTop;
    this.#backlogAfter = 0;
    this.#counted = null;
  }

  /**
   * What the live lane gave and is not acknowledged stays at its head: it may be under way still, and
   * must not arrive behind later ones.
   */
  #oweBelow(top: number): void {
    if (this.#liveAfter > this.#liveStart) this.#owed.push([this.#liveStart + 1, this.#liveAfter]);
    this.#owed = this.#owed
      .flatMap(([from, to]) => {
        const gap = this.#covered.gap(from - 1, Math.min(to, top));
        return gap === null ? [] : [[gap[0], Math.min(to, top)] as const];
      })
      .slice(-mostOwed);
    this.#again = [...this.#owed];
  }

  /**
   * Records of this start were kept. One kept after others with higher seqs (it waited for room) is
   * given after all, not passed over. `settledBelow`: no seq below it will be kept any more.
   */
  committed(seqs: readonly number[], settledBelow: number): void {
    const highest = seqs.reduce((most, seq) => Math.max(most, seq), 0);
    this.#finalBelow = Math.max(this.#finalBelow, this.#base + Math.min(settledBelow, highest + 1));
    this.#count(seqs.length);
    const late = seqs.map((seq) => this.#base + seq).filter((id) => id <= this.#liveAfter);
    if (late.some((id) => !this.#covered.has(id))) this.begin();
  }

  /** The next records of a lane, in order; what was given is not given again on this connection. */
  next(lane: Lane, limit: number): OutboxRecord[] {
    const again = lane === 'live' ? this.#nextAgain(limit) : [];
    if (again.length > 0) return again;
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
        return rows.map((row) => ({ ...row, historical: row.id <= this.#fresh }));
      }
      if (to === Number.MAX_SAFE_INTEGER) return [];
      this.#advance(lane, to);
    }
  }

  #nextAgain(limit: number): OutboxRecord[] {
    for (;;) {
      const [first, ...rest] = this.#again;
      const gap = first === undefined ? null : this.#covered.gap(first[0] - 1, first[1]);
      if (first === undefined) return [];
      const rows =
        gap === null ? [] : readRecords(this.#db, { after: gap[0] - 1, upTo: gap[1], limit });
      const next = rows.at(-1)?.id ?? gap?.[1] ?? first[1];
      this.#again = next < first[1] ? [[next + 1, first[1]], ...rest] : rest;
      if (rows.length > 0) return rows.map((row) => ({ ...row, historical: true }));
    }
  }

  #advance(lane: Lane, to: number): void {
    if (lane === 'live') this.#liveAfter = to;
    else this.#backlogAfter = to;
  }

  /** Acknowledged by the target, in any order. */
  done(records: readonly OutboxRecord[]): void {
    for (const { id } of records) this.#covered.add(id, id);
    this.#noted(records.length);
  }

  /** Can never be taken by the target, because `why`: it is no longer given, and counted as a gap. */
  refused({ id }: OutboxRecord, why: string): void {
    this.#covered.add(id, id);
    this.#refused.set(id, why);
    this.#noted(1);
  }

  #noted(count: number): void {
    this.#count(-count);
    this.#unsaved += count;
    const age = performance.now() - this.#savedMs;
    if (this.#unsaved >= saveEveryRecords || age >= saveEveryMs) this.save();
  }

  /** Throws what SQLite throws; nothing is lost by it but repeats. */
  save(): void {
    if (this.#unsaved === 0) return;
    this.#closeHoles();
    const [first, ...rest] = this.#covered.ranges;
    const atStart = first !== undefined && first[0] === 1;
    const ahead = first === undefined || atStart ? rest : [first, ...rest];
    this.#db
      .transaction(() => {
        this.#db
          .prepare('UPDATE deliveries SET upto = ?, ahead = ? WHERE target = ?')
          .run(atStart ? first[1] : 0, JSON.stringify(ahead), this.#target);
        const refuse = this.#db.prepare('INSERT OR REPLACE INTO refusals VALUES (?, ?, ?)');
        for (const [id, why] of this.#refused) refuse.run(this.#target, id, why);
      })
      .immediate();
    this.#refused = new Map();
    this.#unsaved = 0;
    this.#savedMs = performance.now();
  }

  /** Ids that no record has or will have part no ranges: `upto` must not wait for them. */
  #closeHoles(): void {
    const top = this.#finalBelow - 1;
    const any = this.#db
      .prepare<[number, number], number>(
        'SELECT id FROM records WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1',
      )
      .pluck();
    let gap = this.#covered.gap(0, top);
    while (gap !== null) {
      const [from, to] = gap;
      const last = any.get(from, to) ?? from - 1;
      if (last < to) this.#covered.add(last + 1, to);
      gap = this.#covered.gap(to, top);
    }
  }

  /** How many records the target lacks. Counted at most each 10 s; in between the sum is carried on. */
  waiting(): Waiting {
    const now = performance.now();
    if (this.#counted === null || now - this.#counted.atMs >= countAgainMs)
      this.#counted = { waiting: this.#countWaiting(), atMs: now };
    return this.#counted.waiting;
  }

  #count(more: number): void {
    if (this.#counted === null) return;
    const { count, oldestWallMs } = this.#counted.waiting;
    const sum = Math.max(0, count + more);
    const oldest = sum === 0 ? null : (oldestWallMs ?? Date.now());
    this.#counted = { ...this.#counted, waiting: { count: sum, oldestWallMs: oldest } };
  }

  #countWaiting(): Waiting {
    const range = 'WHERE id BETWEEN @from AND @to';
    const count = this.#db
      .prepare<[object], number>(
        `SELECT (SELECT COUNT(*) FROM records ${range} AND kind <> 'cycle')
          + (SELECT COUNT(*) FROM cycles ${range})`,
      )
      .pluck();
    const oldest = this.#db
      .prepare<[object], number>(`SELECT wall_ms FROM records ${range} ORDER BY id LIMIT 1`)
      .pluck();
    let total = 0;
    let oldestWallMs: number | null = null;
    let gap = this.#covered.gap(0, Number.MAX_SAFE_INTEGER);
    while (gap !== null) {
      const [from, to] = gap;
      total += Number(count.get({ from, to }));
      oldestWallMs ??= oldest.get({ from, to }) ?? null;
      gap = this.#covered.gap(to, Number.MAX_SAFE_INTEGER);
    }
    return { count: total, oldestWallMs };
  }
}
