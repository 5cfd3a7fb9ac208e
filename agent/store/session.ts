/** One opened store: from a directory to a file that rows can be committed to. */
import { existsSync, mkdirSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import { openDatabase, pageCap, setPageCap } from './database.ts';
import { makeHandedOut, readHandedOut } from './handed-out.ts';
import { prepareInsert, registerBoot } from './insert.ts';
import { openLogSync, rewriteLog } from './log-sync.ts';
import { storePaths } from './paths.ts';
import type { OpenOptions } from './protocol.ts';
import { checkFile, type Soundness, setAside } from './recovery.ts';
import { Room, type RoomEvents } from './room.ts';
import type { RecordRow } from './rows.ts';
import { type SetBack, settleSetBack } from './set-back.ts';
import { Packer } from './shapes.ts';
import { dropBallast } from './spare.ts';
import { asStoreError, isDiskTrouble, isLayoutTrouble, toWire, type WireError } from './trouble.ts';
import { settleEarlierBoots, type Unkept } from './unkept.ts';

export interface Committed {
  readonly kept: readonly number[];
  readonly refused: readonly { readonly seq: number; readonly error: WireError }[];
}

export interface Session {
  readonly db: Database.Database;
  /** One transaction; when it returns, `kept` is on the disk. Throws PpuriError `store-*`. */
  commit(rows: readonly RecordRow[], cap: 'ordinary' | 'urgent'): Committed;
  /** Every few seconds: bounds the log, gives room back, takes spare room. Throws PpuriError. */
  tend(): void;
  close(): void;
}

export interface OpenReport {
  readonly setAside: string | null;
  readonly unchecked: boolean;
  /** What earlier starts handed out and never kept, counted now. */
  readonly unkept: readonly Unkept[];
  /** What they had kept and this file does not have, seen now. */
  readonly setBack: readonly SetBack[];
}

type Begun = Pick<OpenReport, 'unkept' | 'setBack'>;

interface Opened {
  readonly session: Session;
  readonly begun: Begun;
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

/** Registers this start, and accounts for those before it, in one transaction. */
function begin(
  db: Database.Database,
  options: OpenOptions,
  isAside: boolean,
): Begun & { readonly ordinal: number } {
  const noted = readHandedOut(storePaths(options.dir).handedOut);
  return db
    .transaction(() => {
      const setBack = settleSetBack(db, options.boot.id, noted, isAside);
      const ordinal = registerBoot(db, options.boot);
      // What was told as set back is not told a second time.
      const known = noted.find(({ boot }) => !setBack.some((one) => one.boot === boot)) ?? null;
      return { ordinal, unkept: settleEarlierBoots(db, ordinal, known), setBack };
    })
    .immediate();
}

function createSession(
  db: Database.Database,
  options: OpenOptions,
  events: RoomEvents,
  isAside: boolean,
): Opened {
  const paths = storePaths(options.dir);
  const cap = pageCap(db, options.maxMiB);
  const { ordinal, ...begun } = begin(db, options, isAside);
  const room = new Room(db, paths, { cap, keep: options.keep }, events);
  const packer = new Packer(db);
  const log = openLogSync(db);
  const insert = prepareInsert(db, ordinal, packer);
  const write = (rows: readonly RecordRow[], level: 'ordinary' | 'urgent'): Committed => {
    setPageCap(db, cap[level]);
    try {
      return log.commit(() => commitRows(db, insert, rows));
    } catch (thrown) {
      packer.forget();
      throw thrown;
    }
  };
  const commit: Session['commit'] = (rows, level) => {
    room.assertLogBounded(level);
    try {
      setPageCap(db, cap.urgent);
      room.beforeCommit();
      return write(rows, level);
    } catch (thrown) {
      if (asStoreError(thrown, '', '').code !== 'store-full') throw thrown;
      setPageCap(db, cap.urgent);
      if (!room.afterFull()) throw thrown;
      return write(rows, level);
    }
  };
  const session: Session = {
    db,
    commit(rows, level) {
      try {
        return commit(rows, level);
      } catch (thrown) {
        throw asStoreError(thrown, `commit ${rows.length} records`, db.name);
      }
    },
    tend() {
      try {
        room.tend();
      } catch (thrown) {
        throw asStoreError(thrown, 'tend the store', db.name);
      }
    },
    close() {
      try {
        log.close();
      } finally {
        db.close();
      }
    },
  };
  return { session, begun };
}

/** Our own statements fit our own layout: where they do not, a byte of its text was changed. */
function layoutDamaged(cause: unknown, path: string): PpuriError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new PpuriError('store-corrupt', `the layout is damaged: ${said}`, {
    operation: 'begin a boot in the store',
    subject: path,
    hint: 'the file is set aside and a fresh one is begun',
    cause,
  });
}

function openFile(
  path: string,
  options: OpenOptions,
  events: RoomEvents,
  isAside: boolean,
): Opened {
  const db = openDatabase({ path, maxMiB: options.maxMiB });
  try {
    return createSession(db, options, events, isAside);
  } catch (thrown) {
    db.close();
    throw isLayoutTrouble(thrown)
      ? layoutDamaged(thrown, path)
      : asStoreError(thrown, 'begin a boot in the store', path);
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

/** Before anything else opens the file, a check included: whoever closes it last puts the log into it. */
function mendLog(path: string, ballast: string): void {
  try {
    rewriteLog(path);
  } catch (thrown) {
    const error = asStoreError(thrown, 'write the log again', path);
    if (error.code !== 'store-full' || !dropBallast(ballast)) throw error;
    rewriteLog(path);
  }
}

/**
 * Opens the store of `options.dir`, whose lock the caller holds. A damaged file is set aside and a
 * fresh one begun. Throws PpuriError `store-*` when neither can be had.
 */
export async function openSession(
  options: OpenOptions,
  events: RoomEvents,
): Promise<{ session: Session; report: OpenReport }> {
  const { database: path, ballast, handedOut } = storePaths(options.dir);
  mendLog(path, ballast);
  const soundness = await soundnessOf(path, options.check);
  let aside = soundness === 'damaged' ? setAside(path) : null;
  const unchecked = soundness === 'unfinished';
  const opened = (): { session: Session; report: OpenReport } => {
    const { session, begun } = openFile(path, options, events, aside !== null);
    makeHandedOut(handedOut);
    return { session, report: { setAside: aside, unchecked, ...begun } };
  };
  try {
    return opened();
  } catch (thrown) {
    const error = asStoreError(thrown, 'open the store', path);
    if (error.code === 'store-full' && dropBallast(ballast)) return opened();
    if (error.code !== 'store-corrupt' || aside !== null) throw error;
    aside = setAside(path);
    return opened();
  }
}
