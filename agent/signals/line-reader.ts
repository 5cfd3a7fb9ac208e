/** Reads the signals of one instrument that speaks text: asks it, or keeps what it says by itself. */
import { PpuriError } from '../../config/errors.ts';
import type { LineDialect } from '../../config/line-dialect.ts';
import type { Profile } from '../../config/profile.ts';
import type { LineBus, LineReading, Priority } from '../../drivers/driver.ts';
import type { Instant, Reading } from '../records.ts';
import type { ReadGroup, Readings } from './device-reader.ts';
import { LineMessages, type LineSignal } from './line-message.ts';
import { agedReading, missingReading } from './reading.ts';

export interface LineReaderOptions {
  readonly bus: LineBus;
  readonly unit: number;
  readonly profile: Profile;
  /** Put before each signal's name, e.g. `scale.`. */
  readonly prefix: string;
}

export class LineReader {
  /** Signals as of the shot; null when there are none. */
  readonly shot: ReadGroup | null;
  /** Slow signals, one group per pace. */
  readonly slow: readonly ReadGroup[];
  readonly #options: LineReaderOptions;
  readonly #streaming: boolean;
  readonly #messages: LineMessages;
  /** What the instrument said last, by signal. */
  readonly #latest = new Map<string, Reading>();
  #stopListening: (() => void) | null = null;

  /** Throws `profile-invalid` for a profile without `line`. */
  constructor(options: LineReaderOptions) {
    this.#options = options;
    const line = dialectOf(options.profile);
    this.#streaming = line.mode === 'streaming';
    this.#messages = new LineMessages(options.profile, line, options.unit, options.prefix);
    const { signals } = this.#messages;
    const shot = signals.filter(({ spec }) => spec.poll === 'shot');
    this.shot = shot.length === 0 ? null : this.#group(shot, 0);
    const slow = Map.groupBy(
      signals.filter(({ spec }) => spec.poll === 'slow'),
      ({ spec }) => spec.everyMs,
    );
    this.slow = [...slow]
      .sort(([a], [b]) => a - b)
      .map(([everyMs, ofPace]) => this.#group(ofPace, everyMs));
  }

  /** Begins to listen to an instrument that speaks by itself; opens the line. */
  start(): void {
    if (!this.#streaming || this.#stopListening !== null) return;
    const { bus, unit } = this.#options;
    this.#stopListening = bus.listen(unit, this.#messages.framing, (heard) => this.#hear(heard));
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  #group(signals: readonly LineSignal[], everyMs: number): ReadGroup {
    return {
      everyMs,
      signals: signals.map(({ name }) => name),
      blocks: this.#streaming ? 0 : 1,
      read: async (priority) =>
        this.#streaming ? this.#said(signals) : this.#ask(signals, priority),
    };
  }

  #said(signals: readonly LineSignal[]): Readings {
    const at = instant();
    return pick(signals, (signal) => {
      const latest = this.#latest.get(signal.name) ?? missingReading(at, 'not heard yet');
      if (signal.spec.holds === 'until-next') return latest;
      return agedReading(latest, at.monoMs, signal.spec.staleAfterMs ?? 3 * signal.spec.everyMs);
    });
  }

  async #ask(signals: readonly LineSignal[], priority: Priority): Promise<Readings> {
    const { bus, unit } = this.#options;
    const { request, framing, expression } = this.#messages;
    const { text, at } = await bus.ask({
      unit,
      send: request,
      framing,
      accept: expression,
      priority: priority === 'write' ? 'trigger' : priority,
    });
    const readings = this.#messages.read(text, at) ?? {};
    return pick(signals, ({ name }) => readings[name] ?? missingReading(at, 'not in the message'));
  }

  #hear(heard: LineReading | PpuriError): void {
    if (heard instanceof PpuriError) this.#notHeard(heard);
    else {
      const readings = this.#messages.read(heard.text, heard.at);
      if (readings === null) this.#forget('invalid', 'a message of another kind came', heard.at);
      else for (const [name, reading] of Object.entries(readings)) this.#latest.set(name, reading);
    }
  }

  #notHeard(error: PpuriError): void {
    const damaged = error.code === 'line-malformed';
    this.#forget(damaged ? 'invalid' : 'stale', error.message, instant());
  }

  /** What holds until the next scan holds no longer when a scan may have been missed. */
  #forget(quality: 'invalid' | 'stale', note: string, at: Instant): void {
    for (const { name, spec } of this.#messages.signals) {
      const held = spec.holds === 'until-next' && this.#latest.has(name);
      if (held) this.#latest.set(name, { value: null, quality, at, note });
    }
  }
}

function dialectOf(profile: Profile): LineDialect {
  if (profile.line !== undefined) return profile.line;
  throw new PpuriError('profile-invalid', `profile ${profile.id} has no messages`, {
    operation: 'read an instrument on a line',
    subject: profile.id,
    hint: 'it is for a device with registers: give it a modbus bus',
  });
}

function pick(
  signals: readonly LineSignal[],
  readingOf: (signal: LineSignal) => Reading,
): Readings {
  return Object.fromEntries(signals.map((signal) => [signal.name, readingOf(signal)]));
}

function instant(): Instant {
  return { monoMs: performance.now(), wallMs: Date.now() };
}
