/**
 * Holds a shot in the registers until one reader has read the counter, the whole block, and the
 * counter again: only then may the next shot take its place, so that none is lost at any speed.
 */
import type { RegisterTable } from '../../drivers/driver.ts';
import type { CodedSignal } from './codec.ts';

interface Span {
  readonly table: RegisterTable;
  readonly address: number;
  readonly words: number;
}

export class HoldGate {
  readonly #counter: Span;
  readonly #block: readonly Span[];
  /** Spans each reader has yet to read; absent until it has read the counter. */
  readonly #left = new Map<object, Set<Span>>();

  constructor(counter: CodedSignal, block: readonly CodedSignal[]) {
    this.#counter = spanOf(counter);
    this.#block = block.map(spanOf);
  }

  /** A new shot is in the registers: nobody has read it. */
  reset(): void {
    this.#left.clear();
  }

  /** Takes note of one read; true when it completes a reader's look at this shot. */
  note(reader: object, table: RegisterTable, address: number, count: number): boolean {
    const covers = (span: Span): boolean =>
      span.table === table &&
      span.address >= address &&
      span.address + span.words <= address + count;
    const left = this.#left.get(reader);
    if (covers(this.#counter)) {
      if (left?.size === 0) return true;
      if (left === undefined) this.#left.set(reader, new Set(this.#block));
    }
    const open = this.#left.get(reader);
    if (open === undefined || open.size === 0) return false;
    for (const span of open) if (covers(span)) open.delete(span);
    return false;
  }
}

function spanOf({ register, words }: CodedSignal): Span {
  return { table: register.table, address: register.address, words };
}
