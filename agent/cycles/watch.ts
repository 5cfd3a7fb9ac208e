/**
 * Watches one machine's trigger and takes a consistent snapshot of each cycle: counter → block →
 * counter, taken again while the counter moves. The counter's last value only advances once its
 * shot was read, so a lost link is caught up with as far as the machine still shows it.
 */
import { PpuriError } from '../../config/errors.ts';
import type { CycleSpec } from '../../config/profile.ts';
import type { Instant, Reading } from '../records.ts';
import { type CounterOptions, type CounterStep, stepCounter } from './counter.ts';
import { ShotPace } from './shot-pace.ts';
import type { Snapshot } from './tracker.ts';

export interface TriggerValue {
  readonly raw: number | null;
  readonly at: Instant;
}

/** What the watch reads through; see agent/signals. */
export interface MachineSource {
  /** One read of the trigger register; rejects with PpuriError. */
  readTrigger(): Promise<TriggerValue>;
  /** All signals of the snapshot block; rejects with PpuriError. */
  readSnapshot(): Promise<Record<string, Reading>>;
  /** The latest slow values as seen from `atMonoMs`, and what cannot be consistent anyway. */
  completeReadings(
    snapshot: Record<string, Reading>,
    atMonoMs: number,
  ): Promise<Readonly<Record<string, Reading>>>;
  /** What `completeReadings` will most likely give; asks nobody and remembers nothing. */
  foreseeReadings(
    snapshot: Record<string, Reading>,
    atMonoMs: number,
  ): Readonly<Record<string, Reading>>;
}

export interface WatchEvents {
  /** A cycle has ended: its snapshot is on the way. */
  begun?(): void;
  /** A snapshot that the counter has yet to confirm, or to deny. */
  foreseen?(snapshot: Snapshot): void;
  snapshot(snapshot: Snapshot): Promise<void>;
  unseen(shot: number | null, observed: 'torn' | 'missed', at: Instant): void;
  reset(before: number, now: number, at: Instant): void;
  /** The device was not heard for a while, or is heard again. */
  link(state: 'lost' | 'back', at: Instant, error: PpuriError | null): void;
}

export interface WatchOptions {
  readonly cycle: CycleSpec;
  readonly pollMs: number;
  /**
   * Where in the poll interval this machine is read, 0 to 1: machines that are all read at the same
   * moment hold each other's shots up. Absent: 0.
   */
  readonly phase?: number;
  /** `by-cycle`: less often while no shot can be due; see ShotPace. Absent: `steady`. */
  readonly pace?: 'by-cycle' | 'steady';
  readonly counter: CounterOptions;
  /** Without an answer for this long the link counts as lost. */
  readonly lostAfterMs?: number;
}

export interface WatchStats {
  readonly polls: number;
  readonly missedTicks: number;
  readonly retries: number;
  readonly lastTrigger: number | null;
  readonly link: 'unknown' | 'lost' | 'up';
}

type ShotStep = Exclude<CounterStep, { kind: 'same' }> & { readonly shot: number };

const SNAPSHOT_TRIES = 3;
const RETRY_WHEN_DOWN_MS = 100;

export class MachineWatch {
  readonly #source: MachineSource;
  readonly #events: WatchEvents;
  readonly #options: WatchOptions;
  readonly #pace: ShotPace;
  #last: number | null = null;
  /** What the counter read when it was heard first, if nobody had said what came before. */
  #first: number | null = null;
  #highSince: number | null = null;
  #beforeReset: number | null = null;
  #link: WatchStats['link'] = 'unknown';
  #lastHeard = performance.now();
  #stopped = false;
  #wake: (() => void) | null = null;
  #loop: Promise<void> = Promise.resolve();
  readonly #firstHeard = Promise.withResolvers<void>();
  #polls = 0;
  #missedTicks = 0;
  #retries = 0;

  constructor(source: MachineSource, events: WatchEvents, options: WatchOptions) {
    this.#source = source;
    this.#events = events;
    this.#options = options;
    this.#pace = new ShotPace(options.pollMs);
  }

