/**
 * Wall times of records that were made while the clock was not known, put right once it is. A
 * record's key and place never change; `clock_synced` says how its wall time came about.
 */
import type Database from 'better-sqlite3';
import type { StoredRecord } from '../records.ts';

/** Seqs (after, upTo] of one start: where the clock was not known, wall = mono + offset. */
export interface ClockFill {
  readonly afterSeq: number;
  readonly upToSeq: number;
  readonly offsetMs: number;
  /** False: a likely time that nobody vouches for; it stays marked as such. */
  readonly vouched: boolean;
}

/** Values of `records.clock_synced`. */
export const clockMarks = { unknown: 0, known: 1, filled: 2 } as const;

/** Rows of one transaction: bounds how long an alert waits behind it. */
const stepRows = 256;

interface Job {
  boot: number;
  after_seq: number;
  up_to_seq: number;
  offset_ms: number;
  vouched: number;
}

const where = 'boot = @boot AND up_to_seq = @up_to_seq AND vouched = @vouched';
const inStep = 'BETWEEN ((@boot << 40) | (@after_seq + 1)) AND @last';

/** A record's time as far as `fills` know it: of those that cover it the last counts. */
export function filled(record: StoredRecord, fills: readonly ClockFill[]): StoredRecord {
  if (record.clockSynced) return record;
  const fill = fills.findLast(
    ({ afterSeq, upToSeq }) => record.seq > afterSeq && record.seq <= upToSeq,
  );
  if (fill === undefined) return record;
  const { monoMs } = record.at;
  const at = { monoMs, wallMs: monoMs + fill.offsetMs };
  return { ...record, at, ...(fill.vouched ? { clockFilled: true } : {}) };
}

/** Remembers a fill, so that it is finished whatever happens; one already known is left as it is. */
export function rememberFill(db: Database.Database, boot: string, fill: ClockFill): void {
  db.prepare(
    `INSERT INTO clock_fills (boot, after_seq, up_to_seq, offset_ms, vouched)
     SELECT ordinal, ?, ?, ?, ? FROM boots WHERE boot = ?
     ON CONFLICT (boot, up_to_seq, vouched) DO NOTHING`,
  ).run(fill.afterSeq, fill.upToSeq, fill.offsetMs, fill.vouched ? 1 : 0, boot);
}

/** One transaction's worth of what is left to do. False: there is nothing. */
export function fillStep(db: Database.Database): boolean {
  const job = db
    .prepare<[], Job>(
      'SELECT * FROM clock_fills WHERE after_seq < up_to_seq ORDER BY rowid LIMIT 1',
    )
    .get();
  if (job === undefined) return false;
  db.transaction(() => takeStep(db, job)).immediate();
  return true;
}

function takeStep(db: Database.Database, job: Job): void {
  const found = db
    .prepare<[Job], { last: number | null; rows: number }>(
      `SELECT MAX(id) AS last, COUNT(*) AS rows FROM (SELECT id FROM records
         WHERE id BETWEEN ((@boot << 40) | (@after_seq + 1)) AND ((@boot << 40) | @up_to_seq)
         ORDER BY id LIMIT ${stepRows})`,
    )
    .get(job);
  const isLast = (found?.rows ?? 0) < stepRows;
  if (found?.last != null) fillRows(db, job, found.last);
  if (isLast) fillBoot(db, job);
  const done = isLast ? 'up_to_seq' : '@last & 1099511627775';
  db.prepare(`UPDATE clock_fills SET after_seq = ${done} WHERE ${where}`).run({ ...job, ...found });
}

function fillRows(db: Database.Database, job: Job, last: number): void {
  const step = { ...job, last, mark: job.vouched === 1 ? clockMarks.filled : clockMarks.unknown };
  // Copies first: they go by which records are still unknown.
  for (const table of ['cycles', 'energy_periods'])
    db.prepare(
      `UPDATE ${table} SET wall_ms = (SELECT mono_ms FROM records WHERE id = ${table}.id) + @offset_ms
       WHERE id ${inStep} AND (SELECT clock_synced FROM records WHERE id = ${table}.id) = 0`,
    ).run(step);
  db.prepare(
    `UPDATE records SET wall_ms = mono_ms + @offset_ms, clock_synced = @mark
     WHERE id ${inStep} AND clock_synced = 0`,
  ).run(step);
}

/** What has its times from records: alerts, whose first record may be gone, and the start itself. */
function fillBoot(db: Database.Database, job: Job): void {
  db.prepare(
    `UPDATE alerts SET
       raised_wall_ms = COALESCE((SELECT wall_ms FROM records WHERE id = first_id), raised_wall_ms),
       updated_wall_ms = (SELECT wall_ms FROM records WHERE id = last_id),
       cleared_wall_ms = CASE WHEN state = 'cleared'
         THEN (SELECT wall_ms FROM records WHERE id = last_id) END
     WHERE boot = @boot`,
  ).run(job);
  db.prepare(
    `UPDATE boots SET started_wall_ms = COALESCE(started_mono_ms, 0) + @offset_ms,
       clock_synced = CASE WHEN @vouched = 1 THEN ${clockMarks.filled} ELSE clock_synced END
     WHERE ordinal = @boot AND clock_synced = 0 AND started_mono_ms IS NOT NULL`,
  ).run(job);
}
