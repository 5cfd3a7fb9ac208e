/**
 * What each target has of the store. A target's state is a few ranges of ids, not a row a record;
 * they are saved now and then, since what is sent again after a kill is dropped by its key.
 */
import type Database from 'better-sqlite3';
import { AlertLane } from './alert-lane.ts';
import { Covered, type Range } from './covered.ts';
import type { DeliveryMemory } from './delivery.ts';
import { type ReadRecord, readRecords } from './read-records.ts';
import { asStoreError } from './trouble.ts';
import { type Waiting, WaitingCount } from './waiting.ts';

/** First to last. Alerts of this start, and those among the newest of the past, wait for nothing. */
export type Lane = 'alert' | 'live' | 'backlog';

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

interface SavedState {
  upto: number;
  ahead: string;
}

export interface OutboxOptions {
  readonly target: string;
  /** Records of the past that go first; 0: the target is one stream. */
  readonly recent: number;
  /** Holds what could not be written down, from one opening of the store to the next. */
  readonly memory?: DeliveryMemory;
  /** The store has no room for a note; what it would say is remembered, and noted later. */
  readonly onUnsaved?: (thrown: unknown) => void;
}

/** Forgets targets that are no longer configured: nothing waits for them. What was refused stays told. */
export function keepTargets(db: Database.Database, names: readonly string[]): void {
  const known = db.prepare<[], string>('SELECT target FROM deliveries').pluck().all();
  for (const name of known)
    if (!names.includes(name)) db.prepare('DELETE FROM deliveries WHERE target = ?').run(name);
}

/** Which store this is: ids of one say nothing of another that was begun in its place. */
function storeKey(db: Database.Database): string {
  const newest = 'SELECT ordinal, boot FROM boots ORDER BY ordinal DESC LIMIT 1';
  return JSON.stringify(db.prepare(newest).get() ?? null);
}

export class Outbox {
  readonly #db: Database.Database;
  readonly #options: OutboxOptions;
  readonly #target: string;
  readonly #recent: number;
  readonly #covered: Covered;
  readonly #waiting: WaitingCount;
  readonly #alerts: AlertLane;
  /** Ids below it without a record will never have one. */
  #finalBelow: number;
  readonly #base: number;
  /** Nothing of the store was with the target when this outbox began, and it had something. */
  readonly isAnew: boolean;
  #fresh = 0;
  #backlogAfter = 0;
  #backlogTop = 0;
  #liveStart = 0;
  #liveAfter = 0;
  /** Given in the live lane on earlier connections, and not acknowledged for all that is known. */
  #owed: Range[] = [];
  #again: Range[] = [];
  /** Not given for the time being. */
  readonly #aside = new Set<number>();
  #unsaved = 0;
  #refused = new Map<number, string>();
  #undeliverable: number;
  #forgetRefusals = false;
  #savedMs = performance.now();

