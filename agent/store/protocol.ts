/** What the loop and its keep child say to each other. Structured clone carries it. */
import type { SyncPlan } from '../../config/sync-schema.ts';
import type { AgentEvent, StoredRecord } from '../records.ts';
import type { ClockFill } from './clock-fill.ts';
import type { Outcome, WireError } from './trouble.ts';

/** One start of the agent. */
export interface BootInfo {
  /** Never used twice, e.g. a UUID. */
  readonly id: string;
  readonly startedWallMs: number;
  /** The same moment on the clock that all its records carry. */
  readonly startedMonoMs?: number;
  /** Whether the wall clock could be trusted at the start. */
  readonly clockSynced: boolean;
}

/** Days of running time after which a part goes; 0: when the cap needs its room. */
export interface KeepDays {
  readonly readingsDays: number;
  readonly featuresDays: number;
  readonly recordsDays: number;
}

export interface OpenOptions {
  readonly dir: string;
  /** Byte cap of the database file, MiB. */
  readonly maxMiB: number;
  readonly keep: KeepDays;
  /** Absent: records are delivered nowhere. */
  readonly sync?: SyncPlan | undefined;
  readonly boot: BootInfo;
  /** What works beside the store, plain data; absent: nothing does. */
  readonly beside?: unknown;
  /** Longest wait of an ordinary record for its commit. */
  readonly commitMs: number;
  /** Before the file is used: look for damage, trust it (a child put back in place), or set it
   * aside unseen (it was found damaged, or reading it killed the child). */
  readonly check: 'full' | 'skip' | 'suspect';
}

/** `ok`: everything is kept. `full`: only alerts are. `down`: nothing is, until it is back. */
export type StoreCondition = 'ok' | 'full' | 'down';

export type ToChild =
  | { readonly type: 'open'; readonly options: OpenOptions }
  /** `settledBelow`: each lower seq of this start is kept or given up. */
  | {
      readonly type: 'keep';
      readonly records: readonly StoredRecord[];
      readonly settledBelow: number;
    }
  | { readonly type: 'commit' }
  | { readonly type: 'clock'; readonly fill: ClockFill }
  | { readonly type: 'status'; readonly snapshot: unknown }
  | { readonly type: 'ask'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly type: 'answer'; readonly id: number; readonly outcome: Outcome }
  | { readonly type: 'close' };

export type FromChild =
  | {
      readonly type: 'condition';
      readonly condition: StoreCondition;
      readonly error: WireError | null;
    }
  | { readonly type: 'kept'; readonly seqs: readonly number[] }
  | { readonly type: 'refused'; readonly seq: number; readonly error: WireError }
  /** What was committed before is in the file that was set aside, no longer in the store. */
  | { readonly type: 'set-aside'; readonly path: string }
  | { readonly type: 'event'; readonly event: AgentEvent }
  /** For the log alone: it is neither kept nor delivered. */
  | {
      readonly type: 'log';
      readonly event: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'answer'; readonly id: number; readonly outcome: Outcome }
  | {
      readonly type: 'command';
      readonly id: number;
      readonly method: string;
      readonly params: unknown;
    }
  /** The last message: everything before it has been handed over. */
  | { readonly type: 'bye' };
