/**
 * A meter's counting register as energy: what it counted from one reading to the next, over its
 * roll-overs. Where it began anew or is another meter's, nothing is made up between the two readings.
 */

export interface RegisterOptions {
  /** kWh of one unit of the signal, or of one pulse. */
  readonly kwhPerUnit: number;
  /** In the signal's unit: where the register starts again at 0; null: it does not, as far as known. */
  readonly rollsOverAt: number | null;
  /** The register's smallest step about this value, in the signal's unit. */
  readonly stepAt: (value: number) => number;
  /** What the machine can draw at most; null: not known, then what was seen says it. */
  readonly maxKw: number | null;
  /** Machine's seconds per second; 1 but for a simulated one. */
  readonly timeScale: number;
}

/** `wrapped` is no loss; after the others what was used between two readings is not known. */
export interface MeterChange {
  readonly kind: 'wrapped' | 'reset' | 'swapped' | 'jumped';
  readonly fromKwh: number;
  readonly toKwh: number;
  readonly monoMs: number;
}

export interface MeterPoint {
  readonly monoMs: number;
  /** As the register shows it. */
  readonly registerKwh: number;
  readonly stepKwh: number;
  /** 1, 2, 3 …: meters, and starts of one from anew. */
  readonly segment: number;
  /** Since the point before; null: the first of its segment. */
  readonly addedKwh: number | null;
}

export interface MeterStep {
  /** None for a reading that tells nothing new yet. */
  readonly points: readonly MeterPoint[];
  readonly change: MeterChange | null;
}

const nothing: MeterStep = { points: [], change: null };
/** So many times the highest power seen, for as long as this at least, is still believed. */
const believedTimes = 4;
const believedHours = 1 / 6;
/** Times of readings are a little off, which counts between two that follow each other. */
const leastHours = 1 / 60;
/** More than any one machine draws, where nothing was seen yet. */
const mostKw = 10_000;

export class MeterRegister {
  readonly #options: RegisterOptions;
  #last: MeterPoint | null = null;
  /** Far more than was ever seen: a jump of the register, or a load? The next reading tells. */
  #suspect: { readonly value: number; readonly monoMs: number } | null = null;
  #seenKw = 0;
  #segment: number;

  /** `segment`: of the first point. */
  constructor(options: RegisterOptions, segment = 1) {
    this.#options = options;
    this.#segment = segment;
  }

  get last(): MeterPoint | null {
    return this.#last;
  }

  /** Power that its power signal showed, kW: what the machine is known to draw. */
  sawPower(kW: number): void {
    this.#seenKw = Math.max(this.#seenKw, kW);
  }

