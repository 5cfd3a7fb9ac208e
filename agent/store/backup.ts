/** A copy of a store, taken while an agent may be writing to it, whole and checked before it counts. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import { queryLedger } from './account-queries.ts';
import { openReadOnly } from './database.ts';
import { asStoreError } from './trouble.ts';

export interface Backup {
  readonly file: string;
  readonly bytes: number;
  /** Records in the copy. */
  readonly records: number;
}

function exists(file: string): PpuriError {
  return new PpuriError('usage', 'the file exists and is never overwritten', {
    operation: 'back up the store',
    subject: file,
    hint: 'name a file that is not there',
  });
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Throws `store-corrupt` when the copy is not sound. */
function verify(copy: string): number {
  const db = openReadOnly(copy);
  try {
    const said = db.pragma('integrity_check(1)', { simple: true });
    if (said === 'ok') return queryLedger(db).kept;
    throw new PpuriError('store-corrupt', `the copy is damaged: ${said}`, {
      operation: 'check the backup',
      subject: copy,
      hint: 'the store itself is likely damaged; the next start of `ppuri run` checks it',
    });
  } finally {
    db.close();
  }
}

function copyTo(db: Database.Database, copy: string): void {
  try {
    db.prepare('VACUUM INTO ?').run(copy);
  } catch (thrown) {
    throw asStoreError(thrown, 'back up the store', copy, 'reader');
  }
}

const noLinks = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/** A USB stick's file system has no links: the name is taken by an empty file, which the copy replaces. */
function takeName(copy: string, file: string): void {
  closeSync(openSync(file, 'wx'));
  try {
    renameSync(copy, file);
  } catch (thrown) {
    rmSync(file, { force: true });
    throw thrown;
  }
}

/** Gives the checked copy its name, unless something has that name by now. */
function publish(copy: string, file: string): void {
  try {
    try {
      linkSync(copy, file);
    } catch (thrown) {
      if (!noLinks.has((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown;
      takeName(copy, file);
    }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') throw exists(file);
    throw asStoreError(thrown, 'name the backup', file, 'reader');
  }
  sync(dirname(file));
}

/**
 * Copies the store that `db` reads to `file`, which must not exist: the state of one moment, all
 * records kept by then. Readable by owner and group. Throws `usage` or `store-*`; leaves nothing then.
 */
export function backUp(db: Database.Database, path: string): Backup {
  const file = resolve(path);
  const copy = `${file}.partial-${process.pid}`;
  if (existsSync(file)) throw exists(file);
  const umask = process.umask(0o137);
  try {
    copyTo(db, copy);
    const records = verify(copy);
    chmodSync(copy, 0o640);
    sync(copy);
    publish(copy, file);
    return { file, bytes: statSync(file).size, records };
  } finally {
    process.umask(umask);
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(copy + suffix, { force: true });
  }
}
