/** New models under way, as the panel shows them. */
import type { Activation, SideCounts } from '../../models/activation.ts';
import type { TrialView } from './contract.ts';

/** The part of the agent's status that is shown. */
export interface TrialStatus {
  readonly machine: string;
  readonly activation: Activation | null;
}

function meanMs({ timed, sumMs }: SideCounts): number | null {
  return timed === 0 ? null : sumMs / timed;
}

function trialView({
  mold,
  stage,
  candidate,
  counts,
  shadowShots,
  trialShots,
}: Activation): TrialView {
  const { name, version } = candidate;
  const { shots, compared, differing, dropped } = counts;
  return {
    ...{ mold, stage, model: { name, version }, shots, compared, differing, dropped },
    of: stage === 'shadow' ? shadowShots : trialShots,
    candidateMs: meanMs(counts.candidate),
    currentMs: meanMs(counts.current),
  };
}

/** Of one machine; nothing where none is under way. */
export function trialsOf(
  models: readonly TrialStatus[] | undefined,
  machine: string,
): { readonly trials?: readonly TrialView[] } {
  const under = (models ?? []).flatMap((one) =>
    one.machine === machine && one.activation !== null ? [trialView(one.activation)] : [],
  );
  return under.length === 0 ? {} : { trials: under };
}
