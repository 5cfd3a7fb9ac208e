/** Which shipped profile a unit may be: how well its registers read as that profile's signals. */
import { isSound, type SignalEvidence } from './evidence.ts';

export interface ProfileScore {
  readonly profile: string;
  /** 0 to 1; a guess is worth saying from `worthSaying` on. */
  readonly score: number;
  /** Required signals that read well, of so many. */
  readonly good: number;
  readonly of: number;
}

const worthSaying = 0.6;
const mostGuesses = 3;
/** Zeros fit nearly every range. */
const zeroCounts = 0.3;
/** A plain 16-bit register takes nearly any value. */
const plainCounts = 0.6;

export function scoreProfile(profile: string, signals: readonly SignalEvidence[]): ProfileScore {
  const required = signals.filter(({ signal }) => signal.required);
  const points = required.map(pointsOf);
  const weights = required.map(({ signal }) => weightOf(signal));
  const sum = (list: readonly number[]): number => list.reduce((total, one) => total + one, 0);
  const total = sum(weights);
  return {
    profile,
    score: total === 0 ? 0 : sum(points.map((point, i) => point * (weights[i] ?? 0))) / total,
    good: required.filter(isSound).length,
    of: required.length,
  };
}

/** The best ones that are worth saying. */
export function bestGuesses(scores: readonly ProfileScore[]): ProfileScore[] {
  return scores
    .filter(({ score }) => score >= worthSaying)
    .sort((a, b) => b.score - a.score || b.of - a.of)
    .slice(0, mostGuesses);
}

function pointsOf(evidence: SignalEvidence): number {
  if (!isSound(evidence)) return 0;
  return evidence.reading.value === 0 ? zeroCounts : 1;
}

const weightOf = ({ count, hasRange }: SignalEvidence['signal']): number =>
  count > 1 ? 1 : hasRange ? plainCounts : plainCounts / 2;
