/**
 * One agent per store. The lock is SQLite's own on an empty file: it holds between processes, on
 * every file system SQLite works on, and the kernel lets go of it when its holder is killed.
 */
import Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import { asStoreError } from './trouble.ts';

export interface StoreLock {
  release(): void;
}

const isBusy = (thrown: unknown): boolean =>
  thrown instanceof Database.SqliteError && thrown.code.startsWith('SQLITE_BUSY');

/**
 * Takes the lock, waiting up to `waitMs` (the last holder may be committing what it had).
 * Throws `store-in-use` when it stays taken, other `store-*` when the file cannot be made.
 */
export function takeLock(path: string, waitMs: number): StoreLock {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { timeout: waitMs });
    db.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    db?.close();
    if (!isBusy(thrown)) throw asStoreError(thrown, 'lock the store', path);
    throw new PpuriError('store-in-use', 'another agent uses this store', {
      operation: 'lock the store',
      subject: path,
      hint: 'stop the other agent, or give this one another `store.path`',
      cause: thrown,
    });
  }
  const held = db;
  return { release: () => void held.close() };
}
