/** Keeps the store within its cap and alive on a full disk: evicts, gives up the ballast, shrinks. */
import { existsSync, statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import type { PageCap } from './database.ts';
import { type Evicted, Evictor, type Part } from './evict.ts';
import type { StorePaths } from './paths.ts';
import type { KeepDays } from './protocol.ts';
import { olderThan } from './retention.ts';
import { dropBallast, lengthenWal, makeBallast, walBytes } from './spare.ts';

/** A full disk costs no old records before the store has this much. */
const floorBytes = 512 * 1024;
/** What is freed at once when there is no more room, at least. */
const leastFreedBytes = 256 * 1024;
const ageEveryMs = 600_000;
const ageStepsAtOnce = 8;
/** A log that a reader elsewhere pins grows up to this; alerts may make it twice as long. */
const walMostBytes = { ordinary: 8 * walBytes, urgent: 16 * walBytes } as const;
/** Of a log that is this long it is said that somebody pins it. */
const walPinnedBytes = 2 * walBytes;

export interface RoomEvents {
  evicted(done: Evicted): void;
  /** Spare room could not be taken; the store works without. */
  noSpare(thrown: unknown): void;
  /** A reader elsewhere keeps the log from being put back. */
  pinned(bytes: number): void;
}

export class Room {
  readonly #db: Database.Database;
  readonly #paths: StorePaths;
  readonly #cap: PageCap;
  readonly #keep: KeepDays;
  readonly #events: RoomEvents;
  readonly #evictor: Evictor;
  readonly #pageBytes: number;
  #aged = Number.NEGATIVE_INFINITY;
  #shrink = false;
  #saidNoSpare = false;
  #saidPinned = false;

  constructor(
    db: Database.Database,
    paths: StorePaths,
    limits: { readonly cap: PageCap; readonly keep: KeepDays },
    events: RoomEvents,
  ) {
    this.#db = db;
    this.#paths = paths;
    this.#cap = limits.cap;
    this.#keep = limits.keep;
    this.#events = events;
    this.#evictor = new Evictor(db);
    this.#pageBytes = this.#pragma('page_size');
    this.takeSpare();
  }

  #pragma(name: string): number {
    return Number(this.#db.pragma(name, { simple: true }));
  }

  #usedPages(): number {
    return this.#pragma('page_count') - this.#pragma('freelist_count');
  }

  /** Pages that are kept free below the cap, so that a batch of records always fits. */
  get #slack(): number {
    const bytes = Math.min(4 * 1024 * 1024, (this.#cap.ordinary * this.#pageBytes) / 16);
    return Math.ceil(bytes / this.#pageBytes);
  }

  /** Before a commit: evicts when the cap is near. Throws what SQLite says. */
  beforeCommit(): void {
    if (this.#usedPages() > this.#cap.ordinary - this.#slack)
      this.#evictTo(this.#cap.ordinary - 2 * this.#slack);
    if (performance.now() - this.#aged > ageEveryMs) this.#evictAged();
  }

  /** After a commit failed for want of room: true when it may be tried again. */
  afterFull(): boolean {
    const dropped = dropBallast(this.#paths.ballast);
    this.#shrink = true;
    if (this.#usedPages() * this.#pageBytes < floorBytes) return dropped;
    const freed = Math.ceil(leastFreedBytes / this.#pageBytes);
    return this.#evictTo(this.#usedPages() - freed) || dropped;
  }

  /** Now and then, between commits: puts the log and the spare room right. Throws what SQLite says. */
  tend(): void {
    this.#boundWal();
    if (this.#shrink) this.#giveBack();
    this.takeSpare();
  }

  #walBytes(): number {
    return statSync(`${this.#paths.database}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * A reader elsewhere that never ends would make the log grow over the whole disk. Throws
   * `store-full`, which no eviction helps against.
   */
  assertLogBounded(level: keyof typeof walMostBytes): void {
    if (this.#walBytes() <= walMostBytes[level]) return;
    const { database } = this.#paths;
    throw new PpuriError('store-full', 'another program reads the store without end', {
      operation: 'put the write-ahead log back',
      subject: database,
      hint: `end the program that has ${database} open (fuser shows it); records wait in memory until then`,
    });
  }

  /** Lengthens the log and makes the ballast where there is room for them. */
  takeSpare(): void {
    try {
      lengthenWal(this.#paths.database);
      makeBallast(this.#paths.ballast);
      this.#shrink &&= !existsSync(this.#paths.ballast);
      this.#saidNoSpare = false;
    } catch (thrown) {
      if (!this.#saidNoSpare) this.#events.noSpare(thrown);
      this.#saidNoSpare = true;
    }
  }

  /** Whoever reads just now is not waited for: alerts would wait as well. */
  #boundWal(): void {
    if (this.#walBytes() > walBytes) {
      const busyMs = this.#pragma('busy_timeout');
      this.#db.pragma('busy_timeout = 0');
      try {
        this.#db.pragma('wal_checkpoint(TRUNCATE)');
      } finally {
        this.#db.pragma(`busy_timeout = ${busyMs}`);
      }
    }
    const bytes = this.#walBytes();
    const pinned = bytes > walPinnedBytes;
    if (pinned && !this.#saidPinned) this.#events.pinned(bytes);
    this.#saidPinned = pinned;
  }

  /** On a full disk, free pages go back to it, so that the ballast can be had again. */
  #giveBack(): void {
    this.#db.pragma('incremental_vacuum(2048)');
  }

  /** False when nothing could be evicted. */
  #evictTo(pages: number): boolean {
    let any = false;
    while (this.#usedPages() > pages) {
      const done = this.#evictor.step();
      if (done.count === 0) break;
      any = true;
      this.#events.evicted(done);
    }
    return any;
  }

  /** A bounded number of steps; what is left goes at the next commit. */
  #evictAged(): void {
    const { readingsDays, featuresDays, recordsDays } = this.#keep;
    const parts: [Part, number][] = [
      ['readings', readingsDays],
      ['features', featuresDays],
      ['event', recordsDays],
      ['shot-energy', recordsDays],
      ['cycle', recordsDays],
      ['stop', recordsDays],
    ];
    for (const [part, days] of parts) {
      if (days <= 0) continue;
      const upTo = olderThan(this.#db, days);
      for (let step = 0; step < ageStepsAtOnce; step += 1) {
        const done = this.#evictor.stepOf(part, upTo);
        if (done.count === 0) break;
        this.#events.evicted(done);
        if (step === ageStepsAtOnce - 1) return;
      }
    }
    this.#aged = performance.now();
  }
}
