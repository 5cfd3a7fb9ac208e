/** The receiver's own file: each record once by (gateway, boot, seq), on the disk before the answer. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import type { Kept, ReceivedRecord, Sink } from './batch.ts';
import { takeReceiverLock } from './received-store-lock.ts';
import { sameRecord } from './same-record.ts';
import { type Gap, type Run, toldOf } from './told.ts';

const layout = `
  CREATE TABLE IF NOT EXISTS records (
    gateway TEXT NOT NULL,
    boot TEXT NOT NULL,
    seq INTEGER NOT NULL,
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    machine TEXT,
    wall_ms REAL NOT NULL,
    gap_from INTEGER,
    gap_to INTEGER,
    gap_count INTEGER,
    lane TEXT NOT NULL,
    record TEXT NOT NULL,
    UNIQUE (gateway, boot, seq)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS repeats (
    gateway TEXT PRIMARY KEY,
    count INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Records that say something else than the one that is kept under their key, which stays in force.
  CREATE TABLE IF NOT EXISTS conflicts (
    gateway TEXT NOT NULL,
    boot TEXT NOT NULL,
    seq INTEGER NOT NULL,
    received_ms REAL NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS conflicts_by_key ON conflicts (gateway, boot, seq);
`;

const insert = `
  INSERT INTO records VALUES
    (@gateway, @boot, @seq, @site, @kind, @machine, @wallMs, @gapFrom, @gapTo, @gapCount, @lane,
      @text)
  ON CONFLICT DO NOTHING`;
const repeat = `
  INSERT INTO repeats VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count`;

const rivals = `
  SELECT record FROM records WHERE gateway = @gateway AND boot = @boot AND seq = @seq
  UNION ALL SELECT record FROM conflicts WHERE gateway = @gateway AND boot = @boot AND seq = @seq`;
const conflict = 'INSERT INTO conflicts VALUES (@gateway, @boot, @seq, @receivedMs, @text)';

/** One start of one gateway. */
export interface BootReport {
  readonly gateway: string;
  readonly boot: string;
  readonly records: number;
  /** The highest number that came. */
  readonly last: number;
  /** Numbers below it that are not here. */
  readonly absent: number;
  /** Of them, those that no gap record covers: lost, or still on their way. */
  readonly missing: number;
  /** Records that said something else under a key that was here. */
  readonly conflicts: number;
}

export interface ReceivedReport {
  readonly records: number;
  readonly repeats: number;
  readonly conflicts: number;
  readonly boots: readonly BootReport[];
}

const boots = `
  SELECT gateway, boot, COUNT(*) AS records, MAX(seq) AS last, MAX(seq) - COUNT(*) AS absent,
    (SELECT COUNT(*) FROM conflicts c WHERE c.gateway = r.gateway AND c.boot = r.boot) AS conflicts
  FROM records r GROUP BY gateway, boot ORDER BY MIN(rowid)`;
const ofBoot = 'gateway = @gateway AND boot = @boot';
const gaps = `
  SELECT gap_from AS "from", gap_to AS "to", gap_count AS count FROM records
  WHERE ${ofBoot} AND kind = 'gap'`;
const runs = `
  SELECT * FROM (
    SELECT LAG(seq, 1, 0) OVER (ORDER BY seq) + 1 AS "from", seq - 1 AS "to" FROM records
    WHERE ${ofBoot}
  ) WHERE "from" <= "to"`;

function missingOf(db: Database.Database, row: Omit<BootReport, 'missing'>): number {
  const { gateway, boot, absent } = row;
  const told = db.prepare<[object], Gap>(gaps).all({ gateway, boot });
  if (absent === 0 || told.length === 0) return absent;
  return absent - toldOf(db.prepare<[object], Run>(runs).all({ gateway, boot }), told);
}

export interface ReceivedStore {
  readonly keep: Sink;
  report(): ReceivedReport;
  count(): { readonly records: number; readonly shots: number };
  close(): void;
}

function asTrouble(thrown: unknown, dir: string): PpuriError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new PpuriError('store-unavailable', `received records cannot be kept: ${why}`, {
    operation: 'open the file of received records',
    subject: dir,
    hint: 'name a directory that this user may write, or make room',
    cause: thrown,
  });
}

function opened(dir: string): Database.Database {
  const db = new Database(join(dir, 'received.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(layout);
  return db;
}

/** Puts one record where it belongs. */
type Place = (record: ReceivedRecord, lane: string) => keyof Kept;

function placing(db: Database.Database): Place {
  const add = db.prepare<[object]>(insert);
  const again = db.prepare<[string, number]>(repeat);
  const others = db.prepare<[object], string>(rivals).pluck();
  const apart = db.prepare<[object]>(conflict);
  return ({ gap, ...record }, lane) => {
    const told = {
      gapFrom: gap?.from ?? null,
      gapTo: gap?.to ?? null,
      gapCount: gap?.count ?? null,
    };
    if (add.run({ ...record, ...told, lane }).changes === 1) return 'kept';
    const { gateway, boot, seq, text } = record;
    if (!others.all({ gateway, boot, seq }).some((other) => sameRecord(other, text))) {
      apart.run({ gateway, boot, seq, text, receivedMs: Date.now() });
      return 'conflicts';
    }
    again.run(gateway, 1);
    return 'repeats';
  };
}

function reportOf(db: Database.Database): ReceivedReport {
  const found = db.prepare<[], Omit<BootReport, 'missing'>>(boots).all();
  const rows = found.map((row) => ({ ...row, missing: missingOf(db, row) }));
  const repeats = db.prepare('SELECT COALESCE(SUM(count), 0) FROM repeats').pluck().get();
  const sum = (of: 'records' | 'conflicts'): number =>
    rows.reduce((total, row) => total + row[of], 0);
  const [records, conflicts] = [sum('records'), sum('conflicts')];
  return { records, repeats: Number(repeats), conflicts, boots: rows };
}

/**
 * `receive`: alone, because no two receivers may keep there; `report`: to look at what is there, also
 * while one receives. Throws `store-unavailable` or `store-in-use`.
 */
export function openReceivedStore(dir: string, to: 'receive' | 'report'): ReceivedStore {
  let db: Database.Database;
  let lock: { release(): void } | null = null;
  try {
    // Not its parents: who removes them meanwhile does not want them back.
    if (!existsSync(dir)) mkdirSync(dir);
    if (to === 'receive') lock = takeReceiverLock(join(dir, 'received.lock'), dir);
    db = opened(dir);
  } catch (thrown) {
    lock?.release();
    throw thrown instanceof PpuriError ? thrown : asTrouble(thrown, dir);
  }
  const place = placing(db);
  const keepAll = db.transaction((records: readonly ReceivedRecord[], lane: string): Kept => {
    const counts = { kept: 0, repeats: 0, conflicts: 0 };
    for (const record of records) counts[place(record, lane)] += 1;
    return counts;
  });
  return {
    keep: (records, lane) => {
      try {
        return keepAll.immediate(records, lane);
      } catch (thrown) {
        throw asTrouble(thrown, dir);
      }
    },
    report: () => reportOf(db),
    count() {
      const counts = `SELECT COUNT(*) AS records, COUNT(*) FILTER (WHERE kind = 'cycle') AS shots FROM records`;
      return (
        db.prepare<[], { records: number; shots: number }>(counts).get() ?? { records: 0, shots: 0 }
      );
    },
    close() {
      db.close();
      lock?.release();
    },
  };
}
