import { PpuriError } from '../../config/errors.ts';
import type { Instant, LineFraming, LineReading } from '../driver.ts';
import { type Framed, LineFramer } from './line-framer.ts';
import { describeFault, printable } from './printable.ts';

/** Damage is counted always, and told no oftener than this: noise must not cost the agent its time. */
const tellEveryMs = 100;

export type Hear = (heard: LineReading | PpuriError) => void;

/** One who listens to a line, over every opening of its port. */
export class LineListener {
  readonly unit: number;
  readonly #framing: LineFraming;
  readonly #hear: Hear;
  readonly #subject: string;
  #framer: LineFramer | null = null;
  #toldMs = Number.NEGATIVE_INFINITY;
  messages = 0;
  malformed = 0;
  checksumErrors = 0;
  lastGoodWallMs: number | null = null;
  lastGoodMonoMs = 0;

  constructor(unit: number, framing: LineFraming, endpoint: string, hear: Hear) {
    this.unit = unit;
    this.#framing = framing;
    this.#hear = hear;
    this.#subject = `${endpoint} unit ${unit}`;
  }

  /** A fresh link is open: what comes first may be the end of a message. */
  opened(): void {
    this.#framer = new LineFramer(this.#framing, 'midway', performance.now());
  }

  /** What is sent from now on is not heard. */
  lost(why: string): void {
    if (this.#framer === null) return;
    this.#framer = null;
    this.#hear(
      new PpuriError('bus-unavailable', `the line was lost: ${why}`, {
        operation: 'listen',
        subject: this.#subject,
        hint: 'check cable, adapter and power',
      }),
    );
  }

  /** True when it held a whole message. */
  receive(bytes: Uint8Array, at: Instant): boolean {
    const framed = this.#framer?.feed(bytes, at.monoMs) ?? [];
    for (const one of framed) {
      if (one.fault === null) this.#message(one.text, at);
      else this.#damaged(one, at);
    }
    return framed.some(({ fault }) => fault === null);
  }

  #message(text: string, at: Instant): void {
    this.messages += 1;
    this.lastGoodWallMs = at.wallMs;
    this.lastGoodMonoMs = at.monoMs;
    this.#hear({ text, at, roundTripMs: null });
  }

  #damaged({ text, fault }: Framed, at: Instant): void {
    this.malformed += 1;
    if (fault === 'checksum') this.checksumErrors += 1;
    if (fault === null || at.monoMs - this.#toldMs < tellEveryMs) return;
    this.#toldMs = at.monoMs;
    const what = `a message came damaged: ${describeFault(fault)}, ${printable(text)}`;
    const hint =
      'check baud rate, data bits and parity, and the delimiter and checksum of the profile';
    const details = { operation: 'listen', subject: this.#subject, hint };
    this.#hear(new PpuriError('line-malformed', what, details));
  }
}
