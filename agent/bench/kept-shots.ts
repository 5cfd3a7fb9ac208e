/** The shots that the agent of a benchmark has kept, out of its store. */
import { existsSync } from 'node:fs';
import { openReadOnly } from '../store/database.ts';
import { storePaths } from '../store/paths.ts';
import { readRecords } from '../store/read-records.ts';

/** One shot as the store has it. */
export interface KeptShot {
  readonly machine: string;
  readonly shot: number | null;
  readonly outcome: string;
  readonly reason: string;
  /** Stage → monotonic ms of the agent. */
  readonly times: Readonly<Record<string, number>>;
}

/** More than are made in any run of a benchmark. */
const mostRecords = 1_000_000;

/** In the order they were kept; none before there is a store. */
export function readKeptShots(store: string): KeptShot[] {
  const { database } = storePaths(store);
  if (!existsSync(database)) return [];
  const db = openReadOnly(database);
  try {
    const all = { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: mostRecords };
    return readRecords(db, all).flatMap(({ body }) => {
      if (body.kind !== 'cycle') return [];
      const { outcome, reason, times } = body.verdict;
      const { machine, shot } = body.cycle;
      return [{ machine, shot, outcome, reason, times: { ...times } }];
    });
  } finally {
    db.close();
  }
}
