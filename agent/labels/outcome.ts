/** What became of a label that was asked for, as whoever asked is told. */
import type { Label, Verdict } from '../records.ts';

/** The shot it was put on, for people to see that it is the one they meant. */
export interface ShotSeen {
  readonly wallMs: number;
  readonly outcome: Verdict['outcome'];
  /** Another shot fits as well: this is the newest. */
  readonly ambiguous: boolean;
}

export interface SeenLabel {
  readonly label: Label;
  readonly shot: ShotSeen;
}

export interface LabelKey {
  readonly boot: string;
  readonly seq: number;
}

export type LabelTaken =
  /** `key`: of its record, which is on the disk; null: of a dry run. */
  | ({ readonly state: 'kept'; readonly key: LabelKey | null } & SeenLabel)
  /** Said before: nothing was kept. */
  | ({ readonly state: 'repeated' } & SeenLabel);

/** Plain data. */
export interface LabelRefusal {
  readonly state: 'refused';
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

export type LabelOutcome = LabelTaken | LabelRefusal;
