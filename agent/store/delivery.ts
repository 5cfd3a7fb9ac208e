/** Where the keep child and what delivers its records meet. */
import type Database from 'better-sqlite3';
import type { SyncPlan } from '../../config/sync-schema.ts';
import type { AgentEvent } from '../records.ts';
import { asStoreError } from './trouble.ts';

/** How the delivery to one target stands. */
export interface TargetFacts {
  readonly target: string;
  /** `waiting`: for the next try, after `error`. */
  readonly state: 'connecting' | 'connected' | 'waiting';
  /** The trouble that lasts; null: none. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Since the store was opened: acknowledged, refused for good, and bytes sent, about. */
  readonly delivered: number;
  readonly refused: number;
  readonly bytes: number;
  readonly connections: number;
  /** Records it lacks. */
  readonly pending: number;
  /** Age of the oldest of them by the wall clock, ms; null: none. */
  readonly oldestPendingMs: number | null;
}

export interface Delivery {
  /** After a commit; may throw what SQLite throws. `settledBelow`: no lower seq will be kept. */
  committed(seqs: readonly number[], settledBelow: number): void;
  /** Writes down what was acknowledged; may throw what SQLite throws. */
  note(): void;
  /** May throw what SQLite throws. */
  facts(): TargetFacts[];
  /** Notes what was acknowledged, and ends; may throw what SQLite throws. */
  close(): void;
}

export interface DeliveryEvents {
  tell(kind: string, level: AgentEvent['level'], subject: string, text: string): void;
  onStoreTrouble(thrown: unknown): void;
}

export type StartDelivery = (
  db: Database.Database,
  plan: SyncPlan,
  events: DeliveryEvents,
) => Delivery;

/** State of a target: ids up to `upto`, and ranges beyond it, are delivered, or refused for good. */
export const deliveriesLayout = `
  CREATE TABLE deliveries (
    target TEXT PRIMARY KEY,
    upto INTEGER NOT NULL,
    ahead TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE refusals (
    target TEXT NOT NULL,
    id INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (target, id)
  ) STRICT, WITHOUT ROWID;
`;

/** A store without room for a note goes on; delivery begins anew this much later. */
const restMs = 2000;

/** Holds what delivers while a store is open; none of its troubles gets past here. */
export class DeliverySeat {
  readonly #start: StartDelivery | undefined;
  readonly #plan: SyncPlan | undefined;
  readonly #events: DeliveryEvents;
  #delivery: Delivery | null = null;
  #resting: NodeJS.Timeout | null = null;
  #saidUnnoted = false;

  constructor(
    start: StartDelivery | undefined,
    plan: SyncPlan | undefined,
    events: DeliveryEvents,
  ) {
    this.#start = start;
    this.#plan = plan;
    this.#events = events;
  }

  /** Throws what SQLite throws, as the opening of a store may. */
  begin(db: Database.Database): void {
    if (this.#plan === undefined) return;
    const onStoreTrouble = (thrown: unknown): void => this.#trouble(thrown, db);
    this.#delivery = this.#start?.(db, this.#plan, { ...this.#events, onStoreTrouble }) ?? null;
  }

  /** A full store is open, and keeps alerts: only delivery has to begin anew. */
  #trouble(thrown: unknown, db: Database.Database): void {
    if (asStoreError(thrown, 'deliver records', 'sync').code !== 'store-full') {
      this.#events.onStoreTrouble(thrown);
      return;
    }
    this.#unnoted(thrown);
    this.end();
    this.#resting = setTimeout(() => {
      try {
        this.begin(db);
      } catch (again) {
        this.#trouble(again, db);
      }
    }, restMs);
  }

  committed(seqs: readonly number[], settledBelow: number): void {
    try {
      this.#delivery?.committed(seqs, settledBelow);
    } catch (thrown) {
      this.#events.onStoreTrouble(thrown);
    }
  }

  /** Before the ledger is read, which else has what was noted last. */
  note(): void {
    this.#noting((delivery) => delivery.note());
  }

  /** Throws what SQLite throws. */
  facts(): TargetFacts[] {
    return this.#delivery?.facts() ?? [];
  }

  end(): void {
    if (this.#resting !== null) clearTimeout(this.#resting);
    this.#noting((delivery) => delivery.close());
    this.#delivery = null;
  }

  #noting(what: (delivery: Delivery) => void): void {
    if (this.#delivery === null) return;
    try {
      what(this.#delivery);
      this.#saidUnnoted = false;
    } catch (thrown) {
      this.#unnoted(thrown);
    }
  }

  /** What could not be noted is sent again, and dropped by its key. Said once while it lasts. */
  #unnoted(thrown: unknown): void {
    if (this.#saidUnnoted) return;
    this.#saidUnnoted = true;
    const { message } = asStoreError(thrown, 'note what was delivered', 'sync');
    this.#events.tell('sync-unnoted', 'warn', 'sync', `some records come again: ${message}`);
  }
}
