/**
 * What an earlier start of the agent handed out and never kept. Seqs have no holes, so whatever has
 * neither a record nor a gap that counts it was lost when that start ended; it is counted here.
 */
import type Database from 'better-sqlite3';
import type { HandedOut } from './handed-out.ts';

export interface Unkept {
  readonly boot: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
}

/** Records are counted in their narrow indexes: the table itself may have gigabytes. */
const presentSql = `
  SELECT (SELECT COUNT(*) FROM records WHERE kind <> 'cycle' AND id BETWEEN @low AND @high)
    + (SELECT COALESCE(SUM(n), 0) FROM (SELECT COUNT(*) AS n FROM cycles INDEXED BY cycles_by_machine
        WHERE id BETWEEN @low AND @high GROUP BY machine))`;
const evictedSql = `
  SELECT COALESCE(SUM(count), 0) AS count, COALESCE(MAX(last_seq), 0) AS last FROM evictions
  WHERE boot = @boot AND what NOT IN ('features', 'readings')`;
const gapsSql = `
  SELECT COALESCE(SUM(json_extract(body, '$.gap.count')), 0) AS count,
    COALESCE(MAX(json_extract(body, '$.gap.toSeq')), 0) AS last
  FROM records WHERE kind = 'gap' AND kind <> 'cycle' AND id BETWEEN @low AND @high`;

interface Sum {
  count: number;
  last: number;
}

export interface SeqAccount {
  /** Highest seq known to have been handed out. */
  readonly last: number;
  /** Highest seq among the records that are there. */
  readonly lastKept: number;
  /** Seqs up to `last` with neither a record nor a gap or eviction that counts them. */
  readonly missing: number;
}

/** The seqs of one start, added up. `handedOut`: a seq known from elsewhere to have been used. */
export function accountSeqs(db: Database.Database, boot: number, handedOut = 0): SeqAccount {
  const seqs = 2 ** 40;
  const range = { boot, low: boot * seqs, high: boot * seqs + seqs - 1 };
  const present = Number(db.prepare(presentSql).pluck().get(range));
  const zero: Sum = { count: 0, last: 0 };
  const evicted = db.prepare<[object], Sum>(evictedSql).get(range) ?? zero;
  const gaps = db.prepare<[object], Sum>(gapsSql).get(range) ?? zero;
  const lastKept = Number(
    db
      .prepare('SELECT MAX(id) & 1099511627775 FROM records WHERE id BETWEEN @low AND @high')
      .pluck()
      .get(range) ?? 0,
  );
  const last = Math.max(lastKept, evicted.last, gaps.last, handedOut);
  const missing = Math.max(0, last - present - evicted.count - gaps.count);
  return { last, lastKept, missing };
}

/**
 * Accounts for every start before `current` that was not accounted for yet, once; call it in the
 * transaction that begins `current`. `known`: the last seq that one of them is known to have used.
 */
export function settleEarlierBoots(
  db: Database.Database,
  current: number,
  known: HandedOut | null,
): Unkept[] {
  const open = db
    .prepare<[number], { ordinal: number; boot: string }>(
      `SELECT ordinal, boot FROM boots WHERE ordinal < ?
         AND ordinal NOT IN (SELECT boot FROM unkept) ORDER BY ordinal`,
    )
    .all(current);
  const insert = db.prepare(
    'INSERT INTO unkept (boot, first_seq, last_seq, count) VALUES (?, ?, ?, ?)',
  );
  const lost: Unkept[] = [];
  for (const { ordinal, boot } of open) {
    const handedOut = known?.boot === boot ? known.seq : 0;
    const { last, lastKept, missing } = accountSeqs(db, ordinal, handedOut);
    // All at the end, as when the store was down at last, or some of them in between.
    const fromSeq = missing === 0 ? last : missing === last - lastKept ? lastKept + 1 : 1;
    insert.run(ordinal, fromSeq, last, missing);
    if (missing > 0) lost.push({ boot, fromSeq, toSeq: last, count: missing });
  }
  return lost;
}
