/**
 * Asks a line or endpoint one question at a time and tells everything that came, right or not: the
 * evidence that a bus of the agent rightly throws away. It can only read.
 */
import type { Channel, ChannelOpener } from '../../drivers/channel/channel.ts';

import { replyShape } from '../../drivers/modbus/reply-shape.ts';
import { type Frame, findFrames, type Question, readRequest, withCrc, wordsOf } from './frames.ts';
import { type Misfit, notFitting, notFittingTcp, othersRequests, type Unfit } from './misfits.ts';

interface Heard {
  /** Everything that came, our own echo included. */
  readonly bytes: Uint8Array;
  /** Replies that fit the question; more than one: two devices answer. */
  readonly replies: number;
  /** The adapter hears its own requests. */
  readonly echoed: boolean;
  /** Until the last byte of the reply, or the whole time-out. */
  readonly roundTripMs: number;
  /** Units of another master's requests that were heard meanwhile. */
  readonly overheard: readonly number[];
}

export type Answer = Heard &
  (
    | { readonly kind: 'words'; readonly words: readonly number[] }
    | { readonly kind: 'exception'; readonly exception: number }
    /** The reply's shape with a wrong checksum. `sevenBits`: bit 7 of every byte was lost. */
    | { readonly kind: 'damaged'; readonly sevenBits: boolean }
    /** It begins as the reply does and ends too soon. */
    | { readonly kind: 'cut'; readonly missing: number }
    /** A whole frame of another unit. */
    | { readonly kind: 'foreign'; readonly unit: number }
    /** A whole frame that is no reply to the question. */
    | { readonly kind: 'misfit'; readonly why: Misfit }
    /** Bytes that are no frame. */
    | { readonly kind: 'noise' }
    | { readonly kind: 'silent' }
    /** The connection was closed instead of an answer. */
    | { readonly kind: 'lost'; readonly why: string }
  );

/** An answer that came after its time-out, known by its transaction id; on TCP only. */
export interface LateAnswer {
  readonly question: Question;
  readonly answer: Answer;
}

export interface AskOptions {
  readonly timeoutMs: number;
  /** How long to go on listening after the reply, for a second one. */
  readonly lingerMs?: number;
}

