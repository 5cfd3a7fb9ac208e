/**
 * A simulated instrument that speaks text, over any stream of bytes: a TCP connection, or a pty.
 *
 *   const instrument = startLineInstrument({ profile: loadProfile('cas-scale'), stream: socket });
 *   …
 *   instrument.stop();
 *
 * For `--tcp` start one for each connection; for `--pty` one over the pty's own stream. It neither
 * opens nor ends the stream, and stops by itself when the stream closes.
 */
import type { Duplex } from 'node:stream';
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import { type LineTalker, talkerOf, talkingProfiles } from './line-talkers.ts';

export interface LineInstrumentOptions {
  readonly profile: Profile;
  readonly stream: Duplex;
  /** Its address on the line, 1 where it has none. */
  readonly unit?: number;
  /** The same seed says the same. */
  readonly seed?: number;
  /** Simulated seconds per second. */
  readonly speed?: number;
  /** Every message on its way out, to damage, split or drop it: what is sent instead. */
  readonly spoil?: (message: Buffer) => readonly Buffer[];
}

export interface LineInstrument {
  readonly said: number;
  readonly asked: number;
  stop(): void;
}

const longestRequest = 256;

/** Throws `profile-invalid` for a profile without a simulated instrument. */
export function startLineInstrument(options: LineInstrumentOptions): LineInstrument {
  const { profile, unit = 1, seed = 1 } = options;
  const talker = talkerOf(profile, unit, seed);
  if (talker === null) {
    throw new PpuriError('profile-invalid', `no instrument is simulated for "${profile.id}"`, {
      operation: 'simulate an instrument',
      subject: profile.id,
      hint: `those there are: ${talkingProfiles.join(', ')}`,
    });
  }
  return new Talking(talker, options);
}

class Talking implements LineInstrument {
  said = 0;
  asked = 0;
  readonly #talker: LineTalker;
  readonly #options: LineInstrumentOptions;
  readonly #receive = (bytes: Buffer): void => this.#hear(bytes);
  readonly #closed = (): void => this.stop();
  #timer: NodeJS.Timeout | undefined;
  #text = '';

  constructor(talker: LineTalker, options: LineInstrumentOptions) {
    this.#talker = talker;
    this.#options = options;
    const { stream, speed = 1 } = options;
    stream.on('data', this.#receive);
    stream.once('close', this.#closed);
    if (talker.everyMs === null) return;
    this.#timer = setInterval(() => this.#say(talker.message()), talker.everyMs / speed);
  }

  stop(): void {
    clearInterval(this.#timer);
    const { stream } = this.#options;
    stream.off('data', this.#receive);
    stream.off('close', this.#closed);
  }

  #hear(bytes: Buffer): void {
    this.#text += bytes.toString('latin1');
    for (let end = this.#text.indexOf('\n'); end !== -1; end = this.#text.indexOf('\n')) {
      const request = this.#text.slice(0, end + 1);
      this.#text = this.#text.slice(end + 1);
      this.asked += 1;
      const answer = this.#talker.answer(request);
      if (answer !== null) this.#say(answer);
    }
    if (this.#text.length > longestRequest) this.#text = '';
  }

  #say(message: string): void {
    const { stream, spoil } = this.#options;
    if (!stream.writable) return;
    this.said += 1;
    const whole = Buffer.from(message, 'latin1');
    for (const part of spoil?.(whole) ?? [whole]) stream.write(part);
  }
}
