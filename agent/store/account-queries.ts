/** Sums that prove nothing vanished: shots per machine and start, kept records, gaps. */
import type Database from 'better-sqlite3';
import { countOutcomes } from './cycle-queries.ts';

export interface OutcomeSums {
  readonly ok: number;
  readonly defect: number;
  /** By reason. */
  readonly unscored: Readonly<Record<string, number>>;
}

export interface MachineAccount {
  readonly machine: string;
  readonly kept: number;
  /** Rows beyond the first with the same machine, shot and index. */
  readonly repeated: number;
  /** Indexes up to the highest that have no row. */
  readonly missing: number;
  /** Rows whose index is not above the one before. */
  readonly outOfOrder: number;
  readonly verdicts: OutcomeSums;
}

export interface Account {
  /** Id of the start of the agent this is about; null when there was none. */
  readonly boot: string | null;
  readonly kept: number;
  readonly repeated: number;
  readonly missing: number;
  readonly outOfOrder: number;
  readonly verdicts: OutcomeSums;
  readonly machines: readonly MachineAccount[];
}

interface MachineSums {
  machine: string;
  kept: number;
  repeated: number;
  missing: number;
  outOfOrder: number;
}

const machineSums = `
  WITH mine AS (
    SELECT id, machine, shot, cycle_index,
      cycle_index <= LAG(cycle_index) OVER (PARTITION BY machine ORDER BY id) AS late
    FROM cycles WHERE id BETWEEN (@boot << 40) AND ((@boot << 40) | 1099511627775)
  )
  SELECT machine, COUNT(*) AS kept,
    COUNT(*) - COUNT(DISTINCT cycle_index || '/' || COALESCE(shot, '')) AS repeated,
    MAX(cycle_index) - COUNT(DISTINCT cycle_index) AS missing,
    COALESCE(SUM(late), 0) AS outOfOrder
  FROM mine GROUP BY machine ORDER BY machine`;

function sumOutcomes(
  counts: readonly { outcome: string; reason: string; count: number }[],
): OutcomeSums {
  let ok = 0;
  let defect = 0;
  const unscored: Record<string, number> = {};
  for (const { outcome, reason, count } of counts) {
    if (outcome === 'ok') ok += count;
    else if (outcome === 'defect') defect += count;
    else unscored[reason] = (unscored[reason] ?? 0) + count;
  }
  return { ok, defect, unscored };
}

interface BootRow {
  ordinal: number;
  boot: string;
}

function findBoot(db: Database.Database, boot: string | undefined): BootRow | undefined {
  return boot === undefined
    ? db.prepare<[], BootRow>('SELECT ordinal, boot FROM boots ORDER BY ordinal DESC LIMIT 1').get()
    : db.prepare<[string], BootRow>('SELECT ordinal, boot FROM boots WHERE boot = ?').get(boot);
}

/** Accounts for every cycle of one start of the agent (default: the newest). */
export function accountFor(db: Database.Database, boot?: string): Account {
  const found = findBoot(db, boot);
  const sums =
    found === undefined
      ? []
      : db.prepare<[{ boot: number }], MachineSums>(machineSums).all({ boot: found.ordinal });
  const counts = found === undefined ? [] : countOutcomes(db, { boot: found.boot });
  const total = (pick: (row: MachineSums) => number) =>
    sums.reduce((sum, row) => sum + pick(row), 0);
  return {
    boot: found?.boot ?? null,
    kept: total((row) => row.kept),
    repeated: total((row) => row.repeated),
    missing: total((row) => row.missing),
    outOfOrder: total((row) => row.outOfOrder),
    verdicts: sumOutcomes(counts),
    machines: sums.map((row) => ({
      ...row,
      verdicts: sumOutcomes(counts.filter((count) => count.machine === row.machine)),
    })),
  };
}

export interface GapRow {
  readonly boot: string;
  /** Seqs, inclusive; records in between may have been kept. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly reason: string;
}

export interface Ledger {
  /** Records in the store, of all starts. */
  readonly kept: number;
  readonly gaps: readonly GapRow[];
  /** Seqs of the newest start with neither a record nor a gap that counts them. */
  readonly unexplained: number;
  readonly delivered: Readonly<Record<string, number>>;
  readonly pending: Readonly<Record<string, number>>;
}

const gapRows = `
  SELECT b.boot, json_extract(r.body, '$.gap.fromSeq') AS "from",
    json_extract(r.body, '$.gap.toSeq') AS "to", json_extract(r.body, '$.gap.count') AS count,
    json_extract(r.body, '$.gap.reason') AS reason
  FROM records r JOIN boots b ON b.ordinal = r.id >> 40
  WHERE r.kind = 'gap' AND r.kind <> 'cycle' ORDER BY r.id DESC LIMIT 1000`;

const holes = `
  SELECT COALESCE(MAX(id & 1099511627775), 0) - COUNT(*) AS holes FROM records
  WHERE id BETWEEN (@boot << 40) AND ((@boot << 40) | 1099511627775)`;

/** What is kept and what is known not to be. At most 1000 gaps, the newest first. */
export function queryLedger(db: Database.Database): Ledger {
  const gaps = db.prepare<[], GapRow>(gapRows).all();
  const newest = findBoot(db, undefined);
  const missing =
    newest === undefined ? 0 : Number(db.prepare(holes).pluck().get({ boot: newest.ordinal }));
  const counted = gaps
    .filter((gap) => gap.boot === newest?.boot)
    .reduce((sum, gap) => sum + gap.count, 0);
  return {
    kept: Number(db.prepare('SELECT COUNT(*) FROM records').pluck().get()),
    gaps,
    unexplained: Math.max(0, missing - counted),
    delivered: {},
    pending: {},
  };
}
