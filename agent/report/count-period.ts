/** One period counted from the file of a store. A plain request and plain results: a child may do it. */

import { openReadOnly } from '../store/database.ts';
import { type MachineDay, queryMachineDays } from '../store/effect-energy.ts';
import { type DaySpan, queryShotEvidence, type ShotEvidence } from '../store/effect-evidence.ts';
import { asStoreError, isDiskTrouble } from '../store/trouble.ts';

export interface CountRequest {
  /** The file. */
  readonly database: string;
  readonly days: readonly DaySpan[];
  readonly machine: string | undefined;
  readonly mold: string | undefined;
  /** Machine → how many parts its shots have; absent: 1. */
  readonly parts: Readonly<Record<string, number>>;
}

export interface PeriodCounts extends ShotEvidence {
  readonly machineDays: readonly MachineDay[];
}

/** Throws `store-*`. */
export function countPeriod(request: CountRequest): PeriodCounts {
  const db = openReadOnly(request.database);
  try {
    // The labels of a day are looked up among its shots, just read.
    db.pragma('cache_size = -16384');
    return { ...queryShotEvidence(db, request), machineDays: queryMachineDays(db, request) };
  } catch (thrown) {
    if (!isDiskTrouble(thrown)) throw thrown;
    throw asStoreError(thrown, 'read the evidence of an effect', request.database, 'reader');
  } finally {
    db.close();
  }
}