const headerBytes = 6;
const longestTcp = 260;
/** A line that is never quiet is asked all the same after this. */
const mostQuietWaitMs = 500;
const keptBytes = 4096;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Asker {
  readonly endpoint: string;
  readonly late: LateAnswer[] = [];
  readonly #opener: ChannelOpener;
  readonly #framing: 'tcp' | 'rtu';
  readonly #silenceMs: number;
  #channel: Channel | null = null;
  #received: Buffer = Buffer.alloc(0);
  #lastByteMs = 0;
  #lost: string | null = null;
  #transaction = 0;
  readonly #asked = new Map<number, Question>();
  #changed: () => void = () => undefined;

  constructor(opener: ChannelOpener, framing: 'tcp' | 'rtu') {
    this.endpoint = opener.endpoint;
    this.#opener = opener;
    this.#framing = framing;
    this.#silenceMs = framing === 'tcp' ? 0 : Math.max(5, 3.5 * (opener.byteMs ?? 0));
  }

  /** Rejects with `bus-unavailable`. */
  async open(): Promise<void> {
    if (this.#channel !== null) return;
    this.#lost = null;
    this.#received = Buffer.alloc(0);
    this.#asked.clear();
    const handlers = {
      receive: (bytes: Uint8Array) => this.#receive(bytes),
      lost: (cause: Error) => {
        this.#lost = cause.message;
        this.#channel = null;
        this.#changed();
      },
    };
    this.#channel = await this.#opener.open(handlers, new AbortController().signal);
  }

  async close(): Promise<void> {
    const channel = this.#channel;
    this.#channel = null;
    await channel?.close();
  }

  /** What comes within `ms` with nothing asked. Rejects with `bus-unavailable`. */
  async listen(ms: number): Promise<Uint8Array> {
    await this.open();
    this.#received = Buffer.alloc(0);
    await sleep(ms);
    return this.#received;
  }

  /** What comes within `ms` of `request`, which is text. Rejects with `bus-unavailable`. */
  async say(request: string, ms: number): Promise<Uint8Array> {
    await this.open();
    this.#received = Buffer.alloc(0);
    this.#channel?.write(Buffer.from(request, 'latin1'));
    await sleep(ms);
    return this.#received;
  }

  /** Opens the connection again where it was lost. Rejects with `bus-unavailable`. */
  async ask(question: Question, options: AskOptions): Promise<Answer> {
    await this.open();
    return this.#framing === 'tcp'
      ? this.#askTcp(question, options)
      : this.#askRtu(question, options);
  }

  async #askRtu(question: Question, { timeoutMs, lingerMs = 0 }: AskOptions): Promise<Answer> {
    await this.#quiet();
    const request = withCrc(readRequest(question));
    this.#received = Buffer.alloc(0);
    const sentMs = performance.now();
    this.#channel?.write(request);
    const fits = (): Frame[] => repliesTo(question, this.#received);
    await this.#until(() => fits().length > 0 || this.#lost !== null, timeoutMs);
    const roundTripMs = performance.now() - sentMs;
    if (lingerMs > 0 && fits().length > 0) await sleep(lingerMs);
    const bytes = this.#received;
    const echoed = bytes.indexOf(request) !== -1;
    const replies = fits();
    const overheard = othersRequests(bytes, request);
    const verdict = this.#judge(question, replies, bytes, request);
    return { ...verdict, bytes, echoed, roundTripMs, overheard, replies: replies.length };
  }

  #judge(question: Question, replies: readonly Frame[], bytes: Buffer, request: Buffer): Verdict {
    const [reply] = replies;
    if (reply !== undefined) return readReply(reply, question);
    if (this.#lost !== null) return { kind: 'lost', why: this.#lost };
    const at = bytes.indexOf(request);
    const rest = at === -1 ? bytes : bytes.subarray(at + request.length);
    if (rest.length === 0) return { kind: 'silent' };
    return notFitting(question, rest);
  }

  async #askTcp(question: Question, { timeoutMs, lingerMs = 0 }: AskOptions): Promise<Answer> {
    this.#transaction = (this.#transaction % 0xffff) + 1;
    const own = this.#transaction;
    this.#asked.set(own, question);
    const body = readRequest(question);
    const frame = Buffer.alloc(headerBytes + body.length);
    frame.writeUInt16BE(own, 0);
    frame.writeUInt16BE(body.length, 4);
    frame.set(body, headerBytes);
    const sentMs = performance.now();
    this.#channel?.write(frame);
    const fits: Frame[] = [];
    let all: Buffer = Buffer.alloc(0);
    const take = (): boolean => {
      all = Buffer.concat([all, ...this.#takeFrames(own, fits)]);
      return fits.length > 0 || this.#lost !== null;
    };
    await this.#until(take, timeoutMs);
    const roundTripMs = performance.now() - sentMs;
    if (lingerMs > 0 && fits.length > 0) await sleep(lingerMs);
    take();
    const bytes = Buffer.concat([all, this.#received]);
    const heard = { bytes, echoed: false, roundTripMs, replies: fits.length, overheard: [] };
    const [reply] = fits;
    if (reply !== undefined) {
      this.#asked.delete(own);
      return { ...readReply(reply, question), ...heard };
    }
    const verdict = bytes.length === 0 ? null : notFittingTcp(question, own, bytes);
    if (verdict !== null && verdict.kind !== 'noise') return { ...verdict, ...heard };
    if (this.#lost !== null) return { kind: 'lost', why: this.#lost, ...heard };
    return { kind: verdict === null ? 'silent' : 'noise', ...heard };
  }

  /** Whole frames received; those of `own` go into `fits`, older ones are late answers. */
  #takeFrames(own: number, fits: Frame[]): Buffer[] {
    const taken: Buffer[] = [];
    for (;;) {
      const received = this.#received;
      if (received.length < headerBytes + 3) return taken;
      const end = headerBytes + received.readUInt16BE(4);
      if (received.readUInt16BE(2) !== 0 || end > longestTcp || received.length < end) return taken;
      const frame = received.subarray(0, end);
      this.#received = received.subarray(end);
      const transaction = frame.readUInt16BE(0);
      const question = this.#asked.get(transaction);
      const reply = question === undefined ? null : tcpReply(frame, question);
      const late = reply !== null && transaction !== own;
      if (!late) taken.push(frame);
      if (question === undefined || reply === null) continue;
      if (!late) fits.push(reply);
      else {
        this.#asked.delete(transaction);
        const heard = { bytes: frame, echoed: false, replies: 1, roundTripMs: 0, overheard: [] };
        this.late.push({ question, answer: { ...readReply(reply, question), ...heard } });
      }
    }
  }

  #receive(bytes: Uint8Array): void {
    this.#lastByteMs = performance.now();
    const room = Math.max(0, keptBytes - bytes.length);
    this.#received = Buffer.concat([this.#received.subarray(-room), bytes]);
    this.#changed();
  }

  async #quiet(): Promise<void> {
    const patienceEndMs = performance.now() + mostQuietWaitMs;
    for (;;) {
      const nowMs = performance.now();
      const waitMs = this.#lastByteMs + this.#silenceMs - nowMs;
      if (waitMs <= 0 || nowMs >= patienceEndMs) return;
      await sleep(Math.ceil(waitMs));
    }
  }

  /** Until `done`, looked at whenever something came, or `timeoutMs` passed. */
  async #until(done: () => boolean, timeoutMs: number): Promise<void> {
    if (done()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#changed = () => {
        if (!done()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#changed = () => undefined;
  }
}

type Verdict =
  | { readonly kind: 'words'; readonly words: readonly number[] }
  | { readonly kind: 'exception'; readonly exception: number }
  | Unfit
  | { readonly kind: 'silent' }
  | { readonly kind: 'lost'; readonly why: string };

type ReplyVerdict = Extract<Verdict, { kind: 'words' | 'exception' }>;

function readReply({ kind, data }: Frame, question: Question): ReplyVerdict {
  if (kind === 'exception') return { kind: 'exception', exception: data[0] ?? 0 };
  return { kind: 'words', words: wordsOf(data, question) };
}

function repliesTo(question: Question, bytes: Uint8Array): Frame[] {
  const shape = replyShape(readRequest(question));
  return findFrames(bytes).filter(
    ({ kind, unit, functionCode, data }) =>
      unit === question.unit &&
      functionCode === shape.functionCode &&
      (kind === 'exception' || (kind === 'reply' && data.length + 2 === shape.length)),
  );
}

/** The MBAP frame of a question's transaction as a reply, or null where it does not fit. */
function tcpReply(frame: Buffer, question: Question): Frame | null {
  const shape = replyShape(readRequest(question));
  const code = frame[7] ?? 0;
  const data = frame.subarray(8);
  if (frame[6] !== question.unit || (code & 0x7f) !== shape.functionCode) return null;
  const exception = code > 0x7f;
  if (exception ? data.length !== 1 : data.length + 2 !== shape.length) return null;
  const kind = exception ? 'exception' : 'reply';
  const { unit, functionCode } = shape;
  return { start: 0, end: frame.length, unit, functionCode, kind, data };
}
