/** Where the keep child and what delivers its records meet. */
import type Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import type { SyncPlan } from '../../config/sync-schema.ts';
import type { AgentEvent } from '../records.ts';
import type { Range } from './covered.ts';
import { asFields, requiredText } from './params.ts';
import { asStoreError } from './trouble.ts';

/** How the delivery to one target stands. */
export interface TargetFacts {
  readonly target: string;
  /** `waiting`: for the next try, after `error`. */
  readonly state: 'connecting' | 'connected' | 'waiting';
  /** The trouble that lasts; null: none. */
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null;
  /** Until the next try, ms; null: none is waited for. */
  readonly retryInMs: number | null;
  /** Left out and tried again later, while others are taken; `first` as `boot/seq`. Null: none. */
  readonly held: { readonly count: number; readonly first: string; readonly why: string } | null;
  /** Since the store was opened: acknowledged, refused for good, and bytes sent, about. */
  readonly delivered: number;
  readonly refused: number;
  readonly bytes: number;
  readonly connections: number;
  /** Refused for good, of all starts. */
  readonly undeliverable: number;
  /** Records it lacks. */
  readonly pending: number;
  /** Age of the oldest of them by the wall clock, ms; null: none. */
  readonly oldestPendingMs: number | null;
}

/** What a target has, as far as the store had no room to note it. */
export interface Remembered {
  /** Which store the ids are of. */
  readonly store: string;
  readonly ranges: readonly Range[];
  readonly refused: readonly (readonly [id: number, why: string])[];
}

/** By target. */
export type DeliveryMemory = Map<string, Remembered>;

export interface Delivery {
  /** After a commit; may throw what SQLite throws. `settledBelow`: no lower seq will be kept. */
  committed(seqs: readonly number[], settledBelow: number): void;
  /** Writes down what was acknowledged; may throw what SQLite throws. */
  note(): void;
  /** May throw what SQLite throws. */
  facts(): TargetFacts[];
  /** Gives all that `target` refused for good to it again; how many. Null: there is no such target. */
  retry(target: string): number | null;
  /** Notes what was acknowledged, and ends; may throw what SQLite throws. */
  close(): void;
}

export interface DeliveryEvents {
  tell(kind: string, level: AgentEvent['level'], subject: string, text: string): void;
  /** `rest`: it passes, try again in a while; `end`: delivery is ended, and begun anew with the store. */
  onStoreTrouble(thrown: unknown): 'rest' | 'end';
  /** The store has no room for a note. */
  onUnsaved(thrown: unknown): void;
}

export type StartDelivery = (
  db: Database.Database,
  plan: SyncPlan,
  events: DeliveryEvents,
  memory: DeliveryMemory,
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

/** Of a full store, which goes on: delivery that could not begin is begun this much later. */
const restMs = 2000;

export interface SeatEvents {
  tell: DeliveryEvents['tell'];
  /** The store is of no more use as it is. */
  onStoreTrouble(thrown: unknown): void;
}

const isFull = (thrown: unknown): boolean =>
  asStoreError(thrown, 'deliver records', 'sync').code === 'store-full';

/** Holds what delivers while a store is open; none of its troubles gets past here. */
export class DeliverySeat {
  readonly #start: StartDelivery | undefined;
  readonly #plan: SyncPlan | undefined;
  readonly #events: SeatEvents;
  readonly #memory: DeliveryMemory = new Map();
  #delivery: Delivery | null = null;
  #resting: NodeJS.Timeout | null = null;
  #saidUnnoted = false;

  constructor(start: StartDelivery | undefined, plan: SyncPlan | undefined, events: SeatEvents) {
    this.#start = start;
    this.#plan = plan;
    this.#events = events;
  }

  /** Throws what SQLite throws, as the opening of a store may; a full store is open all the same. */
  begin(db: Database.Database): void {
    if (this.#plan === undefined || this.#start === undefined) return;
    try {
      this.#delivery = this.#start(db, this.#plan, this.#forDelivery(), this.#memory);
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown;
      this.#unnoted(thrown);
      this.#resting = setTimeout(() => this.#beginLate(db), restMs);
    }
  }

  #beginLate(db: Database.Database): void {
    try {
      this.begin(db);
    } catch (thrown) {
      this.#events.onStoreTrouble(thrown);
    }
  }

  #forDelivery(): DeliveryEvents {
    return {
      tell: (...said) => this.#events.tell(...said),
      onUnsaved: (thrown) => this.#unnoted(thrown),
      onStoreTrouble: (thrown) => {
        if (isFull(thrown)) return 'rest';
        this.#events.onStoreTrouble(thrown);
        return 'end';
      },
    };
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

  /** Gives what a target refused for good to it again. Throws `usage`, and what SQLite throws. */
  retry(params: unknown): { readonly target: string; readonly count: number } {
    const method = 'redeliver';
    const target = requiredText(method, asFields(method, params, ['target']), 'target');
    const count = this.#delivery?.retry(target) ?? null;
    if (count !== null) return { target, count };
    const known = this.#plan?.targets.map(({ name }) => name).join(', ');
    throw new PpuriError('usage', `there is no sync target ${target}`, {
      operation: 'deliver again',
      subject: target,
      hint: known ? `the targets are ${known}` : 'the configuration has no `sync`',
    });
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

  /** It is remembered here; after a kill it is sent again, and dropped by its key. Said once while it lasts. */
  #unnoted(thrown: unknown): void {
    if (this.#saidUnnoted) return;
    this.#saidUnnoted = true;
    const { message } = asStoreError(thrown, 'note what was delivered', 'sync');
    this.#events.tell(
      'sync-unnoted',
      'warn',
      'sync',
      `what was delivered cannot be noted, and comes again after a restart: ${message}`,
    );
  }
}
