/** Where a machine's shots come from: a physical model, or the rows of a log. */
import type { Placed } from './codec.ts';
import type { Garbage } from './garbage.ts';

export interface Truth {
  /** null: the log does not say. */
  readonly defect: boolean | null;
  /** Defect id of the profile. */
  readonly cause: string | null;
}

/** One shot, ready to be put in the registers. */
export interface SourceShot {
  /** Simulated seconds since the shot before. */
  readonly afterS: number;
  readonly simulatedS: number;
  readonly block: readonly Placed[];
  /** Every shot-polled signal as a reader gets it; null where the register holds a sentinel. */
  readonly values: Readonly<Record<string, number | null>>;
  readonly mold: string | null;
  readonly truth: Truth;
  /** What the profile's rules say of it: `try-shot`, `warm-up`, `line-stopped`, or null. */
  readonly suppressed: string | null;
  readonly garbage: readonly Garbage[];
  readonly trouble: string | null;
  /** Row of the log (0-based), null for a modelled shot. */
  readonly row: number | null;
}

export interface ShotSource {
  /** Seconds from shot to shot in steady production. */
  readonly cycleS: number;
  /** What the registers hold before the first shot. */
  initial(): readonly Placed[];
  /** The next shot, or null at the end of the log. */
  next(): SourceShot | null;
  slow(simulatedS: number): readonly Placed[];
}
