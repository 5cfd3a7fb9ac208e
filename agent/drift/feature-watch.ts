/** All that is watched of one feature of one machine, over its molds. */
import type { Normal } from '../../models/normal.ts';
import type { DriftFinding, DriftStep } from '../records.ts';
import { enough, FeatureBaseline } from './baseline.ts';
import { DecimalShift } from './decimal-shift.ts';
import { Frozen } from './frozen.ts';
import { MissingRise } from './missing-rise.ts';
import { type Offset, SlowOffset, StopEffect } from './slow-offset.ts';

/** Good values count as normal only once this many shots more were made. */
const lag = 40;
/** Of fewer good values nobody knows how far they wander. */
const enoughToCreep = 200;
/** Standard deviations. */
const leastMoved = 1;

type Found = Pick<DriftFinding, 'kind' | 'sinceShot' | 'from' | 'to' | 'mold'>;

interface Waiting {
  readonly baseline: FeatureBaseline;
  readonly value: number | null;
}

export interface Seen {
  readonly mold: string | null;
  readonly shot: number | null;
  readonly value: number | null;
  /** How far it is from where the other values of the shot put it; null: not known. */
  readonly alone: number | null;
  /** How far those that usually go with it have moved, in deviations. */
  readonly companions: () => number;
  /** Not known to be bad: normal values are learned from it. */
  readonly isGood: boolean;
}

export class FeatureWatch {
  readonly feature: string;
  readonly #newBaseline: () => FeatureBaseline;
  readonly #baselines = new Map<string | null, FeatureBaseline>();
  readonly #decimal = new DecimalShift();
  readonly #frozen = new Frozen();
  readonly #missing = new MissingRise();
  readonly #offset = new SlowOffset({ beyond: 5.8, least: 1.6 });
  /** What it is compared with was itself estimated. */
  readonly #alone = new SlowOffset({ beyond: 5.5, least: 2.2 });
  readonly #stops = new StopEffect();
  #waiting: Waiting[] = [];
  #found: Found | null = null;

  constructor(feature: string, leastSigma: number, turn: number) {
    this.feature = feature;
    this.#newBaseline = () => new FeatureBaseline(leastSigma, turn);
  }

  get found(): Found | null {
    return this.#found;
  }

  baseline(mold: string | null): FeatureBaseline {
    const known = this.#baselines.get(mold) ?? this.#newBaseline();
    this.#baselines.set(mold, known);
    return known;
  }

  forget(mold: string | null): void {
    this.#baselines.delete(mold);
    this.#frozen.forget(mold);
  }

  /** Deviations from normal; NaN where that is not known, or the number is no measurement. */
  deviation(mold: string | null, value: number | null): number {
    const normal = this.baseline(mold).normal();
    const isDoubtful = this.#decimal.found !== null || this.#frozen.found !== null;
    if (value === null || normal === null || isDoubtful) return Number.NaN;
    return (value - normal.median) / normal.sigma;
  }

  /** How far the last shots have moved, in deviations. */
  get moved(): number {
    return this.#offset.mean ?? 0;
  }

  /** How far the watch for slow offsets has come, in shots. */
  get armed(): number {
    return this.#offset.armed;
  }

  /** The first shot after a stop is next. */
  afterStop(): void {
    this.#stops.begin();
    if (this.#stops.isKnownCalm) return;
    this.#offset.interrupt();
    this.#alone.interrupt();
  }

  /** A shot that was to be judged. Gives a step when one was taken over as the new level. */
  observe(seen: Seen): DriftStep | null {
    const { mold, shot, value } = seen;
    const baseline = this.baseline(mold);
    this.#missing.observe(shot, value === null);
    const normal = baseline.normal();
    let step: DriftStep | null = null;
    this.#stops.observe(
      value === null || normal === null ? null : (value - normal.median) / normal.sigma,
    );
    if (value !== null) {
      this.#frozen.observe(mold, shot, value);
      this.#decimal.observe(shot, value, normal ?? this.#elsewhere());
      if (normal !== null) step = this.#compare(seen, value, normal);
    }
    const before = this.#found?.kind;
    this.#found = this.#worst(seen, normal);
    // What came before is in doubt too, back to where it began.
    if (this.#found !== null && this.#found.kind !== before) this.#waiting = [];
    this.#learn(seen, baseline);
    return step;
  }

  /** A mold that is new may stand at another level, but hardly at exactly ten times that of others. */
  #elsewhere(): Normal | null {
    for (const baseline of this.#baselines.values()) {
      const normal = baseline.normal();
      if (normal !== null) return normal;
    }
    return null;
  }