  /** The newest start must be registered already. */
  constructor(db: Database.Database, options: OutboxOptions) {
    this.#db = db;
    this.#options = options;
    this.#target = options.target;
    this.#recent = options.recent;
    this.#base = Number(db.prepare('SELECT MAX(ordinal) FROM boots').pluck().get() ?? 0) * bootSpan;
    this.#finalBelow = this.#base + 1;
    this.#alerts = new AlertLane(db);
    const isNew = this.#register();
    const saved = db
      .prepare<[string], SavedState>('SELECT upto, ahead FROM deliveries WHERE target = ?')
      .get(this.#target) as SavedState;
    this.#covered = new Covered(JSON.parse(saved.ahead) as Range[]);
    if (saved.upto > 0) this.#covered.add(1, saved.upto);
    this.#waiting = new WaitingCount(db, this.#covered);
    this.#undeliverable = Number(
      db.prepare('SELECT COUNT(*) FROM refusals WHERE target = ?').pluck().get(this.#target),
    );
    this.#recall();
    this.isAnew = isNew && this.waiting().count > 0;
    this.#alerts.from = this.#idAt(recentRecords);
  }

  /** True for a target that the store does not know, or no longer: what was refused then comes again too. */
  #register(): boolean {
    return this.#db
      .transaction(() => {
        const { changes } = this.#db
          .prepare(
            `INSERT INTO deliveries (target, upto, ahead) VALUES (?, 0, '[]') ON CONFLICT DO NOTHING`,
          )
          .run(this.#target);
        if (changes > 0)
          this.#db.prepare('DELETE FROM refusals WHERE target = ?').run(this.#target);
        return changes > 0;
      })
      .immediate();
  }

  /** What an earlier opening of this store could not write down. */
  #recall(): void {
    const { memory } = this.#options;
    const known = memory?.get(this.#target);
    memory?.delete(this.#target);
    if (known === undefined || known.store !== storeKey(this.#db)) return;
    for (const [from, to] of known.ranges) this.#covered.add(from, to);
    this.#refused = new Map(known.refused);
    this.#undeliverable += this.#refused.size;
    this.#unsaved = 1;
  }

  /** Id of the newest record but so many; 0: there are no more. */
  #idAt(offset: number): number {
    const newest = 'SELECT id FROM records ORDER BY id DESC LIMIT 1 OFFSET ?';
    return Number(this.#db.prepare(newest).pluck().get(offset) ?? 0);
  }

  /** Records it can never take, of all starts. */
  get undeliverable(): number {
    return this.#undeliverable;
  }

  /** A connection begins: all that is kept by now is of the past, and all but the newest is backlog. */
  begin(): void {
    this.#fresh = this.#idAt(0);
    if (this.#recent === 0) this.#alerts.from = this.#fresh;
    this.#alerts.begin();
    this.#backlogTop = this.#idAt(this.#recent);
    if (this.#recent > 0) this.#oweBelow(this.#backlogTop);
    this.#liveStart = this.#backlogTop;
    this.#liveAfter = this.#backlogTop;
    this.#backlogAfter = 0;
    this.#waiting.forget();
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
    this.#waiting.add(seqs.length);
    const ids = seqs.map((seq) => this.#base + seq);
    this.#alerts.committed(ids);
    const late = ids.filter((id) => id <= this.#liveAfter);
    if (late.some((id) => !this.#covered.has(id))) this.begin();
  }

  /** The next records of a lane, in order; what was given is not given again on this connection. */
  next(lane: Lane, limit: number): OutboxRecord[] {
    if (lane === 'alert') return this.#nextAlerts(limit);
    const again = lane === 'live' ? this.#nextAgain(limit) : [];
    if (again.length > 0) return again;
    for (;;) {
      const upTo = lane === 'live' ? Number.MAX_SAFE_INTEGER : this.#backlogTop;
      const after = lane === 'live' ? this.#liveAfter : this.#backlogAfter;
      const gap = this.#covered.gap(after, upTo);
      if (gap === null) return [];
      const [from, to] = gap;
      const rows = readRecords(this.#db, { after: from - 1, upTo: to, limit });
      const given = this.#given(rows);
      const whole = rows.length < limit;
      // Behind the newest alert others may still be kept: they have waited for their commit longer.
      if (lane === 'live' && whole && to === Number.MAX_SAFE_INTEGER)
        this.#liveAfter = given.at(-1)?.id ?? this.#liveAfter;
      else this.#advance(lane, whole ? to : (rows.at(-1)?.id ?? to));
      if (given.length > 0) return given;
      if (whole && to === Number.MAX_SAFE_INTEGER) return [];
    }
  }

  /** Without those that are aside, or have a lane of their own. */
  #given(rows: readonly ReadRecord[]): OutboxRecord[] {
    return rows
      .filter((row) => !this.#aside.has(row.id) && !this.#alerts.has(row))
      .map((row) => this.#dated(row));
  }

  #nextAlerts(limit: number): OutboxRecord[] {
    const skip = (id: number): boolean => this.#covered.has(id) || this.#aside.has(id);
    return this.#alerts.next(limit, skip).map((row) => this.#dated(row));
  }

  #dated(row: ReadRecord): OutboxRecord {
    return { ...row, historical: row.id <= this.#fresh };
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
      const given = this.#given(rows).map((row) => ({ ...row, historical: true }));
      if (given.length > 0) return given;
    }
  }

  #advance(lane: Lane, to: number): void {
    if (lane === 'live') this.#liveAfter = to;
    else this.#backlogAfter = to;
  }

  /** Acknowledged by the target, in any order. */
  done(records: readonly OutboxRecord[]): void {
    for (const { id } of records) {
      this.#covered.add(id, id);
      this.#aside.delete(id);
    }
    this.#noted(records.length);
  }

  /** Can never be taken by the target, because `why`: it is no longer given, and counted as a gap. */
  refused({ id }: OutboxRecord, why: string): void {
    this.#covered.add(id, id);
    this.#aside.delete(id);
    this.#refused.set(id, why);
    this.#undeliverable += 1;
    this.#noted(1);
  }

  /** Whether it is left out for the time being; it stays pending. */
  aside({ id }: OutboxRecord, isAside: boolean): void {
    if (isAside) this.#aside.add(id);
    else this.#aside.delete(id);
  }

  /** All that was refused for good waits again. How many there are. Throws what SQLite throws. */
  retry(): number {
    const told = this.#db
      .prepare<[string], number>('SELECT id FROM refusals WHERE target = ?')
      .pluck()
      .all(this.#target);
    const ids = new Set([...told, ...this.#refused.keys()]);
    for (const id of ids) this.#covered.remove(id);
    this.#refused = new Map();
    this.#undeliverable = 0;
    this.#forgetRefusals = true;
    this.#unsaved += 1;
    this.save();
    this.begin();
    return ids.size;
  }

  #noted(count: number): void {
    this.#waiting.add(-count);
    this.#unsaved += count;
    const age = performance.now() - this.#savedMs;
    if (this.#unsaved < saveEveryRecords && age < saveEveryMs) return;
    try {
      this.save();
    } catch (thrown) {
      if (asStoreError(thrown, 'note what was delivered', this.#target).code !== 'store-full')
        throw thrown;
      // A full store does not stop delivery: what is with the target is known here.
      this.#savedMs = performance.now();
      this.#options.onUnsaved?.(thrown);
    }
  }

  /** Throws what SQLite throws; what could not be written down is remembered for the next opening. */
  close(): void {
    try {
      this.save();
    } catch (thrown) {
      this.#options.memory?.set(this.#target, {
        store: storeKey(this.#db),
        ranges: this.#covered.ranges,
        refused: [...this.#refused],
      });
      throw thrown;
    }
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
        if (this.#forgetRefusals)
          this.#db.prepare('DELETE FROM refusals WHERE target = ?').run(this.#target);
        const refuse = this.#db.prepare('INSERT OR REPLACE INTO refusals VALUES (?, ?, ?)');
        for (const [id, why] of this.#refused) refuse.run(this.#target, id, why);
      })
      .immediate();
    this.#forgetRefusals = false;
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

  /** How many records the target lacks. Throws what SQLite throws. */
  waiting(): Waiting {
    return this.#waiting.now();
  }
}
