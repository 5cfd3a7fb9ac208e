/** What the comparison of two periods says: all that a report shows of it. */
import type { BlockKind, Counts, Period, Stratum } from './counts.ts';
import type { Look } from './looks.ts';
import type { Need } from './need.ts';
import type { Estimate, RatioEstimate } from './rates.ts';

export interface PeriodRate extends Counts {
  readonly unjudged: number;
  readonly days: number;
  /** Days, lots or weeks that the interval rests on. */
  readonly blocks: number;
  /** As counted, in the period's own mix, interval by blocks. */
  readonly rate: Estimate;
  readonly designEffect: number;
  readonly effectiveShots: number;
}

export interface Compared {
  readonly before: number;
  readonly after: number;
  /** After minus before: below 0 is better. */
  readonly difference: Estimate;
  /** After divided by before. */
  readonly ratio: RatioEstimate;
}

export interface StratumEffect extends Stratum {
  /** Share of the shots of each period. */
  readonly share: Readonly<Record<Period, number>>;
  /** Null: only one period made it, or too few blocks did. */
  readonly difference: Estimate | null;
}

export type EffectVerdict = 'better' | 'worse' | 'no-difference-shown' | 'too-few';

export interface DefectEffect {
  readonly verdict: EffectVerdict;
  /**
   * What the verdict rests on, after minus before: of `sameMix`, or of the last look where looks were
   * planned. Null: nothing to compare yet.
   */
  readonly answer: Estimate | null;
  readonly blocks: BlockKind;
  /** How much alike days of a week are; null: too few to tell. */
  readonly weekCorrelation: number | null;
  /** Null: no judged shot. */
  readonly periods: Readonly<Record<Period, PeriodRate | null>>;
  /** Same mix of molds and modes, by blocks. Null: not comparable, or too few blocks. */
  readonly sameMix: Compared | null;
  /** As a month of the after period's mix; for defects avoided and cost. */
  readonly afterMix: Compared | null;
  /** Defects fewer than would have been, among the shots judged after in strata of both periods. */
  readonly avoided: Estimate | null;
  /** Plain rates, every shot for itself: misleads where the mix changed or days differ. */
  readonly naive: Compared | null;
  /** Mantel and Haenszel with their usual variances, every shot for itself. */
  readonly pooled: {
    readonly difference: Estimate | null;
    readonly ratio: RatioEstimate | null;
  };
  /** Block bootstrap of `sameMix`: should be near it. */
  readonly bootstrap: Estimate | null;
  readonly strata: readonly StratumEffect[];
  /** Chance of effects that differ as much between strata if they were one; null: one stratum. */
  readonly sameEffectP: number | null;
  readonly need: Need | null;
  /** Null: no looks were planned. */
  readonly looks: readonly Look[] | null;
  readonly notes: readonly EffectNote[];
}

/**
 * `few-defects`: fewer than five in a period. `few-blocks`: fewer than three days, lots or weeks of
 * a period. `weeks-alike`: whole weeks were good or bad, so that weeks are the blocks though there are
 * few. `mix-changed`: the share of some mold or mode moved by a tenth of the production or more.
 * `strata-left-out`: molds or modes that only one period made count for nothing; `shots` of them.
 * `inspection-changed`: another share of the shots was judged. `effect-differs`: not every mold
 * changed alike. `naive-disagrees`: plain rates would have given another verdict.
 * `before-too-small`: no number of shots after can make up for the few before.
 */
export type EffectNote =
  | { readonly kind: 'few-defects'; readonly before: number; readonly after: number }
  | { readonly kind: 'few-blocks'; readonly before: number; readonly after: number }
  | { readonly kind: 'weeks-alike'; readonly correlation: number }
  | { readonly kind: 'mix-changed'; readonly share: number }
  | { readonly kind: 'strata-left-out'; readonly shots: number }
  | { readonly kind: 'inspection-changed'; readonly before: number; readonly after: number }
  | { readonly kind: 'effect-differs'; readonly p: number }
  | { readonly kind: 'naive-disagrees' }
  | { readonly kind: 'before-too-small' };
