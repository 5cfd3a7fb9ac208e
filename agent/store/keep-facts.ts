/** What the keep child knows of itself and of its file, for health and metrics. */
import { readFileSync, statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { TargetFacts } from './delivery.ts';
import { LoopDelay, type LoopDelayMs } from './loop-delay.ts';

export interface KeepFacts {
  /** Null: not there, or this system does not tell. */
  readonly databaseBytes: number | null;
  readonly walBytes: number | null;
  /** What this process made the disk write, since it was started. */
  readonly writtenBytes: number | null;
  readonly rssBytes: number;
  readonly eventLoopMs: LoopDelayMs;
  /** Records that are not kept (gap records) or no longer (evictions), by reason. */
  readonly gaps: Readonly<Record<string, number>>;
  /** One a sync target; none where delivery stands still because the store does. */
  readonly targets: readonly TargetFacts[];
  /** How old the loop's last word is, ms; null: it said nothing yet. */
  readonly loopSilentMs: number | null;
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function writtenBytes(): number | null {
  try {
    const found = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'));
    return found === null ? null : Number(found[1]);
  } catch {
    return null; // Without /proc, or not allowed: nobody knows.
  }
}

const gapSums = `
  SELECT reason, SUM(count) AS count FROM (
    SELECT json_extract(body, '$.gap.reason') AS reason, json_extract(body, '$.gap.count') AS count
    FROM records WHERE kind = 'gap' AND kind <> 'cycle'
    UNION ALL SELECT 'evicted-' || what, count FROM evictions
    UNION ALL SELECT 'unkept', count FROM unkept
    UNION ALL SELECT json_extract(value, '$.reason'), json_extract(value, '$.count')
      FROM meta WHERE name GLOB 'set-back/*'
    UNION ALL SELECT 'undeliverable', COUNT(*) FROM refusals HAVING COUNT(*) > 0
  ) GROUP BY reason`;

function gapsOf(db: Database.Database | null): Record<string, number> {
  if (db === null) return {};
  const rows = db.prepare<[], { reason: string; count: number }>(gapSums).all();
  return Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
}

export class KeepObserver {
  readonly #delay = new LoopDelay(20);

  constructor() {
    this.#delay.enable();
  }

  /** `path`: of the database file. Throws what SQLite throws. */
  facts(
    path: string,
    db: Database.Database | null,
    heard: { readonly monoMs: number | null; readonly targets: readonly TargetFacts[] },
  ): KeepFacts {
    return {
      databaseBytes: sizeOf(path),
      walBytes: sizeOf(`${path}-wal`),
      writtenBytes: writtenBytes(),
      rssBytes: process.memoryUsage.rss(),
      eventLoopMs: this.#delay.figures(),
      gaps: gapsOf(db),
      targets: heard.targets,
      loopSilentMs: heard.monoMs === null ? null : performance.now() - heard.monoMs,
    };
  }
}
