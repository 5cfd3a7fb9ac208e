/** Where the keep child and what delivers its records meet. */
import type Database from 'better-sqlite3';
import type { SyncPlan } from '../../config/sync-schema.ts';
import type { AgentEvent } from '../records.ts';
import { asStoreError } from './trouble.ts';

export interface Delivery {
  /** After a commit; may throw what SQLite throws. */
  committed(seqs: readonly number[]): void;
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

/** State of a target: ids up to `upto`, and ranges beyond it, are delivered. */
export const deliveriesLayout = `
  CREATE TABLE deliveries (
    target TEXT PRIMARY KEY,
    upto INTEGER NOT NULL,
    ahead TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** Holds what delivers while a store is open; none of its troubles gets past here. */
export class DeliverySeat {
  readonly #start: StartDelivery | undefined;
  readonly #plan: SyncPlan | undefined;
  readonly #events: DeliveryEvents;
  #delivery: Delivery | null = null;

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
    if (this.#plan !== undefined)
      this.#delivery = this.#start?.(db, this.#plan, this.#events) ?? null;
  }

  committed(seqs: readonly number[]): void {
    try {
      this.#delivery?.committed(seqs);
    } catch (thrown) {
      this.#events.onStoreTrouble(thrown);
    }
  }

  /** What could not be noted is sent again, and dropped by its key. */
  end(): void {
    const delivery = this.#delivery;
    this.#delivery = null;
    try {
      delivery?.close();
    } catch (thrown) {
      const { message } = asStoreError(thrown, 'note what was delivered', 'sync');
      this.#events.tell('sync-unnoted', 'warn', 'sync', `some records come again: ${message}`);
    }
  }
}