  /** `value` in the signal's unit, at `monoMs`. One that is no later than the last tells nothing. */
  read(value: number, monoMs: number): MeterStep {
    const last = this.#last;
    const before = this.#suspect?.monoMs ?? last?.monoMs ?? Number.NEGATIVE_INFINITY;
    if (monoMs <= before) return nothing;
    if (last === null) return { points: [this.#take(value, monoMs, null)], change: null };
    const suspect = this.#suspect;
    this.#suspect = null;
    if (suspect !== null) return this.#clear(last, suspect, { value, monoMs });
    const { addedKwh, wrapped } = this.#added(last, value);
    const hours = this.#hours(last.monoMs, monoMs);
    if (addedKwh !== null && this.#believable(addedKwh, value, hours)) {
      const point = this.#take(value, monoMs, addedKwh);
      return { points: [point], change: wrapped ? change('wrapped', last, point) : null };
    }
    if (addedKwh === null || wrapped) return this.#begin(last, value, monoMs, hours);
    if (this.#options.maxKw !== null) return this.#anew('jumped', last, value, monoMs);
    this.#suspect = { value, monoMs };
    return nothing;
  }

  /** Whether so much more, `hours` after a register of an earlier start, can be the same meter. */
  continues(fromKwh: number, value: number, hours: number, seenKw: number | null): number | null {
    const { maxKw } = this.#options;
    const limit = maxKw ?? (seenKw === null ? null : believedTimes * seenKw);
    const { addedKwh } = this.#added({ registerKwh: fromKwh }, value);
    if (addedKwh === null || limit === null || !(hours >= 0)) return null;
    return addedKwh <= limit * Math.max(hours, believedHours) ? addedKwh : null;
  }

  #hours(from: number, to: number): number {
    return ((to - from) * this.#options.timeScale) / 3_600_000;
  }

  /** Null: less than before, and no roll-over of this register. */
  #added(last: Pick<MeterPoint, 'registerKwh'>, value: number) {
    const { kwhPerUnit, rollsOverAt } = this.#options;
    const kWh = value * kwhPerUnit;
    if (kWh >= last.registerKwh) return { addedKwh: kWh - last.registerKwh, wrapped: false };
    if (rollsOverAt === null) return { addedKwh: null, wrapped: false };
    const over = rollsOverAt * kwhPerUnit + kWh - last.registerKwh;
    return { addedKwh: over >= 0 ? over : null, wrapped: true };
  }

  #limitKwh(hours: number): number {
    const { maxKw } = this.#options;
    if (maxKw !== null) return maxKw * Math.max(hours, leastHours);
    if (this.#seenKw === 0) return mostKw * hours;
    return believedTimes * this.#seenKw * Math.max(hours, believedHours);
  }

  #stepKwh(value: number): number {
    return this.#options.stepAt(value) * this.#options.kwhPerUnit;
  }

  #believable(addedKwh: number, value: number, hours: number): boolean {
    return addedKwh - this.#stepKwh(value) <= this.#limitKwh(hours);
  }

  /** A load goes on; a jump of the register does not. */
  #clear(
    last: MeterPoint,
    suspect: { readonly value: number; readonly monoMs: number },
    next: { readonly value: number; readonly monoMs: number },
  ): MeterStep {
    const { addedKwh } = this.#added(last, suspect.value);
    const hours = this.#hours(last.monoMs, suspect.monoMs);
    const rate = (addedKwh ?? 0) / hours;
    const { kwhPerUnit } = this.#options;
    const after =
      ((next.value - suspect.value) * kwhPerUnit + this.#stepKwh(next.value)) /
      this.#hours(suspect.monoMs, next.monoMs);
    const isLoad = after >= rate / believedTimes;
    if (isLoad && addedKwh !== null) {
      const point = this.#take(suspect.value, suspect.monoMs, addedKwh);
      const rest = this.read(next.value, next.monoMs);
      return { points: [point, ...rest.points], change: rest.change };
    }
    const { points, change: jumped } = this.#anew('jumped', last, suspect.value, suspect.monoMs);
    const rest = this.read(next.value, next.monoMs);
    return { points: [...points, ...rest.points], change: jumped };
  }

  /** It shows less than before: it began anew, or is another one. */
  #begin(last: MeterPoint, value: number, monoMs: number, hours: number): MeterStep {
    const kWh = value * this.#options.kwhPerUnit;
    const fromZero = kWh - this.#stepKwh(value) <= this.#limitKwh(hours);
    return this.#anew(fromZero ? 'reset' : 'swapped', last, value, monoMs);
  }

  #anew(kind: MeterChange['kind'], last: MeterPoint, value: number, monoMs: number): MeterStep {
    this.#segment += 1;
    const point = this.#take(value, monoMs, null);
    return { points: [point], change: change(kind, last, point) };
  }

  #take(value: number, monoMs: number, addedKwh: number | null): MeterPoint {
    const stepKwh = this.#stepKwh(value);
    const last = this.#last;
    if (addedKwh !== null && last !== null) {
      const kW = (addedKwh - stepKwh) / this.#hours(last.monoMs, monoMs);
      this.#seenKw = Math.max(this.#seenKw, kW);
    }
    const registerKwh = value * this.#options.kwhPerUnit;
    this.#last = { monoMs, registerKwh, stepKwh, segment: this.#segment, addedKwh };
    return this.#last;
  }
}

function change(kind: MeterChange['kind'], from: MeterPoint, to: MeterPoint): MeterChange {
  return { kind, fromKwh: from.registerKwh, toKwh: to.registerKwh, monoMs: to.monoMs };
}
