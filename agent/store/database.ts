/** Opening the store's file with the settings that its promises rest on. */
import Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import { assertBegun, assertOurs, migrate } from './migrations.ts';
import { asStoreError } from './trouble.ts';

export const pageSize = 4096;
const walLimitBytes = 8 * 1024 * 1024;
const busyMs = 3000;
/** The newest pages are what is written to; the file is far larger than any sensible cache. */
const cacheKiB = 4096;
/** Pages that only alerts, gap records and bookkeeping may take: 1 MiB, less in a tiny store. */
const reservePages = 256;
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

export function pageCap(maxMiB: number): PageCap {
  const urgent = Math.max(64, Math.floor((maxMiB * 1024 * 1024) / pageSize));
  return { urgent, ordinary: urgent - Math.min(reservePages, Math.floor(urgent / 8)) };
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
  db.pragma(`page_size = ${pageSize}`);
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma(`busy_timeout = ${busyMs}`);
  db.pragma(`cache_size = -${cacheKiB}`);
  db.pragma(`journal_size_limit = ${walLimitBytes}`);
  setPageCap(db, pageCap(options.maxMiB).urgent);
  assertSetting(db, 'page_size', pageSize);
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

/** Opens for writing, creates and migrates as needed. Throws PpuriError `store-*`. */
export function openDatabase(options: DatabaseOptions): Database.Database {
  let db: Database.Database | null = null;
  try {
    db = new Database(options.path, { timeout: busyMs });
    assertOurs(db);
    configure(db, options);
    migrate(db);
    assertDurable(db);
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