  #compare(seen: Seen, value: number, normal: Normal): DriftStep | null {
    const { mold, shot } = seen;
    const residual = (value - normal.median) / normal.sigma;
    if (this.#decimal.found !== null || this.#frozen.found !== null) {
      this.#offset.interrupt();
      this.#alone.interrupt();
      return null;
    }
    if (this.#stops.isSettling || this.baseline(mold).count < enoughToCreep) return null;
    if (seen.alone !== null) this.#alone.observe({ mold, shot, value: seen.alone });
    const step = this.#offset.observe({ mold, shot, value: residual });
    if (step === null) return null;
    this.#alone.interrupt();
    const by = (step.byMold.get(mold) ?? step.by) * normal.sigma;
    for (const [one, moved] of step.byMold) {
      const known = this.baseline(one);
      known.move(moved * (known.normal()?.sigma ?? 0));
    }
    this.#waiting = [];
    const from = normal.median;
    return { feature: this.feature, mold, shot: step.shot, from, to: from + by };
  }

  /** One cause, one finding: a value that stands still is off, too, but not by creeping. */
  #worst(seen: Seen, normal: Normal | null): Found | null {
    const { mold } = seen;
    const [decimal, frozen] = [this.#decimal.found, this.#frozen.found];
    const [offset, missing] = [this.#offset.found ?? this.#movedAlone(seen), this.#missing.found];
    const seenIn = this.#found?.mold ?? mold;
    if (decimal !== null) return { kind: 'decimal-shift', ...decimal, mold: seenIn };
    if (frozen !== null) {
      const { sinceShot, value } = frozen;
      return { kind: 'frozen', sinceShot, from: normal?.median ?? null, to: value, mold: seenIn };
    }
    if (offset !== null && normal !== null) {
      const { median, sigma } = normal;
      const to = median + offset.by * sigma;
      return { kind: 'slow-offset', sinceShot: offset.sinceShot, from: median, to, mold };
    }
    if (offset !== null) return this.#found;
    return missing === null ? null : { kind: 'missing-rise', ...missing, mold: null };
  }

  /** It, and not one of those it usually goes with: that would make it look wrong as well. */
  #movedAlone({ companions }: Seen): Offset | null {
    const { found } = this.#alone;
    const by = this.#offset.mean;
    if (found === null || by === null || by * found.by < 0) return null;
    if (this.#found?.kind === 'slow-offset') return { sinceShot: this.#found.sinceShot, by };
    // Where all move together, the process does; what is left over is the estimate's error.
    return Math.abs(by) >= Math.max(leastMoved, 2 * companions())
      ? { sinceShot: found.sinceShot, by }
      : null;
  }

  #learn({ value, isGood }: Seen, baseline: FeatureBaseline): void {
    const isPlain = isGood && this.#found === null && !this.#stops.isSettling;
    // A mold that is new has nothing to be compared with, and nothing to wait for.
    const isNew = baseline.count < enough;
    if (isNew && isPlain && value !== null) baseline.learn(value);
    this.#waiting.push({ baseline, value: isPlain && !isNew ? value : null });
    const proved = this.#waiting.length > lag ? this.#waiting.shift() : undefined;
    if (proved !== undefined && proved.value !== null) proved.baseline.learn(proved.value);
  }
}
