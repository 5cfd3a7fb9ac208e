/**
 * Tells when a machine stands. A stop begins with the last shot; it ends one usual cycle before the
 * next, since that is when the next shot was begun. Where the machine does not answer nothing is known,
 * and that is said: the counter may show later that it produced all the while.
 */
import type { Cycle, Instant, Stop, StopKind } from '../records.ts';
import { UsualCycle } from './usual-cycle.ts';

export type Link = 'up' | 'lost' | 'unknown';

export interface StopWatchOptions {
  readonly machine: string;
  readonly newId: () => string;
  readonly stopAfterCycles: number;
  /** A stop this long is no micro-stop. */
  readonly microStopMs: number;
  readonly idealCycleMs: (mold: string | null) => number | null;
  /** While nobody knows how long a cycle takes, so long without a shot is unknown time. */
  readonly unknownAfterMs: number;
  /** A stop that lasts is said again so often: a power cut costs no more than this. */
  readonly repeatMs: number;
}

type Observed = Pick<Cycle, 'mold' | 'shot' | 'observed' | 'at'> & {
  readonly times: Pick<Cycle['times'], 'trigger'>;
};

interface Open {
  readonly id: string;
  kind: StopKind;
  readonly begin: Instant;
  readonly continues: string | null;
  saidMonoMs: number;
  /** Of an unknown time. `pace`: the machine answers, but how long its cycles take is not known. */
  readonly because: 'silent' | 'pace' | null;
  /** Since when it answers again; null: it does not, or always did. */
  back: Instant | null;
}

const before = (at: Instant, ms: number): Instant => ({
  monoMs: at.monoMs - ms,
  wallMs: at.wallMs - ms,
});
const earlier = (a: Instant, b: Instant): Instant => (a.monoMs <= b.monoMs ? a : b);
const later = (a: Instant, b: Instant): Instant => (a.monoMs >= b.monoMs ? a : b);

/** When the shot was done: its counter was seen to change. */
const shotAt = ({ at, times }: Observed): Instant => before(at, at.monoMs - times.trigger);

export class StopWatch {
  readonly #options: StopWatchOptions;
  readonly #usual: UsualCycle;
  /** The last shot, or since when it is watched, or when an unknown time ended. */
  #since: Instant;
  #anyShot = false;
  #missed = 0;
  #firstShot: number | null = null;
  #mold: string | null = null;
  #heard: Instant | null = null;
  #open: Open | null = null;
  /** The last one, while no shot was made since. */
  #before: string | null = null;

  /** `begin`: from when on the machine is watched. */
  constructor(options: StopWatchOptions, begin: Instant) {
    this.#options = options;
    this.#usual = new UsualCycle(options.idealCycleMs);
    this.#since = begin;
  }

