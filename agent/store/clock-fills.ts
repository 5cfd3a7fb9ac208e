/** The loop's side of clock-fill.ts: which seqs have no wall time to rely on, and what was said of them. */
import type { ClockFill } from './clock-fill.ts';

/** A clock that is set this often is not remembered further back: those fills are done long since. */
const most = 64;

export class ClockFills {
  #all: ClockFill[] = [];
  /** The last seq before the clock was not known; null: it is. */
  #unknownAfter: number | null = null;

  /** For each child anew. */
  get all(): readonly ClockFill[] {
    return this.#all;
  }

  kept(seq: number, clockSynced: boolean): void {
    if (!clockSynced) this.#unknownAfter ??= seq - 1;
  }

  /** What is to be filled up to `lastSeq`; null: nothing. */
  fix(
    { offsetMs, vouched }: { readonly offsetMs: number; readonly vouched: boolean },
    lastSeq: number,
  ): ClockFill | null {
    const afterSeq = this.#unknownAfter;
    if (afterSeq === null) return null;
    // What is only likely now may still be known later.
    if (vouched) this.#unknownAfter = null;
    const fill = { afterSeq, upToSeq: lastSeq, offsetMs, vouched };
    this.#all = [...this.#all, fill].slice(-most);
    return fill;
  }
}
