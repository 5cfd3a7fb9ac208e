/**
 * The timing of one half-duplex line: a request takes its time on the wire, the reply begins after
 * the silence that ends a frame, and no byte is delivered before its last bit would have arrived.
 */
import { Wake } from '../../drivers/wake.ts';

/** What the specification asks above 19200 baud, and the least there is below. */
const leastSilenceMs = 1.75;
const silentCharacters = 3.5;
/** Bytes of a long reply are handed on in pieces of about this long; its last byte to the point. */
const pieceMs = 4;

/** Start bit, 8 data bits, parity bit, stop bits. */
export function characterMs(
  baudRate: number,
  parity: 'none' | 'even' | 'odd' = 'none',
  stopBits: 1 | 2 = 1,
): number {
  return ((1 + 8 + (parity === 'none' ? 0 : 1) + stopBits) * 1000) / baudRate;
}

/** The silence that ends an RTU frame. */
export function frameSilenceMs(byteMs: number): number {
  return Math.max(leastSilenceMs, silentCharacters * byteMs);
}

export interface LineUse {
  /** Time that bytes took on the wire, both ways. */
  readonly wireMs: number;
  /** Bytes that came while a reply was going out. */
  readonly collisions: number;
  /** Shortest silence between the end of a reply and the next byte received; null: none yet. */
  readonly shortestSilenceMs: number | null;
}

interface Queued {
  readonly bytes: Buffer;
  readonly notBeforeMs: number;
}

/** All times are performance.now(). */
export class WireLine {
  readonly #byteMs: number;
  readonly #write: (bytes: Buffer) => void;
  readonly #wake = new Wake();
  /** By when they may begin. */
  readonly #queue: Queued[] = [];
  #current: { readonly bytes: Buffer; readonly startMs: number; done: number } | null = null;
  #receivedUntilMs = Number.NEGATIVE_INFINITY;
  #sentUntilMs = Number.NEGATIVE_INFINITY;
  #use = { wireMs: 0, collisions: 0, shortestSilenceMs: Number.POSITIVE_INFINITY };

  constructor(byteMs: number, write: (bytes: Buffer) => void) {
    this.#byteMs = byteMs;
    this.#write = write;
  }

  /** `count` bytes were sent to us at `atMs`; gives when the last of them is through. */
  received(count: number, atMs: number): number {
    const use = this.#use;
    if (this.#current !== null) use.collisions += count;
    else if (atMs > this.#receivedUntilMs && Number.isFinite(this.#sentUntilMs))
      use.shortestSilenceMs = Math.min(use.shortestSilenceMs, atMs - this.#sentUntilMs);
    this.#receivedUntilMs = Math.max(this.#receivedUntilMs, atMs) + count * this.#byteMs;
    use.wireMs += count * this.#byteMs;
    return this.#receivedUntilMs;
  }

  /** Sends once `notBeforeMs` has passed and what is on its way is through. */
  send(bytes: Buffer, notBeforeMs: number): void {
    if (bytes.length === 0) return;
    const later = this.#queue.findIndex((other) => other.notBeforeMs > notBeforeMs);
    this.#queue.splice(later === -1 ? this.#queue.length : later, 0, { bytes, notBeforeMs });
    if (this.#current === null) this.#next();
  }

  use(): LineUse {
    const { shortestSilenceMs, ...use } = this.#use;
    return {
      ...use,
      shortestSilenceMs: Number.isFinite(shortestSilenceMs) ? shortestSilenceMs : null,
    };
  }

  close(): void {
    this.#wake.cancel();
    this.#queue.length = 0;
    this.#current = null;
  }

  #next(): void {
    const first = this.#queue[0];
    if (first === undefined) return;
    const startMs = Math.max(first.notBeforeMs, this.#sentUntilMs);
    // A reply that is due sooner may still come.
    if (startMs > performance.now()) this.#wake.at(startMs, () => this.#begin(startMs));
    else this.#begin(startMs);
  }

  /** The schedule is absolute: a late turn of the loop does not make the line slower. */
  #begin(startMs: number): void {
    const first = this.#queue.shift();
    if (first === undefined) return;
    const { bytes } = first;
    this.#current = { bytes, startMs, done: 0 };
    this.#sentUntilMs = startMs + bytes.length * this.#byteMs;
    this.#use.wireMs += bytes.length * this.#byteMs;
    this.#arm();
  }

  #arm(): void {
    if (this.#current === null) return;
    const { bytes, startMs, done } = this.#current;
    const piece = Math.max(1, Math.ceil(pieceMs / this.#byteMs));
    const until = Math.min(bytes.length, done + piece);
    this.#wake.at(startMs + until * this.#byteMs, () => this.#deliver());
  }

  #deliver(): void {
    const current = this.#current;
    if (current === null) return;
    const { bytes, startMs, done } = current;
    const through = Math.floor((performance.now() - startMs) / this.#byteMs + 1e-6);
    const end = Math.min(bytes.length, through);
    current.done = end;
    const over = end === bytes.length;
    if (over) this.#current = null;
    this.#write(bytes.subarray(done, end));
    if (over) this.#next();
    else this.#arm();
  }
}
