/** How verdicts and probabilities agree with what inspection found. */

/** A share with its Wilson 95 % interval, all three null where `of` is 0: then nothing is known. */
export interface Share {
  readonly count: number;
  readonly of: number;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * `counted`: of the labelled shots as they are. `weighted`: verdicts of one kind were labelled more
 * often, and each kind stands for all shots with that verdict.
 */
export interface Recall extends Share {
  readonly method: 'counted' | 'weighted';
}

export const qualityDimensions = ['machine', 'mold', 'model', 'shift'] as const;
export type QualityDimension = (typeof qualityDimensions)[number];

/** How verdicts agree with labels, in one group of shots. A dimension not grouped by is null. */
export interface QualityRow {
  readonly machine: string | null;
  readonly mold: string | null;
  /** Null, where it is grouped by: rule limits, or nothing, judged. */
  readonly model: { readonly name: string; readonly version: string } | null;
  readonly shiftFromWallMs: number | null;
  readonly shots: number;
  readonly verdicts: { readonly ok: number; readonly defect: number };
  /** Judged shots that count as inspected: a part is a defect, or all parts are ok. */
  readonly labelled: number;
  /** Judged shots of which only some parts are labelled, all ok. They count as not labelled. */
  readonly partly: number;
  /** Labelled shots without a verdict: they count for nothing below. */
  readonly unjudgedLabelled: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
  /** Defects among all labelled shots. */
  readonly baseRate: Share;
  /** Defects among the labelled shots with verdict `defect`. */
  readonly precision: Share;
  /** Good ones among them. */
  readonly falseAlarms: Share;
  /** Defects among the labelled shots with verdict `ok`. */
  readonly missed: Share;
  /** Share of the defects that were found; null: the labels cannot say it. */
  readonly recall: Recall | null;
  /** Share of the shots with either verdict that are labelled, and what that makes of the labels. */
  readonly coverage: {
    readonly kind: 'none' | 'even' | 'selective' | 'suspected-only' | 'too-few';
    readonly defect: Share;
    readonly ok: Share;
  };
}

/** What the model expects of some shots, against what inspection found of the same ones. */
export type CalibrationFit = 'fits' | 'too-low' | 'too-high' | 'too-few';

export interface CalibrationBin {
  /** Of probability, 0 to 1; the last bin holds its upper end too. */
  readonly low: number;
  readonly high: number;
  /** Mean probability of its labelled shots. */
  readonly expected: number;
  /** Defects among them. */
  readonly found: Share;
  readonly fit: CalibrationFit;
}

/**
 * Whether the probabilities that were shown are right, of the labelled shots of one machine, mold and
 * model. `too-low`: inspection finds more defects than the model expects, beyond chance.
 */
export interface CalibrationRow {
  readonly machine: string;
  readonly mold: string | null;
  readonly model: { readonly name: string; readonly version: string };
  readonly labelled: number;
  /** Mean probability. */
  readonly expected: number;
  readonly found: Share;
  readonly fit: CalibrationFit;
  /** Mean squared distance of probability and finding, 0 to 1. */
  readonly brier: number;
  /** Those with labels. */
  readonly bins: readonly CalibrationBin[];
  /** How the labels were chosen: what is said holds for shots like those that were labelled. */
  readonly coverage: QualityRow['coverage']['kind'];
}

export interface QualityReport {
  readonly fromWallMs: number;
  readonly toWallMs: number;
  readonly by: readonly QualityDimension[];
  readonly rows: readonly QualityRow[];
  /** Of models that give probabilities; none where nothing is labelled. */
  readonly calibration: readonly CalibrationRow[];
  /** Labels in force whose shot the store has let go of: they count nowhere. */
  readonly labelsWithoutShot: number;
}
