/** Where the keep child and what delivers its records meet. */
import type Database from 'better-sqlite3';
import type { SyncPlan } from '../../config/sync-schema.ts';
import type { AgentEvent } from '../records.ts';

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
