/** The words about new models on their way to deciding, which several rooms of the agent pass on. */

/** Of a verdict. */
export type Outcome = 'ok' | 'defect' | 'unscored';

/** A bundle as it is remembered. */
export interface BundlePointer {
  readonly name: string;
  readonly version: string;
  /** Directory of the bundle. */
  readonly path: string;
  /** sha256 of model.onnx, hex. */
  readonly hash: string;
}

/** How one of two models did on the shots that both were asked about. */
export interface SideCounts {
  readonly ok: number;
  readonly defect: number;
  readonly unscored: number;
  /** Answers after the deadline, or none within it. */
  readonly late: number;
  /** No answer that is a number. */
  readonly failed: number;
  /** Answers whose time is known, all their ms together, and the longest. */
  readonly timed: number;
  readonly sumMs: number;
  readonly maxMs: number;
}

export interface TrialCounts {
  /** Shots that the candidate judged. */
  readonly shots: number;
  /** Shots on which the verdicts of both can be compared, and how often they differ. */
  readonly compared: number;
  readonly differing: number;
  /** Shots on which the model that does not decide was not asked, since the gateway was busy. */
  readonly dropped: number;
  readonly candidate: SideCounts;
  readonly current: SideCounts;
}

/** A new model on its way to deciding. `shadow`: it is asked and decides nothing; `trial`: it decides. */
export interface Activation {
  /** Of this attempt; another try of the same bundle has another. */
  readonly id: string;
  readonly machine: string;
  /** Null: for every mold without a model of its own. */
  readonly mold: string | null;
  readonly stage: 'shadow' | 'trial';
  readonly candidate: BundlePointer;
  readonly shadowShots: number;
  readonly trialShots: number;
  /** What follows the shadow stage. */
  readonly afterShadow: 'trial' | 'end';
  readonly counts: TrialCounts;
  readonly who: string;
  /** When this stage began, by the wall clock. */
  readonly sinceWallMs: number;
}

/** What the model that does not decide said of a shot. Kept on this gateway, never delivered. */
export interface MirroredShot {
  /** Cycle.index and start of the agent make the key of the shot. */
  readonly cycleIndex: number;
  readonly shot: number | null;
  readonly mold: string | null;
  readonly wallMs: number;
  readonly model: { readonly name: string; readonly version: string; readonly hash: string };
  readonly role: 'candidate' | 'current';
  /** Outcome of the verdict in force. */
  readonly decided: Outcome;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly probability: number | null;
  readonly threshold: number | null;
  readonly tookMs: number | null;
}
