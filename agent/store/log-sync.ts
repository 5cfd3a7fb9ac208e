/**
 * The sync of a group commit. This SQLite was built to sync with fsync, which on ext4 writes the
 * file's times through the journal as well, 12 KiB for each commit; fdatasync of the log, which has its
 * full size already, writes the records alone. So SQLite commits without a sync, and it is done here,
 * before anything counts as kept. All other transactions, and checkpoints, are synced by SQLite.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import type Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';

const blockBytes = 64 * 1024;

export interface LogSync {
  /** Runs a transaction and syncs it; when this returns, it is on the disk. Throws what they say. */
  commit<T>(transaction: () => T): T;
  close(): void;
}

/** Writes what is in the file where it is, so that the next sync has it to write. */
function rewrite(file: number): void {
  const { size } = fstatSync(file);
  const block = Buffer.alloc(blockBytes);
  const zeros = Buffer.alloc(blockBytes);
  for (let at = 0; at < size; at += blockBytes) {
    const bytes = readSync(file, block, 0, blockBytes, at);
    // The spare room at the end was synced when it was taken.
    if (block.subarray(0, bytes).equals(zeros.subarray(0, bytes))) continue;
    for (let done = 0; done < bytes; )
      done += writeSync(file, block, done, bytes - done, at + done);
  }
}

/**
 * After a sync failed Linux takes the pages for clean, and the next one succeeds without writing
 * them: a log that anyone had trouble with before is written again, before SQLite syncs and uses it.
 * Throws what the file system says.
 */
export function rewriteLog(database: string): void {
  const path = `${database}-wal`;
  if (!existsSync(path)) return;
  const log = openSync(path, 'r+');
  try {
    rewrite(log);
  } finally {
    closeSync(log);
  }
}

/**
 * What a failed sync leaves in the log looks committed and may be nowhere. So it is no want of room,
 * whatever the kernel calls it: the store is opened anew, and the log is written again before that,
 * or closing would sync it for nothing and put it into the file.
 */
function sync(log: number, subject: string): void {
  try {
    fdatasyncSync(log);
  } catch (cause) {
    try {
      rewrite(log);
    } catch (thrown) {
      throw notSynced(thrown, subject);
    }
    throw notSynced(cause, subject);
  }
}

function notSynced(cause: unknown, subject: string): PpuriError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new PpuriError('store-unavailable', `the log cannot be synced: ${said}`, {
    operation: 'sync a commit',
    subject,
    hint: 'check the disk; the store is opened anew, and records wait in memory',
    cause,
  });
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
