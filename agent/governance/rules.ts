/** How a new model must do beside the old one; the configuration's `trial` fills it. */
export interface TrialRules {
  /** Shots on which verdicts can be compared before disagreement may count. */
  readonly leastShots: number;
  /** Share of differing verdicts that is borne. */
  readonly maxDisagreement: number;
  /** Share of late answers beyond the old model's that is borne. */
  readonly maxExtraLate: number;
  /** Labelled `defect` verdicts of each model before precision may count. */
  readonly leastLabels: number;
}

/** Fewer late answers than this are chance. */
export const leastExtraLate = 3;
