/** Good shots that are no recovery: their answer lies just short of a defect. */
import type { Verdict } from '../records.ts';

/** A shot counts as good again only this far below the threshold. */
const DEADBAND = 0.8;
/** Part of the band between a value's limits that lies next to one of them. */
const EDGE = 0.1;

/** An open bound, or one of a scale that nobody knows, has no nearness. */
export function isNearly(
  verdict: Pick<Verdict, 'probability' | 'threshold' | 'estimate'>,
): boolean {
  const { probability, threshold, estimate } = verdict;
  if (probability !== null && threshold !== null) return probability >= DEADBAND * threshold;
  if (estimate == null) return false;
  const { kind, value, low, high } = estimate;
  if (kind === 'score') return high !== null && high > 0 && value >= DEADBAND * high;
  if (low === null || high === null) return false;
  return Math.min(value - low, high - value) < EDGE * (high - low);
}
