/** One opened store: from a directory to a file that rows can be committed to. */
import { existsSync, mkdirSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { openDatabase, pageCap, setPageCap } from './database.ts';
import { prepareInsert, registerBoot } from './insert.ts';
import { storePaths } from './paths.ts';
import type { OpenOptions } from './protocol.ts';
import { checkFile, type Soundness, setAside } from './recovery.ts';
import type { RecordRow } from './rows.ts';
import { asStoreError, isDiskTrouble, toWire, type WireError } from './trouble.ts';

export interface Committed {
  readonly kept: readonly number[];
  readonly refused: readonly { readonly seq: number; readonly error: WireError }[];
}

export interface Session {
  readonly db: Database.Database;
  /** One transaction; when it returns, `kept` is on the disk. Throws PpuriError `store-*`. */
  commit(rows: readonly RecordRow[], cap: 'ordinary' | 'urgent'): Committed;
  close(): void;
}

export interface OpenReport {
  readonly setAside: string | null;
  readonly unchecked: boolean;
}

function commitRows(
  db: Database.Database,
  insert: (row: RecordRow) => void,
  rows: readonly RecordRow[],
): Committed {
  const kept: number[] = [];
  const refused: { seq: number; error: WireError }[] = [];
  const one = db.transaction(insert);
  const all = db.transaction(() => {
    for (const row of rows) {
      try {
        one(row);
        kept.push(row.seq);
      } catch (thrown) {
        // A row's own fault must not hold up the others; the disk's is everybody's.
        if (isDiskTrouble(thrown)) throw thrown;
        refused.push({ seq: row.seq, error: toWire(thrown, 'keep a record', db.name) });
      }
    }
  });
  all.immediate();
  return { kept, refused };
}

function createSession(db: Database.Database, options: OpenOptions): Session {
  const cap = pageCap(options.maxMiB);
  const insert = prepareInsert(db, registerBoot(db, options.boot));
  return {
    db,
    commit(rows, level) {
      try {
        setPageCap(db, cap[level]);
        return commitRows(db, insert, rows);
      } catch (thrown) {
        throw asStoreError(thrown, `commit ${rows.length} records`, db.name);
      }
    },
    close: () => void db.close(),
  };
}

function openFile(path: string, options: OpenOptions): Session {
  const db = openDatabase({ path, maxMiB: options.maxMiB });
  try {
    return createSession(db, options);
  } catch (thrown) {
    db.close();
    throw asStoreError(thrown, 'begin a boot in the store', path);
  }
}

export function makeDirectory(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o750 });
  } catch (thrown) {
    throw asStoreError(thrown, 'make the directory of the store', dir);
  }
}

function soundnessOf(path: string, check: OpenOptions['check']): Promise<Soundness> {
  if (check === 'full') return checkFile(path);
  return Promise.resolve(check === 'suspect' && existsSync(path) ? 'damaged' : 'sound');
}

/**
 * Opens the store of `options.dir`, whose lock the caller holds. A damaged file is set aside and a
 * fresh one begun. Throws PpuriError `store-*` when neither can be had.
 */
export async function openSession(
  options: OpenOptions,
): Promise<{ session: Session; report: OpenReport }> {
  const path = storePaths(options.dir).database;
  const soundness = await soundnessOf(path, options.check);
  let aside = soundness === 'damaged' ? setAside(path) : null;
  const unchecked = soundness === 'unfinished';
  try {
    return { session: openFile(path, options), report: { setAside: aside, unchecked } };
  } catch (thrown) {
    const error = asStoreError(thrown, 'open the store', path);
    if (error.code !== 'store-corrupt' || aside !== null) throw error;
    aside = setAside(path);
    return { session: openFile(path, options), report: { setAside: aside, unchecked } };
  }
}
