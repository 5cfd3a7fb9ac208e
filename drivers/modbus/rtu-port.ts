import { EventEmitter } from 'node:events';
import type { Channel } from '../channel/channel.ts';
import { now } from '../clock.ts';
import type { Instant } from '../driver.ts';
import { Wake } from '../wake.ts';
import { type Candidate, ReplyGuard } from './reply-guard.ts';
import { type ReplyShape, replyShape } from './reply-shape.ts';
import {
  cameDamaged,
  crcBytes,
  findReply,
  longestRtuFrame,
  overheardRequest,
} from './rtu-frame.ts';

export interface RtuTiming {
  /** Least silence between frames. */
  readonly silenceMs: number;
  /** One character on the line; null: not known. */
  readonly byteMs: number | null;
  /** Longest wait for a reply. */
  readonly timeoutMs: number;
}

/** What came instead of a reply. */
export interface Leftover {
  readonly text: string | null;
  readonly damaged: boolean;
}

interface Outstanding {
  readonly request: Buffer;
  readonly shape: ReplyShape;
  readonly sentMs: number;
}

interface Held {
  readonly candidate: Candidate;
  readonly receivedAt: Instant;
}

/** Bytes of echo, noise and other units' frames before the reply; older ones are let go. */
const bufferBytes = 4 * longestRtuFrame;
/** What another master's device takes to answer, at most. */
const masterMs = 100;
const nothing: Leftover = { text: null, damaged: false };

/**
 * The port beneath modbus-serial's codec for RTU on one opening of a channel. It emits `data` only
 * for the one frame that fits the outstanding request; all else is left for the time-out to tell.
 */
export class RtuPort extends EventEmitter {
  isOpen = true;
  readonly _transactionIdWrite = 1;
  readonly _transactionIdRead = 1;
  strayBytes = 0;
  /** When the last byte of the last frame arrived. */
  receivedAt: Instant = { monoMs: 0, wallMs: 0 };
  quietUntilMs = 0;
  readonly #channel: Channel;
  readonly #timing: RtuTiming;
  readonly #echo: 'none' | 'cancel';
  readonly #guard: ReplyGuard;
  readonly #hold = new Wake();
  readonly #received = Buffer.allocUnsafe(bufferBytes);
  #size = 0;
  #waiting: Outstanding | null = null;
  #held: Held | null = null;
  /** Two frames fit: no later one may settle this exchange. */
  #ambiguous = false;

  constructor(channel: Channel, timing: RtuTiming, echo: 'none' | 'cancel') {
    super();
    this.#channel = channel;
    this.#timing = timing;
    this.#echo = echo;
    this.#guard = new ReplyGuard(timing.silenceMs, timing.timeoutMs);
    // What a device was saying as we came is not for us.
    this.quietUntilMs = performance.now() + timing.silenceMs;
  }

  unitQuietUntilMs(unit: number): number {
    return this.#guard.quietUntilMs(unit);
  }

  /** For the codec: sends one request given as unit, PDU and CRC. */
  write(frame: Buffer): void {
    const request = Buffer.from(frame);
    const shape = replyShape(request.subarray(0, request.length - crcBytes));
    this.#forget();
    this.#waiting = { request, shape, sentMs: performance.now() };
    this.#guard.asked(shape);
    this.#channel.write(request);
  }

  receive(bytes: Uint8Array): void {
    this.quietUntilMs = performance.now() + this.#timing.silenceMs;
    const waiting = this.#waiting;
    this.#append(bytes);
    if (waiting === null) this.#stray(bytes.length);
    else this.#look(waiting);
  }

  /** Gives up the outstanding request: what came instead, and the silence its reply may need. */
  abandon(): Leftover {
    const waiting = this.#waiting;
    const nowMs = performance.now();
    const { byteMs, silenceMs } = this.#timing;
    const replyMs = ((waiting?.shape.length ?? 0) + crcBytes) * (byteMs ?? 0);
    this.quietUntilMs = Math.max(this.quietUntilMs, nowMs + replyMs + silenceMs);
    const leftover = waiting === null ? nothing : this.#leftover(waiting);
    if (waiting !== null) {
      this.#guard.heardUnasked(this.#all(), nowMs, waiting.request);
      this.#guard.abandoned(waiting.shape, nowMs);
    }
    this.#forget();
    return leftover;
  }

  close(): void {
    this.isOpen = false;
    this.#forget();
  }

