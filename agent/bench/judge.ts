/** Whether a run kept its bounds, and which one broke. */
import type { Bound, RunFigures } from './figures.ts';

/** One shot in a thousand, which is what p99.9 says. */
export const allowedShare = 0.001;

export type Broken =
  /** Verdicts or reject signals came after the deadline. */
  | 'deadline'
  /** Shots were not seen whole, or not kept. */
  | 'lost'
  /** Nothing was judged: no figure to hold against the bound. */
  | 'nothing-judged';

export interface Judged {
  readonly holds: boolean;
  readonly broken: Broken | null;
  /** The bound with the least room; null: nothing was measured. */
  readonly tightest: Bound | null;
  /** p99.9 of its reaction, or the longest where there were too few for that. */
  readonly reactionMs: number | null;
  readonly figure: 'p99.9' | 'max';
  /** Deadline over reaction. */
  readonly margin: number | null;
}

export function judgeRun(run: RunFigures): Judged {
  const tightest = run.bounds.toSorted((a, b) => roomOf(a) - roomOf(b))[0] ?? null;
  const spread = tightest?.reactionMs ?? null;
  const reactionMs = spread?.p999 ?? spread?.max ?? null;
  const broken = brokenOf(run, reactionMs);
  return {
    holds: broken === null,
    broken,
    tightest,
    reactionMs,
    figure: spread?.p999 == null ? 'max' : 'p99.9',
    margin: tightest === null || reactionMs === null ? null : tightest.deadlineMs / reactionMs,
  };
}

function brokenOf(run: RunFigures, reactionMs: number | null): Broken | null {
  const lost = run.unseen + run.unkept;
  if (run.bounds.some(isLate)) return 'deadline';
  if (lost > run.shots * allowedShare) return 'lost';
  return reactionMs === null ? 'nothing-judged' : null;
}

function isLate({ late, shots, reactionMs, deadlineMs }: Bound): boolean {
  const slow = reactionMs.p999 !== null && reactionMs.p999 > deadlineMs;
  return slow || late > shots * allowedShare;
}

function roomOf(bound: Bound): number {
  const { reactionMs, deadlineMs } = bound;
  const reached = reactionMs.p999 ?? reactionMs.max;
  const room = reached === null ? Number.POSITIVE_INFINITY : deadlineMs / reached;
  return isLate(bound) ? Math.min(room, 0) : room;
}
