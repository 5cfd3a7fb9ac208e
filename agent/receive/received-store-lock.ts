/**
 * One receiver per directory. The lock is SQLite's own on an empty file: the kernel lets go of it when
 * its holder is killed.
 */
import Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';

/** The last holder may be about to end. */
const waitMs = 1000;

/** Takes the lock of `dir`. Throws `store-in-use` when another receiver has it, else what SQLite says. */
export function takeReceiverLock(path: string, dir: string): { release(): void } {
  const db = new Database(path, { timeout: waitMs });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    db.close();
    if (!(thrown instanceof Database.SqliteError) || !thrown.code.startsWith('SQLITE_BUSY'))
      throw thrown;
    throw new PpuriError('store-in-use', 'another receiver keeps its records there', {
      operation: 'receive records',
      subject: dir,
      hint: 'give this one another --dir; `ppuri receive --report` may look at it meanwhile',
      cause: thrown,
    });
  }
  return { release: () => void db.close() };
}
