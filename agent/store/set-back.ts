/**
 * Starts of which the store once had more than its file has now: a backup was put back, or the file was
 * lost. The note beside the file tells, as far back as it reaches; what it tells is remembered in `meta`.
 */
import type Database from 'better-sqlite3';
import type { HandedOut } from './handed-out.ts';

export interface SetBack {
  readonly boot: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
}

const lastKnown = `
  SELECT MAX(
    COALESCE((SELECT MAX(id) & 1099511627775 FROM records WHERE id BETWEEN @low AND @high), 0),
    COALESCE((SELECT MAX(last_seq) FROM evictions WHERE boot = @boot), 0),
    COALESCE((SELECT MAX(json_extract(body, '$.gap.toSeq')) FROM records
      WHERE kind = 'gap' AND kind <> 'cycle' AND id BETWEEN @low AND @high), 0))`;
const remember = `INSERT INTO meta (name, value) VALUES ('set-back/' || ?, ?) ON CONFLICT DO NOTHING`;

/** Rows as the ledger's gaps. `reason`: `set-back`, or `store-damaged`: in a file that was set aside. */
export const setBackRows = `
  SELECT substr(name, 10) AS boot, json_extract(value, '$.fromSeq') AS "from",
    json_extract(value, '$.toSeq') AS "to", json_extract(value, '$.count') AS count,
    json_extract(value, '$.reason') AS reason, 'record' AS part, 0 AS delivered
  FROM meta WHERE name GLOB 'set-back/*' LIMIT 1000`;

function lastSeqOf(db: Database.Database, boot: string): number {
  const ordinal = db.prepare('SELECT ordinal FROM boots WHERE boot = ?').pluck().get(boot);
  if (ordinal === undefined) return 0;
  const low = Number(ordinal) * 2 ** 40;
  const range = { boot: Number(ordinal), low, high: low + 2 ** 40 - 1 };
  return Number(db.prepare(lastKnown).pluck().get(range));
}

/**
 * Remembers, of the starts before `current`, those that kept more than is here, once each; call it in the
 * transaction that begins `current`. `isAside`: the file that had them was just set aside as damaged.
 */
export function settleSetBack(
  db: Database.Database,
  current: string,
  noted: readonly HandedOut[],
  isAside: boolean,
): SetBack[] {
  const reason = isAside ? 'store-damaged' : 'set-back';
  return noted.flatMap(({ boot, seq, kept = 0 }) => {
    if (boot === current) return [];
    const last = lastSeqOf(db, boot);
    if (kept <= last) return [];
    const gone = {
      fromSeq: last + 1,
      toSeq: Math.max(seq, kept),
      count: Math.max(seq, kept) - last,
    };
    const { changes } = db.prepare(remember).run(boot, JSON.stringify({ ...gone, reason }));
    return changes === 0 || isAside ? [] : [{ boot, ...gone }];
  });
}