  /** Cycles of an earlier start, oldest first, and the stop that lasted when it ended. */
  recall(
    cycles: readonly (Pick<Cycle, 'mold' | 'shot'> & { readonly wallMs: number })[],
    openStop: string | null,
  ): void {
    for (const [i, { mold, shot, wallMs }] of cycles.entries()) {
      const last = cycles[i - 1];
      const follows = last?.shot != null && shot === last.shot + 1 && mold === last.mold;
      // A clock that was set back gives no cycle.
      if (follows && wallMs > last.wallMs) this.#usual.learn(mold, wallMs - last.wallMs);
    }
    if (this.#anyShot) return;
    this.#mold ??= cycles.at(-1)?.mold ?? null;
    if (this.#open === null) this.#before ??= openStop;
  }

  /** Call for each cycle, in order. What is to be kept. */
  shot(cycle: Observed): readonly Stop[] {
    if (cycle.observed === 'missed') {
      if (!this.#isOfBefore(cycle)) this.#missed += 1;
      return [];
    }
    this.#firstShot ??= cycle.shot;
    const at = shotAt(cycle);
    const shots = this.#missed + 1;
    const gapMs = at.monoMs - this.#since.monoMs;
    const usualMs = this.#usual.of(cycle.mold ?? this.#mold);
    const told = this.#endByShot(at, gapMs, shots, usualMs);
    if (told.length === 0 && shots === 1 && this.#anyShot && cycle.observed === 'whole')
      this.#usual.learn(cycle.mold, gapMs);
    this.#since = at;
    this.#missed = 0;
    this.#anyShot = true;
    this.#before = null;
    // Of a shot of which nothing consistent was read the mold is not known.
    if (cycle.observed === 'whole') this.#mold = cycle.mold;
    this.#heard = at;
    return told;
  }

  /** Call each second or so. What is to be kept. */
  tick(at: Instant, link: Link): readonly Stop[] {
    const heard = this.#heard;
    if (link === 'up') this.#heard = at;
    if (this.#open === null) return this.#begin(at, link, heard);
    return this.#goOn(this.#open, at, link, heard);
  }

  /** The agent ends: up to now the stop is known to have lasted. */
  end(at: Instant): readonly Stop[] {
    return this.#open === null ? [] : [this.#stop(this.#open, null, at)];
  }

  /** Made before this start watched; the counter tells of it, perhaps late. */
  #isOfBefore({ shot }: Observed): boolean {
    if (!this.#anyShot) return true;
    return shot !== null && this.#firstShot !== null && shot < this.#firstShot;
  }

  #standsFor(gapMs: number, shots: number, usualMs: number): boolean {
    return gapMs - shots * usualMs > (this.#options.stopAfterCycles - 1) * usualMs;
  }

  /** The next shot is there, after `gapMs` in which `shots` were made. */
  #endByShot(at: Instant, gapMs: number, shots: number, usualMs: number | null): readonly Stop[] {
    const stands = usualMs !== null && this.#standsFor(gapMs, shots, usualMs);
    const resumed = before(at, shots * (usualMs ?? 0));
    const open = this.#open;
    if (open === null) {
      // It was over before the next look at the clock.
      if (!stands || !this.#anyShot) return [];
      const stop: Open = {
        ...{ id: this.#options.newId(), begin: this.#since, continues: this.#before },
        ...{ kind: this.#kindFor(resumed.monoMs - this.#since.monoMs), back: null },
        ...{ because: null, saidMonoMs: at.monoMs },
      };
      return [this.#stop(stop, resumed, at)];
    }
    this.#open = null;
    // The counter went on as if nothing had been: it produced all the while.
    if (open.kind === 'unknown' && usualMs !== null && !stands)
      return [this.#stop(open, open.begin, at)];
    const end = later(open.begin, open.back === null ? resumed : earlier(open.back, resumed));
    if (open.kind !== 'unknown') open.kind = this.#kindFor(end.monoMs - open.begin.monoMs);
    return [this.#stop(open, end, at)];
  }

  #begin(at: Instant, link: Link, heard: Instant | null): readonly Stop[] {
    const usualMs = this.#usual.of(this.#mold);
    const { stopAfterCycles, unknownAfterMs } = this.#options;
    const gapMs = at.monoMs - this.#since.monoMs;
    if (gapMs <= (usualMs === null ? unknownAfterMs : stopAfterCycles * usualMs)) return [];
    const seen = later(heard ?? this.#since, this.#since);
    if (link !== 'up') return [this.#openUp('unknown', seen, at, 'silent')];
    if (usualMs === null) return [this.#openUp('unknown', this.#since, at, 'pace')];
    return [this.#openUp(this.#kindFor(gapMs), this.#since, at)];
  }

  #goOn(open: Open, at: Instant, link: Link, heard: Instant | null): readonly Stop[] {
    if (open.because === 'silent') return this.#goOnSilent(open, at, link);
    if (link !== 'up') {
      const seen = later(heard ?? open.begin, open.begin);
      return [this.#close(open, seen, at), this.#openUp('unknown', seen, at, 'silent')];
    }
    const known = this.#usual.of(this.#mold) !== null;
    const kind = known ? this.#kindFor(at.monoMs - open.begin.monoMs) : open.kind;
    if (kind === open.kind) return this.#repeat(open, at);
    open.kind = kind;
    return [this.#say(open, at)];
  }

  /** Once it answers again, a cycle's time shows whether it produces; until then all is unknown. */
  #goOnSilent(open: Open, at: Instant, link: Link): readonly Stop[] {
    if (link !== 'up') {
      open.back = null;
      return this.#repeat(open, at);
    }
    open.back ??= at;
    const { back } = open;
    const usualMs = this.#usual.of(this.#mold);
    const { stopAfterCycles, unknownAfterMs } = this.#options;
    const waitMs = usualMs === null ? unknownAfterMs : usualMs * stopAfterCycles;
    if (at.monoMs - back.monoMs <= waitMs) return this.#repeat(open, at);
    const ended = this.#close(open, back, at);
    this.#since = back;
    if (usualMs === null) return [ended, this.#openUp('unknown', back, at, 'pace')];
    return [ended, this.#openUp(this.#kindFor(at.monoMs - back.monoMs), back, at)];
  }

  #kindFor(lastedMs: number): StopKind {
    return lastedMs < this.#options.microStopMs ? 'micro' : 'stop';
  }

  #openUp(kind: StopKind, begin: Instant, at: Instant, because: Open['because'] = null): Stop {
    this.#open = {
      ...{ id: this.#options.newId(), kind, begin, continues: this.#before },
      ...{ because, back: null, saidMonoMs: at.monoMs },
    };
    return this.#stop(this.#open, null, at);
  }

  #close(open: Open, end: Instant, at: Instant): Stop {
    this.#open = null;
    this.#before = open.id;
    return this.#stop(open, end, at);
  }

  #repeat(open: Open, at: Instant): readonly Stop[] {
    return at.monoMs - open.saidMonoMs < this.#options.repeatMs ? [] : [this.#say(open, at)];
  }

  #say(open: Open, at: Instant): Stop {
    open.saidMonoMs = at.monoMs;
    return this.#stop(open, null, at);
  }

  #stop({ id, kind, begin, continues }: Open, end: Instant | null, at: Instant): Stop {
    const { machine } = this.#options;
    return {
      ...{ id, machine, mold: this.#mold, kind, state: end === null ? 'open' : 'ended' },
      ...{ begin, end, usualMs: this.#usual.of(this.#mold), continues, at },
    };
  }
}
