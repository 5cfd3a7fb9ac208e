/**
 * From a stream of bytes to whole messages. Whatever may be half a message is never one: what was
 * under way when listening began, what had a pause within, what is longer than a message can be.
 */
import type { LineFraming } from '../driver.ts';
import { takeChecksum } from './checksum.ts';
import { sevenBits, withoutEighthBit } from './parity.ts';

/** More than this without an end is no message. */
export const longestMessage = 1024;
/** … nor this where an expression must be tried again at every byte. */
const longestByPattern = 256;
/** Instruments send a message in one go; converters and USB adapters add some 50 ms. */
export const longestPauseMs = 500;

export type LineFault = 'checksum' | 'parity' | 'pause' | 'too-long' | 'out-of-step';

/** One message, without delimiter and checksum; `fault`: why it does not count, or null. */
export interface Framed {
  readonly text: string;
  readonly fault: LineFault | null;
}

/** Where a message stands in what has come. */
interface Cut {
  readonly start: number;
  readonly end: number;
  /** Where the next one begins. */
  readonly next: number;
}

export class LineFramer {
  readonly #framing: LineFraming;
  readonly #pattern: RegExp | null;
  /** What a message by pattern always ends with, where the pattern shows it. */
  readonly #lastChar: string | null;
  readonly #longest: number;
  #text = '';
  /** `#text` as the framing sees it: without parity bits. */
  #seen = '';
  /** Of the last byte, or of the moment listening began. */
  #lastMs: number;
  /** What comes first may be the end of a message whose beginning was not heard. */
  #midway: boolean;
  /** The message under way had a pause within: two halves of different ones, perhaps. */
  #paused = false;

  /**
   * `fresh`: the next byte begins a message, since one was asked for on a quiet line. `midway`: a
   * message may be under way; if the line then stays quiet for a while, the next one is whole.
   */
  constructor(framing: LineFraming, start: 'fresh' | 'midway', nowMs: number) {
    this.#framing = framing;
    this.#pattern = 'pattern' in framing.end ? new RegExp(framing.end.pattern, 's') : null;
    this.#lastChar = 'pattern' in framing.end ? lastCharOf(framing.end.pattern) : null;
    this.#longest = this.#pattern === null ? longestMessage : longestByPattern;
    this.#midway = start === 'midway';
    this.#lastMs = nowMs;
  }

  /** Nothing of a further message has come; the LF after a delimiter CR is none. */
  get empty(): boolean {
    return this.#text.trim() === '';
  }

  /** `bytes` have come at `nowMs`, monotonic. */
  feed(bytes: Uint8Array, nowMs: number): Framed[] {
    this.#notePause(nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const framed: Framed[] = [];
    for (let from = 0; from < text.length; from += this.#longest)
      this.#take(text.slice(from, from + this.#longest), framed);
    return framed;
  }

  #take(text: string, framed: Framed[]): void {
    const mayEnd = this.#append(text);
    for (let cut = mayEnd ? this.#cut() : null; cut !== null; cut = this.#cut()) {
      const found = this.#judge(cut);
      this.#keep(this.#text.length - cut.next);
      this.#midway = false;
      this.#paused = false;
      if (found !== null) framed.push(found);
    }
    if (this.#text.length > this.#longest) framed.push(...this.#overflow());
  }

  /** False when no message can end in `text`. */
  #append(text: string): boolean {
    const seen = this.#framing.bits === 7 ? withoutEighthBit(text) : text;
    this.#text += text;
    this.#seen += seen;
    return this.#lastChar === null || seen.includes(this.#lastChar);
  }

  /** Only the last `size` characters. */
  #keep(size: number): void {
    this.#text = this.#text.slice(this.#text.length - size);
    this.#seen = this.#seen.slice(this.#seen.length - size);
  }

  #notePause(pauseMs: number): void {
    if (pauseMs <= longestPauseMs) return;
    if (!this.empty) this.#paused = true;
    else {
      this.#keep(0);
      this.#midway = false;
    }
  }

  #cut(): Cut | null {
    const { end } = this.#framing;
    if ('delimiter' in end) return cutAt(this.#seen, end.delimiter);
    if ('length' in end) return cutAfter(this.#seen, end.length);
    return this.#pattern === null ? null : cutByPattern(this.#seen, this.#pattern);
  }

  #judge({ start, end }: Cut): Framed | null {
    const message = this.#text.slice(start, end);
    if (this.#midway || message === '') return null;
    if (this.#paused) return { text: message, fault: 'pause' };
    if (this.#text.slice(0, start).trim() !== '') return { text: message, fault: 'out-of-step' };
    if (message.length > this.#longest) return { text: message, fault: 'too-long' };
    const plain = this.#framing.bits === 7 ? sevenBits(message) : message;
    if (plain === null) return { text: message, fault: 'parity' };
    const { checksum, checksumFrom } = this.#framing;
    const { text, right } = takeChecksum(checksum, checksumFrom, plain);
    return { text, fault: right ? null : 'checksum' };
  }

  /** Lets go of all but what may be the beginning of a delimiter; told once until the next end. */
  #overflow(): Framed[] {
    const { end } = this.#framing;
    const kept = 'delimiter' in end ? end.delimiter.length - 1 : 0;
    const told = this.#midway;
    const text = this.#text.slice(0, 40);
    this.#keep(kept);
    this.#midway = true;
    return told ? [] : [{ text, fault: 'too-long' }];
  }
}

/** The literal character at the end of a pattern, or null where it is not plain to see. */
function lastCharOf(pattern: string): string | null {
  if (pattern.includes('|')) return null;
  const code = /\\x([0-9a-fA-F]{2})$/.exec(pattern)?.[1];
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  // An escape like \u0003 reaches back six characters.
  return /\\.{0,5}$/.test(pattern) ? null : (/[A-Za-z0-9,;:]$/.exec(pattern)?.[0] ?? null);
}

function cutAt(text: string, delimiter: string): Cut | null {
  const at = text.indexOf(delimiter);
  return at === -1 ? null : { start: 0, end: at, next: at + delimiter.length };
}

function cutAfter(text: string, length: number): Cut | null {
  return text.length < length ? null : { start: 0, end: length, next: length };
}

function cutByPattern(text: string, pattern: RegExp): Cut | null {
  const match = pattern.exec(text);
  if (match === null || match[0] === '') return null;
  const end = match.index + match[0].length;
  return { start: match.index, end, next: end };
}
