/** Looking for damage before a store is used, and putting a damaged one aside. */
import { fork } from 'node:child_process';
import { existsSync, renameSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import { asStoreError } from './trouble.ts';

/** Names the file a process of its own is to check; see `runFileCheck`. */
export const checkVariable = 'PPURI_STORE_CHECK';
const damagedExit = 3;

export type Soundness = 'sound' | 'damaged' | 'unfinished';

export interface CheckLimits {
  /** A check that takes longer is given up: the store is used, damage shows when it is met. */
  readonly boxMs: number;
  /** Up to this size the check runs here, because that is faster than starting a process. */
  readonly smallBytes: number;
}

export const checkLimits: CheckLimits = { boxMs: 8000, smallBytes: 16 * 1024 * 1024 };

/** `PRAGMA quick_check`; it cannot be interrupted. Throws only what is not damage. */
export function quickCheck(path: string): 'sound' | 'damaged' {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { fileMustExist: true });
    return db.pragma('quick_check(1)', { simple: true }) === 'ok' ? 'sound' : 'damaged';
  } catch (thrown) {
    const error = asStoreError(thrown, 'check the store', path);
    if (error.code === 'store-corrupt') return 'damaged';
    throw error;
  } finally {
    db?.close();
  }
}

/** The whole life of the checking process. */
export function runFileCheck(path: string): void {
  process.exitCode = quickCheck(path) === 'damaged' ? damagedExit : 0;
  process.disconnect?.();
}

function checkApart(path: string, boxMs: number): Promise<Soundness> {
  const entry = process.argv[1] ?? process.execPath;
  const env = { ...process.env, PPURI_ROLE: 'keep', [checkVariable]: path };
  const child = fork(entry, [], { env, execArgv: [], stdio: 'ignore' });
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), boxMs);
    const settle = (soundness: Soundness): void => {
      clearTimeout(timer);
      resolve(soundness);
    };
    child.once('error', () => settle('unfinished'));
    child.once('exit', (code, signal) => {
      const crashed = signal === 'SIGSEGV' || signal === 'SIGBUS' || signal === 'SIGABRT';
      if (code === damagedExit || crashed) settle('damaged');
      else settle(code === 0 ? 'sound' : 'unfinished');
    });
  });
}

/** Looks for damage, in bounded time. A store that is not there yet is sound. */
export async function checkFile(path: string, limits = checkLimits): Promise<Soundness> {
  if (!existsSync(path)) return 'sound';
  if (statSync(path).size <= limits.smallBytes) return quickCheck(path);
  return checkApart(path, limits.boxMs);
}

/**
 * Renames the database to `<path>.corrupt-<n>` with its WAL, so that it can still be opened and
 * looked into. Returns the new path; throws `store-unavailable`.
 */
export function setAside(path: string): string {
  let n = 1;
  while (existsSync(`${path}.corrupt-${n}`)) n += 1;
  const aside = `${path}.corrupt-${n}`;
  try {
    // The database first: SQLite throws away a WAL whose database is empty or absent.
    renameSync(path, aside);
    for (const suffix of ['-wal', '-shm'])
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    return aside;
  } catch (thrown) {
    throw new PpuriError('store-unavailable', 'the damaged store cannot be set aside', {
      operation: 'rename the damaged store',
      subject: path,
      hint: 'move the file away by hand',
      cause: thrown,
    });
  }
}
