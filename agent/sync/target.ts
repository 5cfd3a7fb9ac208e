/** What a sync target is: it delivers what it is given, and says when the other side has it. */
import { PpuriError } from '../../config/errors.ts';
import type { StoredRecord } from '../records.ts';

/**
 * First to last: alerts, live ones (kept lately, or since the connection began), the backlog. Each lane
 * is in order of records, but for what the target did not take at first.
 */
export type Lane = 'alert' | 'live' | 'backlog';

/** An answer to the very records that were sent, so that it may be because of one of them. */
export class AnswerError extends PpuriError {}

export interface DeliverableRecord extends StoredRecord {
  /** Kept before this connection began. */
  readonly historical: boolean;
  /** Parts of a shot that retention has let go of; it then has none of them. */
  readonly evicted: readonly ('features' | 'readings')[];
}

export interface Sent {
  /** On the wire, about; what a bandwidth limit counts. */
  readonly bytes: number;
  /**
   * Resolves once the receiver has all of them. Rejects with PpuriError: `sync-refused` says that
   * these can never be taken; after anything else they are sent again on the next connection.
   */
  readonly done: Promise<void>;
}

export interface Connection {
  /** Records that may be unacknowledged at one time. */
  readonly window: number;
  /** Most records of one `send`, which is acknowledged as a whole. */
  readonly batch: number;
  /** Settles when the connection is over, whoever ended it, with why. Never rejects. */
  readonly ended: Promise<PpuriError>;
  /** Asked for by the other side before the next connection, ms. */
  readonly retryAfterMs?: number;
  send(records: readonly DeliverableRecord[], lane: Lane): Sent;
  /** Ends it at once. */
  close(): void;
}

export interface Try {
  /** Ends the try, or what came of it. */
  readonly signal: AbortSignal;
  /** The other side is there and lets wait, because of this. */
  readonly onWaiting: (why: PpuriError) => void;
}

export interface Target {
  readonly name: string;
  /** Whether the newest of the past may go before the rest of it. */
  readonly recentFirst: boolean;
  /**
   * One try, within 15 s but for what `onWaiting` tells of. Rejects with PpuriError `sync-*`. No
   * record has been sent before it resolves.
   */
  connect(attempt: Try): Promise<Connection>;
}

/** What targets need of the gateway, beside their configuration. */
export interface TargetTools {
  /** The next birth-death number of this target, on disk before it returns. */
  readonly nextBdSeq: () => number;
  /** Something a message of the other side had wrong; nothing was lost by it. */
  readonly onProblem: (problem: string) => void;
}

/** Where the records wait; the store's. */
export interface Outbox<R extends DeliverableRecord = DeliverableRecord> {
  begin(): void;
  next(lane: Lane, limit: number): R[];
  done(records: readonly R[]): void;
  /** It is given to this target never again, and counted as a gap. */
  refused(record: R, why: string): void;
  /** Whether it is left out for the time being; it stays pending. */
  aside(record: R, isAside: boolean): void;
}

/** How a target's delivery stands. */
export interface CourierFacts {
  /** `waiting`: for the next try, after `error`. */
  readonly state: 'connecting' | 'connected' | 'waiting';
  /** The trouble that lasts; null: none. */
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null;
  /** Until the next try; null: none is waited for. */
  readonly retryInMs: number | null;
  /** Left out and tried again later, while others are taken; `first` as `boot/seq`. Null: none. */
  readonly held: { readonly count: number; readonly first: string; readonly why: string } | null;
  /** Acknowledged, refused for good, sent on the wire (about), since this courier began. */
  readonly delivered: number;
  readonly refused: number;
  readonly bytes: number;
  readonly connections: number;
}
