/**
 * The sync of a group commit. This SQLite was built to sync with fsync, which on ext4 writes the
 * file's times through the journal as well, 12 KiB for each commit; fdatasync of the log, which has its
 * full size already, writes the records alone. So SQLite commits without a sync, and it is done here,
 * before anything counts as kept. All other transactions are synced by SQLite.
 */
import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';

export interface LogSync {
  /** Runs a transaction and syncs it; when this returns, it is on the disk. Throws what they say. */
  commit<T>(transaction: () => T): T;
  close(): void;
}

/**
 * What a failed sync leaves in the log looks committed and may be nowhere; trying again would find
 * nothing to write. So it is no want of room, whatever the kernel calls it: the store is opened anew.
 */
function sync(log: number, subject: string): void {
  try {
    fdatasyncSync(log);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new PpuriError('store-unavailable', `the log cannot be synced: ${said}`, {
      operation: 'sync a commit',
      subject,
      hint: 'check the disk; the store is opened anew, and records wait in memory',
      cause,
    });
  }
}

/** The log is there for as long as `db` is open: nobody else is ever the last to close it. */
export function openLogSync(db: Database.Database): LogSync {
  // Closing a descriptor of the log lets go of no lock: SQLite's are on the other two files.
  const log = openSync(`${db.name}-wal`, 'r+');
  return {
    commit(transaction) {
      db.pragma('synchronous = NORMAL');
      try {
        const result = transaction();
        sync(log, db.name);
        return result;
      } finally {
        db.pragma('synchronous = FULL');
      }
    },
    close: () => closeSync(log),
  };
}
