import { PpuriError } from '../../config/errors.ts';
import type { Channel } from '../channel/channel.ts';
import { now } from '../clock.ts';
import type { Instant, LineRequest } from '../driver.ts';
import type { Abandoned, Link, Settle } from '../transport.ts';
import { type Framed, LineFramer } from './line-framer.ts';
import type { LineListener } from './line-listener.ts';
import { describeFault, printable } from './printable.ts';

/** What comes unasked may be a message under way: nothing is sent before it is over. */
const strayQuietMs = 50;
/** An RS-485 line needs a moment to turn round after a reply. */
const leastReplyQuietMs = 5;
const silentCharacters = 3.5;

/** A request with its `accept` made ready. */
export interface PreparedRequest extends LineRequest {
  readonly accepted: RegExp;
}

interface Outstanding {
  readonly request: PreparedRequest;
  readonly settle: Settle<string>;
  readonly framer: LineFramer;
  /** What came and was no reply. */
  instead: string | null;
  /** What came was the reply, with a wrong checksum. */
  damaged: boolean;
}

export interface LineLinkOptions {
  readonly endpoint: string;
  readonly byteMs: number | null;
  readonly listeners: ReadonlySet<LineListener>;
  readonly lost: (cause: PpuriError) => void;
  /** A whole message came that nobody asked for. */
  readonly heard: () => void;
}

/** One opening of a line of text instruments: one request at a time, and those who listen. */
export class LineLink implements Link {
  readonly #channel: Channel;
  readonly #options: LineLinkOptions;
  readonly #replyQuietMs: number;
  #waiting: Outstanding | null = null;
  strayBytes = 0;
  quietUntilMs: number;

  constructor(channel: Channel, options: LineLinkOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#replyQuietMs = Math.max(leastReplyQuietMs, silentCharacters * (options.byteMs ?? 0));
    this.quietUntilMs = performance.now() + strayQuietMs;
    for (const listener of options.listeners) listener.opened();
  }

  get bytesSent(): number {
    return this.#channel.bytesSent;
  }

  get bytesReceived(): number {
    return this.#channel.bytesReceived;
  }

  unitQuietUntilMs(): number {
    return 0;
  }

  ask(request: PreparedRequest, settle: Settle<string>): void {
    const framer = new LineFramer(request.framing, 'fresh', performance.now());
    this.#waiting = { request, settle, framer, instead: null, damaged: false };
    this.#channel.write(Buffer.from(request.send, 'latin1'));
  }

  receive(bytes: Uint8Array): void {
    const at = now();
    let whole = false;
    for (const listener of this.#options.listeners) whole = listener.receive(bytes, at) || whole;
    if (whole) this.#options.heard();
    const waiting = this.#waiting;
    if (waiting === null) this.#stray(bytes.length, at);
    else this.#reply(waiting, bytes, at);
  }

  failed(cause: PpuriError): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#tellListeners(cause.message);
    waiting?.settle(ofRequest(cause, waiting.request, this.#options.endpoint), '', now());
    this.#options.lost(cause);
  }

  abandon(): Abandoned {
    const waiting = this.#waiting;
    this.#waiting = null;
    this.quietUntilMs = Math.max(this.quietUntilMs, performance.now() + strayQuietMs);
    const reply = waiting?.damaged === true ? 'damaged' : 'pending';
    const instead = waiting?.instead ?? null;
    return { link: 'silence', instead, reply, malformed: 'line-malformed' };
  }

  close(): Promise<void> {
    this.#waiting = null;
    this.#tellListeners('the port was closed');
    return this.#channel.close();
  }

  #tellListeners(why: string): void {
    for (const listener of this.#options.listeners) listener.lost(why);
  }

  #stray(size: number, at: Instant): void {
    if (this.#options.listeners.size === 0) this.strayBytes += size;
    this.quietUntilMs = at.monoMs + strayQuietMs;
  }

  #reply(waiting: Outstanding, bytes: Uint8Array, at: Instant): void {
    const framed = waiting.framer.feed(bytes, at.monoMs);
    const reply = framed.find((one) => one.fault === null && isReply(waiting, one));
    if (reply === undefined) {
      for (const one of framed) note(waiting, one);
      return;
    }
    this.#waiting = null;
    // More than the reply means that something else speaks on the line.
    const alone = framed.at(-1) === reply && waiting.framer.empty;
    this.quietUntilMs = at.monoMs + (alone ? this.#replyQuietMs : strayQuietMs);
    waiting.settle(null, reply.text, at);
  }
}

function isReply({ request }: Outstanding, { text }: Framed): boolean {
  return request.accepted.test(text);
}

function note(waiting: Outstanding, one: Framed): void {
  const why = one.fault === null ? '' : ` (${describeFault(one.fault)})`;
  waiting.instead ??= printable(one.text) + why;
  if (one.fault === 'checksum' && isReply(waiting, one)) waiting.damaged = true;
}

/** What befell the line, told of the request that was waiting on it. */
function ofRequest(cause: PpuriError, request: LineRequest, endpoint: string): PpuriError {
  return new PpuriError(cause.code, cause.message, {
    operation: `ask ${printable(request.send)}`,
    subject: `${endpoint} unit ${request.unit}`,
    hint: cause.hint,
    cause,
  });
}
