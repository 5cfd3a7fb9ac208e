/** Counting of shots on which two models were asked. Pure. */
import type { SideCounts, TrialCounts } from '../../models/activation.ts';
import type { Verdict } from '../records.ts';

/** What one of the two made of a shot. */
export interface Judged {
  readonly outcome: Verdict['outcome'];
  readonly reason: string;
  /** From the question to the answer; null: not known, or no model was asked. */
  readonly tookMs: number | null;
}

const noSide: SideCounts = {
  ...{ ok: 0, defect: 0, unscored: 0, late: 0, failed: 0, timed: 0, sumMs: 0, maxMs: 0 },
};

export const noTrialCounts: TrialCounts = {
  ...{ shots: 0, compared: 0, differing: 0, dropped: 0, candidate: noSide, current: noSide },
};

const lateReasons = new Set(['deadline-missed', 'hard-limit']);
/** Says nothing of the model: its child was not there, or there is no model. */
const silentReasons = new Set(['not-loaded', 'inference-restarting', 'inference-lost', 'no-model']);

type Kind = Verdict['outcome'] | 'late' | 'failed' | 'silent';

function kindOf({ outcome, reason, tookMs }: Judged, deadlineMs: number): Kind {
  if (reason === 'model-failed') return 'failed';
  if (lateReasons.has(reason) || (tookMs !== null && tookMs > deadlineMs)) return 'late';
  if (outcome === 'unscored' && silentReasons.has(reason)) return 'silent';
  return outcome;
}

function addTo(side: SideCounts, kind: Kind, tookMs: number | null): SideCounts {
  const counted = kind === 'silent' ? side : { ...side, [kind]: side[kind] + 1 };
  if (tookMs === null) return counted;
  const maxMs = Math.max(side.maxMs, tookMs);
  return { ...counted, timed: side.timed + 1, sumMs: side.sumMs + tookMs, maxMs };
}

const compares = (kind: Kind): boolean => kind === 'ok' || kind === 'defect' || kind === 'unscored';

/**
 * One more shot. Verdicts are compared where both models had their say: what was late or failed is
 * counted as that, and where both abstained there is nothing to compare.
 */
export function countPair(
  before: TrialCounts,
  candidate: Judged,
  current: Judged,
  deadlineMs: number,
): TrialCounts {
  const kinds = {
    candidate: kindOf(candidate, deadlineMs),
    current: kindOf(current, deadlineMs),
  };
  const abstained = kinds.candidate === 'unscored' && kinds.current === 'unscored';
  const both = compares(kinds.candidate) && compares(kinds.current) && !abstained;
  const judged = kinds.candidate === 'ok' || kinds.candidate === 'defect';
  return {
    ...before,
    shots: before.shots + (judged ? 1 : 0),
    compared: before.compared + (both ? 1 : 0),
    differing: before.differing + (both && kinds.candidate !== kinds.current ? 1 : 0),
    candidate: addTo(before.candidate, kinds.candidate, candidate.tookMs),
    current: addTo(before.current, kinds.current, current.tookMs),
  };
}

export function countDropped(before: TrialCounts): TrialCounts {
  return { ...before, dropped: before.dropped + 1 };
}