  /** Starts the loop; `lastShot` is the counter value up to which shots are accounted for. */
  start(lastShot: number | null = null): void {
    this.#last = lastShot;
    this.#lastHeard = performance.now();
    this.#loop = this.#run();
  }

  /** The store tells late up to which shot is accounted for: what was made since is counted now. */
  resumeFrom(lastShot: number): void {
    if (this.#last === null) this.#last = lastShot;
    if (this.#first === null) return;
    const step = stepCounter(lastShot, this.#first, this.#options.counter);
    this.#first = null;
    if (step.kind === 'same') return;
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    const shots = step.shot === null ? step.missed : [...step.missed, step.shot];
    for (const shot of shots) this.#events.unseen(shot, 'missed', at);
  }

  /** Settles when the machine was heard for the first time. */
  heard(): Promise<void> {
    return this.#firstHeard.promise;
  }

  /** Settles when the cycle under way is done. Rejects only on a fault in ppuri itself. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#loop;
  }

  stats(): WatchStats {
    return {
      polls: this.#polls,
      missedTicks: this.#missedTicks,
      retries: this.#retries,
      lastTrigger: this.#last,
      link: this.#link,
    };
  }

  async #run(): Promise<void> {
    const { cycle, phase = 0 } = this.#options;
    const { trigger } = cycle;
    const pollMs = trigger.on === 'interval' ? trigger.everyMs : this.#options.pollMs;
    // A bit may come and go between two looks; a counter stays.
    const paced = trigger.on === 'change' && this.#options.pace === 'by-cycle';
    let next = performance.now() + ((trigger.on === 'interval' ? 1 : 0) + phase) * pollMs;
    while (!this.#stopped) {
      await this.#sleep(next - performance.now());
      if (this.#stopped) return;
      const heard = await this.#poll();
      next += paced ? this.#pace.afterMs(next) : pollMs;
      const behind = Math.floor((performance.now() - next) / pollMs);
      if (behind > 0) {
        this.#missedTicks += behind;
        next += behind * pollMs;
      }
      if (!heard) next = Math.max(next, performance.now() + RETRY_WHEN_DOWN_MS);
    }
  }

  #sleep(ms: number): Promise<void> {
    if (ms <= 0) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One tick; false when the device was not heard. */
  async #poll(): Promise<boolean> {
    this.#polls += 1;
    try {
      if (this.#options.cycle.trigger.on === 'interval') await this.#window();
      else await this.#look(await this.#source.readTrigger());
      this.#heard();
      return true;
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
      this.#notHeard(error);
      return false;
    }
  }

  #heard(): void {
    this.#lastHeard = performance.now();
    if (this.#link === 'up') return;
    this.#firstHeard.resolve();
    const before = this.#link;
    this.#link = 'up';
    if (before === 'lost') this.#events.link('back', instantNow(), null);
  }

  #notHeard(error: PpuriError): void {
    const silentMs = performance.now() - this.#lastHeard;
    if (this.#link === 'lost' || silentMs < (this.#options.lostAfterMs ?? 3000)) return;
    this.#link = 'lost';
    this.#events.link('lost', instantNow(), error);
  }

  async #look(trigger: TriggerValue): Promise<void> {
    if (trigger.raw === null) return;
    if (this.#options.cycle.trigger.on === 'change')
      return this.#lookAtCounter(trigger, trigger.raw);
    return this.#lookAtBit(trigger, trigger.raw === 0 ? 0 : 1);
  }

  async #lookAtBit(trigger: TriggerValue, now: number): Promise<void> {
    const before = this.#last;
    const { on } = this.#options.cycle.trigger;
    const rose = before === 0 && now === 1;
    const fell = before === 1 && now === 0;
    if (rose && on === 'high') this.#highSince = trigger.at.monoMs;
    const ends = (on === 'rise' && rose) || ((on === 'fall' || on === 'high') && fell);
    if (ends) {
      const block = await this.#source.readSnapshot();
      const since = on === 'high' ? this.#highSince : null;
      await this.#deliver(null, block, trigger, since);
    }
    this.#last = now;
  }

  async #window(): Promise<void> {
    const block = await this.#source.readSnapshot();
    await this.#deliver(null, block, { raw: null, at: instantNow() }, null);
  }

  async #lookAtCounter(trigger: TriggerValue, now: number): Promise<void> {
    if (this.#last === null) {
      this.#last = now;
      this.#first = now;
    }
    if (now === this.#last) return;
    // A PLC that restarts shows 0 for a moment and then its old count: no shot was made.
    if (this.#last === 0 && now === this.#beforeReset) this.#last = now;
    const step = stepCounter(this.#last, now, this.#options.counter);
    if (step.kind === 'same') return;
    if (step.shot === null) return this.#confirmZero(trigger);
    const taken = this.#snapshotOf(trigger, { ...step, shot: step.shot }, SNAPSHOT_TRIES);
    this.#events.begun?.();
    await taken;
  }

  async #confirmZero(trigger: TriggerValue): Promise<void> {
    const again = await this.#source.readTrigger();
    if (again.raw !== 0 || this.#last === null) return;
    this.#beforeReset = this.#last;
    this.#last = 0;
    this.#events.reset(this.#beforeReset, 0, trigger.at);
  }

  /** counter (`trigger`, as compared in `step`) → block → counter. */
  async #snapshotOf(trigger: TriggerValue, step: ShotStep, triesLeft: number): Promise<void> {
    const before = this.#last ?? step.shot;
    const block = await this.#source.readSnapshot();
    const confirming = this.#source.readTrigger();
    this.#foresee(step.shot, block, trigger);
    const again = await confirming;
    if (again.raw === step.shot) {
      this.#accept(step, before, trigger.at);
      return this.#deliver(step.shot, block, trigger, null);
    }
    this.#retries += 1;
    const moved = again.raw === null ? null : stepCounter(before, again.raw, this.#options.counter);
    // Back where it was, or at 0: the first reading was a glitch or a reset, and not this cycle.
    if (moved === null || moved.kind === 'same' || moved.shot === null) return;
    const next = { ...moved, shot: moved.shot };
    if (triesLeft > 1) return this.#snapshotOf(again, next, triesLeft - 1);
    this.#accept(next, before, again.at);
    this.#events.unseen(next.shot, 'torn', again.at);
  }

  #foresee(shot: number, block: Record<string, Reading>, trigger: TriggerValue): void {
    if (this.#events.foreseen === undefined) return;
    const at = latest(block, trigger.at);
    const readings = this.#source.foreseeReadings(block, at.monoMs);
    this.#events.foreseen({ shot, readings, at, triggerMonoMs: trigger.at.monoMs });
  }

  /** From here on the counter stands at `step.shot`; what it jumped over is said, never dropped. */
  #accept(step: ShotStep, before: number, at: Instant): void {
    if (step.kind === 'reset') {
      this.#pace.reset();
      this.#events.reset(before, step.shot, at);
    } else this.#pace.seen(step.missed.length + 1, at.monoMs);
    for (const shot of step.missed) this.#events.unseen(shot, 'missed', at);
    this.#last = step.shot;
    this.#beforeReset = null;
  }

  async #deliver(
    shot: number | null,
    block: Record<string, Reading>,
    trigger: TriggerValue,
    highSince: number | null,
  ): Promise<void> {
    const at = latest(block, trigger.at);
    const readings = await this.#source.completeReadings(block, at.monoMs);
    await this.#events.snapshot({
      shot,
      readings,
      at,
      triggerMonoMs: trigger.at.monoMs,
      ...(highSince === null ? {} : { fromMonoMs: highSince }),
    });
  }
}

function instantNow(): Instant {
  return { monoMs: performance.now(), wallMs: Date.now() };
}

/** When the last byte of the snapshot arrived. */
function latest(block: Record<string, Reading>, fallback: Instant): Instant {
  let at = fallback;
  for (const reading of Object.values(block)) if (reading.at.monoMs > at.monoMs) at = reading.at;
  return at;
}
