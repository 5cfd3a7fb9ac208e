/** Works off clock fills beside the writer: a step now and then, after all that waits is committed. */
import type { PpuriError } from '../../config/errors.ts';
import type { StoredRecord } from '../records.ts';
import { type ClockFill, filled, fillStep, rememberFill } from './clock-fill.ts';
import type { Session } from './session.ts';
import { asStoreError } from './trouble.ts';

const betweenStepsMs = 20;
const againMs = 5000;

export interface ClockFillerParts {
  readonly boot: string;
  readonly session: () => Session | null;
  /** Commits what waits; gives how many rows could not be. */
  readonly commit: () => number;
  /** A step failed; it is tried again. */
  readonly late: (error: PpuriError) => void;
}

export class ClockFiller {
  readonly #parts: ClockFillerParts;
  #fills: readonly ClockFill[] = [];
  #timer: NodeJS.Timeout | null = null;
  #saidLate = false;

  constructor(parts: ClockFillerParts) {
    this.#parts = parts;
  }

  add(fill: ClockFill): void {
    this.#fills = [...this.#fills, fill];
    this.wake();
  }

  /** The record with the time it is known to have by now. */
  apply(record: StoredRecord): StoredRecord {
    return this.#fills.length === 0 ? record : filled(record, this.#fills);
  }

  /** A store was opened, or there is something new to do. */
  wake(): void {
    this.#timer ??= setTimeout(() => this.#work(), 0);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #work(): void {
    this.#timer = null;
    const session = this.#parts.session();
    if (session === null) return;
    // Rows on their way were made before the fill was known here.
    if (this.#parts.commit() > 0) this.#later(againMs);
    else this.#step(session);
  }

  #step({ db }: Session): void {
    try {
      for (const fill of this.#fills) rememberFill(db, this.#parts.boot, fill);
      if (fillStep(db)) this.#later(betweenStepsMs);
      this.#saidLate = false;
    } catch (thrown) {
      const error = asStoreError(thrown, 'put wall times right', db.name);
      if (!this.#saidLate) this.#parts.late(error);
      this.#saidLate = true;
      this.#later(againMs);
    }
  }

  #later(ms: number): void {
    this.#timer ??= setTimeout(() => this.#work(), ms);
  }
}
