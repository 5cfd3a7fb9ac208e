/**
 * Group commit: rows wait for company up to `commitMs`, urgent ones take all that wait along at
 * once. Rows that could not be committed stay in the queue; the owner says when to try again.
 */
import type { PpuriError } from '../../config/errors.ts';
import type { RecordRow } from './rows.ts';
import type { Committed, Session } from './session.ts';
import { asStoreError } from './trouble.ts';

const largestBatch = 256;

export interface WriterEvents {
  /** After COMMIT returned, or a row was refused for good. */
  committed(done: Committed): void;
  /** Nothing more can be written for now; `urgentKept`: alerts still can. */
  trouble(error: PpuriError, urgentKept: boolean): void;
  /** The whole queue is on the disk. */
  clear(): void;
}

export class Writer {
  readonly #commitMs: number;
  readonly #events: WriterEvents;
  #session: Session | null = null;
  #queue: RecordRow[] = [];
  #timer: NodeJS.Timeout | null = null;
  #full = false;
  #batch = largestBatch;

  constructor(commitMs: number, events: WriterEvents) {
    this.#commitMs = commitMs;
    this.#events = events;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Takes a freshly opened session, or null while there is none. */
  use(session: Session | null): void {
    this.#session = session;
    this.#full = false;
    this.#batch = largestBatch;
  }

  push(rows: readonly RecordRow[]): void {
    this.#queue.push(...rows);
    if (this.#session === null) return;
    const urgent = rows.some((row) => row.urgent);
    if (this.#full) {
      if (urgent) this.#commitUrgent();
    } else if (urgent) this.commit();
    else this.#timer ??= setTimeout(() => this.commit(), this.#commitMs);
  }

  /** Commits everything that waits, as far as the disk lets it. */
  commit(): void {
    this.stopTimer();
    const session = this.#session;
    if (session === null) return;
    try {
      while (this.#queue.length > 0) this.#commitBatch(session);
      this.#full = false;
      this.#events.clear();
    } catch (thrown) {
      const error = asStoreError(thrown, 'commit records', session.db.name);
      this.#full = error.code === 'store-full';
      if (this.#full) this.#commitUrgent(error);
      else this.#events.trouble(error, false);
    }
  }

  stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** When space runs out in a large batch, single rows still use what is left. */
  #commitBatch(session: Session): void {
    const rows = this.#queue.slice(0, this.#batch);
    try {
      this.#settle(session.commit(rows, 'ordinary'));
      this.#batch = Math.min(largestBatch, this.#batch * 2);
    } catch (thrown) {
      if (asStoreError(thrown, '', '').code !== 'store-full' || this.#batch === 1) throw thrown;
      this.#batch = 1;
    }
  }

  #commitUrgent(because?: PpuriError): void {
    const session = this.#session;
    const rows = this.#queue.filter((row) => row.urgent);
    if (session === null) return;
    try {
      if (rows.length > 0) this.#settle(session.commit(rows, 'urgent'));
      if (because !== undefined) this.#events.trouble(because, true);
    } catch (thrown) {
      this.#events.trouble(asStoreError(thrown, 'commit alerts', session.db.name), false);
    }
  }

  #settle(done: Committed): void {
    const settled = new Set([...done.kept, ...done.refused.map((row) => row.seq)]);
    this.#queue = this.#queue.filter((row) => !settled.has(row.seq));
    this.#events.committed(done);
  }
}
