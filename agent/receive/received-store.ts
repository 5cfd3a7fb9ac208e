/** The receiver's own file: each record once by (gateway, boot, seq), on the disk before the answer. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import type { Kept, ReceivedRecord, Sink } from './batch.ts';

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
`;

const insert = `
  INSERT INTO records VALUES
    (@gateway, @boot, @seq, @site, @kind, @machine, @wallMs, @gapFrom, @gapTo, @gapCount, @lane,
      @text)
  ON CONFLICT DO NOTHING`;
const repeat = `
  INSERT INTO repeats VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count`;

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
}

export interface ReceivedReport {
  readonly records: number;
  readonly repeats: number;
  readonly boots: readonly BootReport[];
}

const boots = `
  SELECT gateway, boot, COUNT(*) AS records, MAX(seq) AS last, MAX(seq) - COUNT(*) AS absent
  FROM records GROUP BY gateway, boot ORDER BY MIN(rowid)`;
/** Of a start, each gap with the numbers of its range that are not here. */
const gaps = `
  SELECT g.gap_from AS "from", MIN(g.gap_to, @last) AS "to", g.gap_count AS count,
    MIN(g.gap_to, @last) - g.gap_from + 1 - (SELECT COUNT(*) FROM records r
      WHERE r.gateway = g.gateway AND r.boot = g.boot AND r.seq BETWEEN g.gap_from AND g.gap_to)
      AS absent
  FROM records g WHERE g.gateway = @gateway AND g.boot = @boot AND g.kind = 'gap'`;

/** A gap covers no more than it counts, and no more than is absent from its range. */
function missingOf(db: Database.Database, row: Omit<BootReport, 'missing'>): number {
  const rows = db.prepare<[object], { count: number; absent: number }>(gaps).all({ ...row });
  const told = rows.reduce(
    (sum, { count, absent }) => sum + Math.max(0, Math.min(count, absent)),
    0,
  );
  return Math.max(0, row.absent - told);
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
  // Not its parents: who removes them meanwhile does not want them back.
  if (!existsSync(dir)) mkdirSync(dir);
  const db = new Database(join(dir, 'received.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(layout);
  return db;
}

/** Throws `store-unavailable`. */
export function openReceivedStore(dir: string): ReceivedStore {
  let db: Database.Database;
  try {
    db = opened(dir);
  } catch (thrown) {
    throw asTrouble(thrown, dir);
  }
  const add = db.prepare<[object]>(insert);
  const again = db.prepare<[string, number]>(repeat);
  const keepAll = db.transaction((records: readonly ReceivedRecord[], lane: string): Kept => {
    let kept = 0;
    const repeats = new Map<string, number>();
    for (const record of records) {
      const { gap, ...rest } = record;
      const told = {
        gapFrom: gap?.from ?? null,
        gapTo: gap?.to ?? null,
        gapCount: gap?.count ?? null,
      };
      const { changes } = add.run({ ...rest, ...told, lane });
      kept += changes;
      if (changes === 0) repeats.set(record.gateway, (repeats.get(record.gateway) ?? 0) + 1);
    }
    for (const [gateway, count] of repeats) again.run(gateway, count);
    return { kept, repeats: records.length - kept };
  });
  return {
    keep: (records, lane) => {
      try {
        return keepAll.immediate(records, lane);
      } catch (thrown) {
        throw asTrouble(thrown, dir);
      }
    },
    report() {
      const found = db.prepare<[], Omit<BootReport, 'missing'>>(boots).all();
      const rows = found.map((row) => ({ ...row, missing: missingOf(db, row) }));
      const repeats = db.prepare('SELECT COALESCE(SUM(count), 0) FROM repeats').pluck().get();
      const records = rows.reduce((sum, row) => sum + row.records, 0);
      return { records, repeats: Number(repeats), boots: rows };
    },
    count() {
      const counts = `SELECT COUNT(*) AS records, COUNT(*) FILTER (WHERE kind = 'cycle') AS shots FROM records`;
      return (
        db.prepare<[], { records: number; shots: number }>(counts).get() ?? { records: 0, shots: 0 }
      );
    },
    close: () => void db.close(),
  };
}
