/** What a sync target is: it delivers what it is given, and says when the other side has it. */
import type { PpuriError } from '../../config/errors.ts';
import type { StoredRecord } from '../records.ts';

/** `live`: kept since the connection began. `backlog`: before it. Each is in order of records. */
export type Lane = 'live' | 'backlog';

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
  /** Most records of one `send`. */
  readonly batch: number;
  /** Settles when the connection is over, whoever ended it, with why. Never rejects. */
  readonly ended: Promise<PpuriError>;
  send(records: readonly StoredRecord[], lane: Lane): Sent;
  /** Ends it at once. */
  close(): void;
}

export interface Target {
  readonly name: string;
  /** One try, within 15 s. Rejects with PpuriError `sync-*`. No record has been sent before it resolves. */
  connect(): Promise<Connection>;
}

/** Where the records wait; the store's. */
export interface Outbox<R extends StoredRecord = StoredRecord> {
  begin(): void;
  next(lane: Lane, limit: number): R[];
  done(records: readonly R[]): void;
}
