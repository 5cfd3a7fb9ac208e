/**
 * What follows for a new model from how it did beside the old one: nothing yet, the next stage, or the
 * way back. Pure: counts in, decision out.
 */

import type { Activation } from '../../models/activation.ts';
import { shareOf } from '../../models/share.ts';
import type { Share } from '../records.ts';
import { leastExtraLate, type TrialRules } from './rules.ts';

/** Why a candidate does not go on. */
export type Return =
  | { readonly cause: 'crashed'; readonly detail: string }
  | { readonly cause: 'not-finite'; readonly detail: string }
  | { readonly cause: 'late'; readonly late: number; readonly currentLate: number }
  | { readonly cause: 'disagrees'; readonly differing: number; readonly compared: number }
  | { readonly cause: 'imprecise'; readonly candidate: Share; readonly current: Share }
  | { readonly cause: 'unusable'; readonly detail: string };

export type Decision =
  | { readonly kind: 'stay' }
  | { readonly kind: 'next'; readonly to: 'trial' | 'commit' | 'end' }
  | { readonly kind: 'return'; readonly why: Return };

const stay: Decision = { kind: 'stay' };

/**
 * Grounds to return come first, so that a stage that is full and bad is not passed. Disagreement and
 * lateness count once they are beyond the limit with Wilson's 95 % confidence, not by a bad minute.
 */
export function evaluate(activation: Activation, rules: TrialRules): Decision {
  const why = groundsToReturn(activation, rules);
  if (why !== null) return { kind: 'return', why };
  const { stage, afterShadow, shadowShots, trialShots, counts } = activation;
  if (stage === 'shadow' && counts.shots >= shadowShots) return { kind: 'next', to: afterShadow };
  if (stage === 'trial' && counts.shots >= trialShots) return { kind: 'next', to: 'commit' };
  return stay;
}

function groundsToReturn(activation: Activation, rules: TrialRules): Return | null {
  const { stage, shadowShots, trialShots, counts } = activation;
  const { candidate, current, compared, differing } = counts;
  // A stage that is shorter than that must not pass unlooked at.
  const least = Math.min(rules.leastShots, stage === 'shadow' ? shadowShots : trialShots);
  if (candidate.failed > 0)
    return { cause: 'not-finite', detail: `${candidate.failed} answers that are no numbers` };
  if (isLate(counts, rules))
    return { cause: 'late', late: candidate.late, currentLate: current.late };
  const apart = shareOf(differing, compared).low ?? 0;
  if (compared >= least && apart > rules.maxDisagreement)
    return { cause: 'disagrees', differing, compared };
  return null;
}

function isLate({ candidate, current }: Activation['counts'], rules: TrialRules): boolean {
  if (candidate.late - current.late < leastExtraLate) return false;
  const asked = (side: typeof candidate): number =>
    side.ok + side.defect + side.unscored + side.late + side.failed;
  const least = shareOf(candidate.late, asked(candidate)).low ?? 0;
  const borne = (shareOf(current.late, asked(current)).value ?? 0) + rules.maxExtraLate;
  return least > borne;
}

/** The candidate's precision is at best, with 95 % confidence, below what the old one's was. */
export function evaluatePrecision(
  candidate: Share,
  current: Share,
  { leastLabels }: TrialRules,
): Decision {
  if (candidate.of < leastLabels || current.of < leastLabels) return stay;
  if (candidate.high === null || current.value === null || candidate.high >= current.value)
    return stay;
  return { kind: 'return', why: { cause: 'imprecise', candidate, current } };
}
