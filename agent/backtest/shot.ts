/** What a backtest keeps of each judged shot: little, since histories are long. */
import type { Verdict } from '../records.ts';

export interface JudgedShot {
  /** 1-based data row of the file. */
  readonly row: number;
  /** Null: the file does not say when it was. */
  readonly wallMs: number | null;
  readonly mold: string | null;
  readonly outcome: Verdict['outcome'];
  readonly reason: string;
  /** The model's, of a defect; null: not scored. */
  readonly score: number | null;
  /** Null: not inspected. */
  readonly label: 0 | 1 | null;
}

/** With a score and a label: what figures are made of. */
export interface ScoredShot extends JudgedShot {
  readonly score: number;
  readonly label: 0 | 1;
}

export const isScored = (shot: JudgedShot): shot is ScoredShot =>
  shot.score !== null && shot.label !== null;
