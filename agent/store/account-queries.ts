/** Sums that prove nothing vanished: shots per machine and start, kept records, gaps. */
import type Database from 'better-sqlite3';
import { countOutcomes } from './cycle-queries.ts';
import { countDeliveries } from './deliveries.ts';
import { setBackRows } from './set-back.ts';
import { accountSeqs } from './unkept.ts';

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
  /** Of a gap record, `evicted`, `unkept` (handed out by a start that ended before it was kept), `set-back`
   * (kept once, and not in this file, as after a backup was put back), or `undeliverable`. */
  readonly reason: string;
  /** What is gone: whole records, or a part of shots that are still there. */
  readonly part: 'record' | 'features' | 'readings';
  /** Of evicted ones: every target had them. */
  readonly delivered: boolean;
  /** Of those a target can never take, which one: they are in the store. */
  readonly target?: string;
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
    json_extract(r.body, '$.gap.reason') AS reason, 'record' AS part, 0 AS delivered
  FROM records r JOIN boots b ON b.ordinal = r.id >> 40
  WHERE r.kind = 'gap' AND r.kind <> 'cycle' ORDER BY r.id DESC LIMIT 1000`;

const evictedRows = `
  SELECT b.boot, MIN(e.first_seq) AS "from", MAX(e.last_seq) AS "to", SUM(e.count) AS count,
    'evicted' AS reason,
    CASE WHEN e.what IN ('features', 'readings') THEN e.what ELSE 'record' END AS part, e.delivered
  FROM evictions e JOIN boots b ON b.ordinal = e.boot
  GROUP BY e.boot, part, e.delivered ORDER BY e.boot DESC, part LIMIT 1000`;

const unkeptRows = `
  SELECT b.boot, u.first_seq AS "from", u.last_seq AS "to", u.count, 'unkept' AS reason,
    'record' AS part, 0 AS delivered
  FROM unkept u JOIN boots b ON b.ordinal = u.boot WHERE u.count > 0
  ORDER BY u.boot DESC LIMIT 1000`;

const refusedRows = `
  SELECT b.boot, MIN(f.id & 1099511627775) AS "from", MAX(f.id & 1099511627775) AS "to",
    COUNT(*) AS count, 'undeliverable' AS reason, 'record' AS part, 0 AS delivered, f.target
  FROM refusals f JOIN boots b ON b.ordinal = f.id >> 40
  GROUP BY f.target, f.id >> 40 ORDER BY f.id >> 40 DESC LIMIT 1000`;

/** In narrow indexes: the table of records may have gigabytes. */
const keptCount = `
  SELECT (SELECT COUNT(*) FROM records WHERE kind <> 'cycle') + (SELECT COUNT(*) FROM cycles)`;

type RawGap = Omit<GapRow, 'delivered'> & { readonly delivered: number };

/** What is kept and what is known not to be. At most 1000 gaps of each kind, the newest first. */
export function queryLedger(db: Database.Database): Ledger {
  const rows = (sql: string): RawGap[] => db.prepare<[], RawGap>(sql).all();
  const all = [gapRows, setBackRows, unkeptRows, refusedRows, evictedRows];
  const gaps = all.flatMap((sql) => rows(sql));
  const newest = findBoot(db, undefined);
  const kept = Number(db.prepare(keptCount).pluck().get());
  return {
    kept,
    gaps: gaps.map((gap) => ({ ...gap, delivered: gap.delivered === 1 })),
    unexplained: newest === undefined ? 0 : accountSeqs(db, newest.ordinal).missing,
    ...countDeliveries(db, kept),
  };
}
