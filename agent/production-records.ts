/** Stops of machines, and what the store knows of a time in which machines produced or stood. */
import type { Instant } from '../drivers/driver.ts';

/**
 * `micro`: shorter than the configuration says. `unknown`: nobody saw whether the machine produced,
 * since it did not answer, or since it is not known yet how long its cycles take.
 */
export type StopKind = 'stop' | 'micro' | 'unknown';

/**
 * A time without shots, from the last shot to one usual cycle before the next. Told when it is found,
 * when its kind changes, now and then while it lasts, and when it is over.
 */
export interface Stop {
  readonly id: string;
  readonly machine: string;
  /** Of the shot before it; null: none is known. */
  readonly mold: string | null;
  readonly kind: StopKind;
  readonly state: 'open' | 'ended';
  readonly begin: Instant;
  /** Null while it lasts. The same as `begin`: it turned out that the machine had produced. */
  readonly end: Instant | null;
  /** What a cycle of this mold usually takes, ms; null: not known. */
  readonly usualMs: number | null;
  /** The stop or unknown time before it, where no shot was made between them. */
  readonly continues: string | null;
  /** When this was said. */
  readonly at: Instant;
}

/** Why a machine stood, as a person says; the newest of a stop holds. */
export interface StopReason {
  readonly stop: string;
  readonly machine: string;
  /** A code of the configuration. */
  readonly code: string;
  readonly note: string | null;
  readonly who: string;
  readonly from: 'panel' | 'cli';
  readonly at: Instant;
}

export interface GivenReason {
  readonly code: string;
  readonly note: string | null;
  readonly who: string;
  readonly wallMs: number;
  /** It was given for the stop that this one continues. */
  readonly inherited: boolean;
}

/** A stop as the store tells it, newest word. */
export interface StopRow {
  readonly boot: string;
  readonly id: string;
  readonly machine: string;
  readonly mold: string | null;
  readonly kind: StopKind;
  readonly state: Stop['state'];
  readonly beginWallMs: number;
  /** Of an open one: up to when it is known to have lasted. */
  readonly endWallMs: number;
  /** By the monotonic clock. */
  readonly durationMs: number;
  readonly usualMs: number | null;
  readonly continues: string | null;
  readonly clockSynced: boolean;
  readonly reason: GivenReason | null;
}

/** Shots of one machine and mold in one shift; a shot is a defect when one of its parts is. */
export interface ShotCount {
  readonly machine: string;
  readonly mold: string | null;
  readonly shiftFromWallMs: number;
  /** All that were made while the agent watched. */
  readonly shots: number;
  /** Made while no agent watched: the counter says so when it is read again. Not among `shots`. */
  readonly unwatched: number;
  readonly inspected: { readonly ok: number; readonly defect: number };
  /** Not, or only in part, inspected: what the model or the limits said. */
  readonly judged: { readonly ok: number; readonly defect: number };
  /** Neither inspected nor judged: never good. */
  readonly neither: number;
  /** Among `neither`: try shots, warm-up after a stop and the like. */
  readonly suppressed: number;
}

/** What a machine made with one mold, up to the end of the time asked for. */
export interface CyclePace {
  readonly machine: string;
  readonly mold: string | null;
  readonly cycles: number;
  /** One in ten cycles was shorter. */
  readonly bestMs: number;
}

export interface ProductionFacts {
  readonly fromWallMs: number;
  readonly toWallMs: number;
  readonly shifts: readonly {
    readonly shiftFrom: number;
    readonly from: number;
    readonly to: number;
  }[];
  /** When an agent watched the machine, in order. */
  readonly watched: readonly {
    readonly machine: string;
    readonly fromWallMs: number;
    readonly toWallMs: number;
  }[];
  /** By machine, in order of time. */
  readonly stops: readonly StopRow[];
  /** From when on which mold was in; a time before the first of a machine belongs to it too. */
  readonly molds: readonly {
    readonly machine: string;
    readonly mold: string | null;
    readonly fromWallMs: number;
  }[];
  readonly counts: readonly ShotCount[];
  readonly paces: readonly CyclePace[];
}

/** The last shots of a mold now, and of the last time it was in before another one. */
export interface MoldRuns {
  readonly mold: string | null;
  readonly now: RunValues;
  /** Null: it is not known to have been in before. */
  readonly before: (RunValues & { readonly toWallMs: number }) | null;
}

export interface RunValues {
  readonly shots: number;
  /** Feature → its good values, of up to 100 shots. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}
