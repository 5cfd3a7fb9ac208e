/**
 * The wall clock, watched against the monotonic one. A gateway without a battery starts in 1970 or
 * where it stopped, and is set later; people and time daemons set clocks while it runs. Nothing in
 * ppuri is ordered or timed by the wall clock; what is told here is which wall times to believe.
 */
import type { AgentEvent } from '../records.ts';
import { readSync, type SyncSign } from './clock-signs.ts';

/**
 * `synced`: set from the network. `trusted`: the configuration vouches for it. `unsaid`: this system
 * does not say. `unsynced`: not set yet. `stepped`: it jumped and was not set from the network since.
 * `wrong`: a year in which this cannot run.
 */
export type ClockState = 'synced' | 'trusted' | 'unsaid' | 'unsynced' | 'stepped' | 'wrong';

export interface ClockStatus {
  readonly state: ClockState;
  /** Whether records made now have a wall time to rely on. */
  readonly known: boolean;
  readonly steps: number;
  /** Of the last step, forward positive. */
  readonly lastStepMs: number | null;
  /** How long ago it was. */
  readonly lastStepAgeMs: number | null;
}

/** Wall time of an instant = its monotonic ms + `offsetMs`. */
export interface ClockFix {
  readonly offsetMs: number;
  /** False: a likely time that nobody vouches for. */
  readonly vouched: boolean;
}

export interface ClockSource {
  wallMs(): number;
  monoMs(): number;
  sync(): SyncSign;
}

export interface ClockEvents {
  readonly onEvent: (event: AgentEvent) => void;
  /** Records made before, while the clock was not known, can be given their time. */
  readonly onFix: (fix: ClockFix) => void;
}

const lookEveryMs = 1000;
/** Time daemons slew less than this in a second, and step more. */
const stepMs = 100;
/** A process that was held up between the two clocks reads them again. */
const apartMs = 20;
/** A clock that will not stand still is told of this often. */
const tellEveryMs = 60_000;
const saneFromMs = Date.UTC(2026, 0);
const saneToMs = Date.UTC(2100, 0);

export function isPossible(wallMs: number): boolean {
  return wallMs >= saneFromMs && wallMs < saneToMs;
}

const systemClock: ClockSource = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  sync: () => readSync(),
};

interface Look extends SyncSign {
  readonly monoMs: number;
  readonly wallMs: number;
  readonly offsetMs: number;
}

export class WallClock {
  readonly #source: ClockSource;
  readonly #trust: 'auto' | 'trusted';
  readonly #events: ClockEvents;
  #last: Look;
  #state: ClockState;
  #steps = 0;
  #lastStep: { ms: number; atMonoMs: number } | null = null;
  /** Of the synchronisation that a step made worthless. */
  #spentStamp: number | null = null;
  #untold: number[] = [];
  #toldMonoMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(trust: 'auto' | 'trusted', events: ClockEvents, source: ClockSource = systemClock) {
    this.#trust = trust;
    this.#events = events;
    this.#source = source;
    this.#last = this.#read();
    this.#state = this.#stateOf(this.#last);
  }

  get known(): boolean {
    return this.#state === 'synced' || this.#state === 'trusted';
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), lookEveryMs).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Compares the clocks; `start` does so every second. */
  look(): void {
    const before = this.#last;
    const now = this.#read();
    this.#last = now;
    const step = now.offsetMs - before.offsetMs;
    if (Math.abs(step) >= stepMs) this.#stepped(step, before, now);
    this.#tellSteps(now);
    this.#become(this.#stateOf(now), now);
  }

  status(): ClockStatus {
    const step = this.#lastStep;
    return {
      state: this.#state,
      known: this.known,
      steps: this.#steps,
      lastStepMs: step === null ? null : Math.round(step.ms),
      lastStepAgeMs: step === null ? null : Math.round(this.#source.monoMs() - step.atMonoMs),
    };
  }

  #read(): Look {
    const source = this.#source;
    for (let left = 5; ; left -= 1) {
      const begun = source.monoMs();
      const wallMs = source.wallMs();
      const monoMs = source.monoMs();
      if (monoMs - begun < apartMs || left === 0)
        return { monoMs, wallMs, offsetMs: wallMs - monoMs, ...source.sync() };
    }
  }

  #stateOf({ wallMs, synced, stamp }: Look): ClockState {
    if (!isPossible(wallMs)) return 'wrong';
    if (this.#trust === 'trusted') return 'trusted';
    if (synced === true) return stamp !== null && stamp === this.#spentStamp ? 'stepped' : 'synced';
    return synced === false ? 'unsynced' : 'unsaid';
  }

  /** A step that comes with a synchronisation is the daemon's; any other made the last one worthless. */
  #stepped(ms: number, before: Look, now: Look): void {
    this.#steps += 1;
    this.#lastStep = { ms, atMonoMs: now.monoMs };
    this.#untold.push(ms);
    this.#spentStamp = now.stamp !== before.stamp ? null : now.stamp;
  }

  #tellSteps(now: Look): void {
    if (this.#untold.length === 0 || now.monoMs - this.#toldMonoMs < tellEveryMs) return;
    const seconds = this.#untold.reduce((sum, ms) => sum + ms, 0) / 1000;
    const times = this.#untold.length === 1 ? '' : ` in ${this.#untold.length} steps`;
    this.#untold = [];
    this.#toldMonoMs = now.monoMs;
    const by = `${Math.abs(seconds).toFixed(1)} s ${seconds < 0 ? 'back' : 'forward'}${times}`;
    const text = `the wall clock was set ${by}; order, age and deadlines do not go by it`;
    this.#tell('clock-stepped', 'warn', text, now);
  }

  #become(state: ClockState, now: Look): void {
    const before = this.#state;
    if (state === before) return;
    const wasKnown = this.known;
    this.#state = state;
    if (this.known && !wasKnown) {
      this.#events.onFix({ offsetMs: now.offsetMs, vouched: true });
      const text = `the wall clock is known now: ${new Date(now.wallMs).toISOString()}`;
      this.#tell('clock-known', 'info', text, now);
    } else if (before === 'wrong' && !this.known) {
      this.#events.onFix({ offsetMs: now.offsetMs, vouched: false });
    } else if (!this.known && wasKnown) {
      const text = 'the wall clock is not to be relied on until it is set from the network again';
      this.#tell('clock-unknown', 'warn', text, now);
    }
  }

  #tell(kind: string, level: AgentEvent['level'], text: string, { monoMs, wallMs }: Look): void {
    this.#events.onEvent({ kind, level, subject: 'clock', text, at: { monoMs, wallMs } });
  }
}
