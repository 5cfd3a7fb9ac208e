/** Opening the store's file with the settings that its promises rest on. */
import Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import { assertBegun, assertOurs, migrate, migrations } from './migrations.ts';
import { asStoreError } from './trouble.ts';

/** Of a new file: each commit writes whole pages, and a shot needs little. */
export const newPageSize = 512;
const walLimitBytes = 8 * 1024 * 1024;
/** Bytes of log after which it is put back into the file: the later, the fewer pages twice. */
const checkpointBytes = 6 * 1024 * 1024;
const busyMs = 3000;
/** The newest pages are what is written to; the file is far larger than any sensible cache. */
const cacheKiB = 4096;
/** What only alerts, gap records and bookkeeping may take; less in a tiny store. */
const reserveBytes = 1024 * 1024;
const incremental = 2;
const full = 2;

export interface DatabaseOptions {
  readonly path: string;
  /** Byte cap of the file, in MiB. */
  readonly maxMiB: number;
}

export interface PageCap {
  /** For everything. */
  readonly ordinary: number;
  /** For what must be kept last of all. */
  readonly urgent: number;
}

/** In pages of this file, whose size was fixed when it was made. */
export function pageCap(db: Database.Database, maxMiB: number): PageCap {
  const pageBytes = pageSizeOf(db);
  const urgent = Math.max(64, Math.floor((maxMiB * 1024 * 1024) / pageBytes));
  const reserve = Math.min(reserveBytes / pageBytes, Math.floor(urgent / 8));
  return { urgent, ordinary: urgent - reserve };
}

function pageSizeOf(db: Database.Database): number {
  return Number(db.pragma('page_size', { simple: true }));
}

/** SQLite sets `max_page_count` at once and never below the pages already there. */
export function setPageCap(db: Database.Database, pages: number): void {
  db.pragma(`max_page_count = ${pages}`);
}

function assertSetting(db: Database.Database, name: string, expected: unknown): void {
  const actual = db.pragma(name, { simple: true });
  if (actual === expected) return;
  throw new PpuriError('store-unavailable', `${name} is ${actual}, not ${expected}`, {
    operation: 'open the store',
    subject: db.name,
    hint: 'the file was changed by another program: move it away and start again',
  });
}

/**
 * Setting auto_vacuum fixes the page size, and the change to WAL fixes both: hence this order. On a
 * file that exists both are ignored.
 */
function configure(db: Database.Database, options: DatabaseOptions): void {
  db.pragma(`page_size = ${newPageSize}`);
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma(`busy_timeout = ${busyMs}`);
  db.pragma(`cache_size = -${cacheKiB}`);
  db.pragma(`journal_size_limit = ${walLimitBytes}`);
  db.pragma(`wal_autocheckpoint = ${Math.floor(checkpointBytes / pageSizeOf(db))}`);
  setPageCap(db, pageCap(db, options.maxMiB).urgent);
  assertSetting(db, 'auto_vacuum', incremental);
  assertSetting(db, 'journal_mode', 'wal');
}

/** A write, because WAL falls back to its compiled-in `synchronous` on the first one. */
function assertDurable(db: Database.Database): void {
  db.prepare(
    `INSERT INTO meta (name, value) VALUES ('opened', ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ).run(String(Date.now()));
  assertSetting(db, 'synchronous', full);
}

/**
 * Whatever a killed agent, or one whose sync failed, left in the log is written into the file and
 * synced. A full disk keeps it in the log, where the write just before has synced it.
 */
function emptyLog(db: Database.Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (thrown) {
    if (asStoreError(thrown, '', '').code !== 'store-full') throw thrown;
  }
}

/** Opens for writing, creates and migrates as needed, from a newer layout back too. Throws PpuriError `store-*`. */
export function openDatabase(options: DatabaseOptions): Database.Database {
  let db: Database.Database | null = null;
  try {
    db = new Database(options.path, { timeout: busyMs });
    assertOurs(db, migrations, 'migrating');
    configure(db, options);
    migrate(db);
    assertDurable(db);
    emptyLog(db);
    return db;
  } catch (thrown) {
    db?.close();
    throw asStoreError(thrown, 'open the store', options.path);
  }
}

/** Opens for reading only, for commands that run while no agent does. Throws `store-*`. */
export function openReadOnly(path: string): Database.Database {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: busyMs });
    assertOurs(db);
    assertBegun(db);
    return db;
  } catch (thrown) {
    db?.close();
    throw asStoreError(thrown, 'open the store for reading', path, 'reader');
  }
}