  #append(bytes: Uint8Array): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - bufferBytes));
    const room = bufferBytes - kept.length;
    if (this.#size > room) {
      this.#received.copyWithin(0, this.#size - room, this.#size);
      this.#size = room;
    }
    this.#received.set(kept, this.#size);
    this.#size += kept.length;
  }

  /** What came since the last exchange is kept together: a frame may come in pieces. */
  #stray(size: number): void {
    this.strayBytes += size;
    const atMs = performance.now();
    const { end, byMaster } = this.#guard.heardUnasked(this.#all(), atMs);
    if (end > 0) this.#size = 0;
    // Another master waits for its answer now, and so does everybody.
    if (byMaster) {
      const theirsMs = Math.min(masterMs, this.#timing.timeoutMs / 2);
      this.quietUntilMs = Math.max(this.quietUntilMs, atMs + theirsMs);
    }
  }

  #all(): Buffer {
    return this.#received.subarray(0, this.#size);
  }

  #look(waiting: Outstanding): void {
    const from = this.#afterEcho(waiting.request);
    if (from === null || this.#ambiguous) return;
    const found = findReply(this.#received, from, this.#size, waiting.shape);
    if (found === 'none') return;
    if (found === 'ambiguous') {
      this.#guard.doubt(waiting.shape.unit, performance.now());
      this.#ambiguous = true;
      this.#held = null;
      this.#hold.cancel();
      return;
    }
    if (this.#held !== null) return;
    if (this.#anothers(waiting, found.start)) {
      this.#ambiguous = true;
      return;
    }
    const frame = Buffer.from(this.#received.subarray(found.start, found.end));
    const { request, shape, sentMs } = waiting;
    const receivedAt = now();
    const candidate = { unit: shape.unit, frame, request, sentMs, atMs: receivedAt.monoMs };
    const untilMs = this.#guard.holdUntilMs(candidate);
    if (untilMs <= receivedAt.monoMs) {
      this.#passUp({ candidate, receivedAt });
      return;
    }
    this.#held = { candidate, receivedAt };
    if (Number.isFinite(untilMs)) {
      this.#hold.at(untilMs, () => this.#held !== null && this.#passUp(this.#held));
    }
  }

  /** Whether another master has just asked this unit: the frame may be its answer. */
  #anothers({ request, shape }: Outstanding, before: number): boolean {
    const overheard = overheardRequest(this.#received.subarray(0, before), request);
    if (overheard === null || overheard.unit !== shape.unit) return false;
    this.#guard.doubt(shape.unit, performance.now());
    return true;
  }

  /** Where to look from: after our own request, where the adapter hears it; null: not yet. */
  #afterEcho(request: Buffer): number | null {
    if (this.#echo === 'none') return 0;
    const at = this.#received.subarray(0, this.#size).indexOf(request);
    return at === -1 ? null : at + request.length;
  }

  #passUp({ candidate, receivedAt }: Held): void {
    this.receivedAt = receivedAt;
    this.#guard.accepted(candidate);
    this.#besides(candidate);
    this.#forget();
    this.emit('data', candidate.frame);
  }

  /** What came before and after the reply. */
  #besides({ frame, atMs, request }: Candidate): void {
    if (this.#size === frame.length) return;
    const all = this.#all();
    const start = all.indexOf(frame);
    this.#guard.heardUnasked(all.subarray(0, start), atMs, request);
    this.#guard.heardUnasked(all.subarray(start + frame.length), atMs, request);
  }

  #forget(): void {
    this.#waiting = null;
    this.#held = null;
    this.#ambiguous = false;
    this.#hold.cancel();
    this.#size = 0;
  }

  #leftover({ request, shape }: Outstanding): Leftover {
    if (this.#size === 0) return nothing;
    if (this.#held !== null) return { text: 'a frame that may be a repeated one', damaged: false };
    if (this.#ambiguous) {
      const text = 'more than one reply: two devices with this unit number, or another master';
      return { text, damaged: false };
    }
    const all = this.#received.subarray(0, this.#size);
    if (all.equals(request)) return { text: 'the echo of the request', damaged: false };
    if (this.#echo === 'cancel' && this.#afterEcho(request) === null) {
      const text = 'bytes without the echo of the request: does the adapter echo? (echo: none)';
      return { text, damaged: false };
    }
    const head = all
      .subarray(0, 16)
      .toString('hex')
      .replaceAll(/(..)(?=.)/g, '$1 ');
    const text = `${this.#size} bytes that are no reply (${head}${this.#size > 16 ? ' …' : ''})`;
    return { text, damaged: cameDamaged(all, this.#size, shape) };
  }
}
