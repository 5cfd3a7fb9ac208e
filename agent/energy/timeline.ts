/**
 * Energy over time between the readings of a meter: straight, or by the shape of the power read in
 * between. What lies between two readings too far apart is known in total only.
 */
import type { MeterSpan } from '../records.ts';
import type { MeterPoint } from './register.ts';

/**
 * Between two readings. `measured`: near enough to each other. `gap`: its energy is known, and not
 * when. `changed`: the register began anew, nothing is known. `unheard`: no reading around it.
 */
export type SliceKind = 'measured' | 'gap' | 'changed' | 'unheard';

interface Span {
  readonly kind: Exclude<SliceKind, 'unheard'>;
  readonly from: MeterPoint;
  readonly to: MeterPoint;
  /** 0 where it is not known. */
  readonly kWh: number;
  /** Read in between, in order. */
  readonly power: readonly PowerSample[];
}

export interface Slice {
  readonly kind: SliceKind;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of a gap: all of it in the slice that holds its end, so that it is counted once. */
  readonly kWh: number;
  /** A gap that lies within the slice as a whole. */
  readonly whole: boolean;
  /** What the register showed at both ends, kWh; null: not known. */
  readonly register: Omit<MeterSpan, 'signal'> | null;
  /** The register's smallest step. */
  readonly stepKwh: number;
}

export interface EnergyBetween {
  readonly kWh: number;
  readonly errorKwh: number;
}

export interface TimelineOptions {
  /** Readings further apart than this, ms, are a gap. */
  readonly gapMs: number;
  readonly timeScale: number;
  /** Null: not known. */
  readonly maxKw: number | null;
}

interface PowerSample {
  readonly monoMs: number;
  readonly kW: number;
}

export class EnergyTimeline {
  readonly #options: TimelineOptions;
  #spans: Span[] = [];
  #power: PowerSample[] = [];
  #last: MeterPoint | null = null;
  #seenKw: number | null = null;

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  /** Time of the last reading; null: none yet. */
  get untilMs(): number | null {
    return this.#last?.monoMs ?? null;
  }

  add(point: MeterPoint): void {
    const from = this.#last;
    this.#last = point;
    const power = this.#power.filter(({ monoMs }) => monoMs < point.monoMs);
    this.#power = this.#power.filter(({ monoMs }) => monoMs > point.monoMs);
    if (from === null) return;
    const isGap = point.monoMs - from.monoMs > this.#options.gapMs;
    const kind = point.addedKwh === null ? 'changed' : isGap ? 'gap' : 'measured';
    this.#spans.push({ kind, from, to: point, kWh: point.addedKwh ?? 0, power });
  }

  addPower(kW: number, monoMs: number): void {
    this.#power.push({ monoMs, kW });
    this.#seenKw = Math.max(this.#seenKw ?? 0, kW);
  }

  /** What happened before is asked for no more. */
  forget(beforeMs: number): void {
    this.#spans = this.#spans.filter(({ to }) => to.monoMs > beforeMs);
  }

  /** [fromMs, toMs] in pieces, in order, without holes. */
  slices(fromMs: number, toMs: number): Slice[] {
    const found: Slice[] = [];
    let at = fromMs;
    const unheardTo = (end: number): void => {
      if (end > at) found.push(slice('unheard', at, end, 0));
      at = Math.max(at, end);
    };
    for (const span of this.#spans) {
      if (span.to.monoMs <= fromMs) continue;
      if (span.from.monoMs >= toMs) break;
      unheardTo(Math.max(span.from.monoMs, fromMs));
      const end = Math.min(span.to.monoMs, toMs);
      found.push(this.#sliceOf(span, at, end));
      at = end;
    }
    unheardTo(toMs);
    return found;
  }

  /** Null: not all of it lies between readings near enough to each other, of one segment. */
  between(fromMs: number, toMs: number): EnergyBetween | 'meter-gap' | 'meter-changed' {
    let kWh = 0;
    const slices = this.slices(fromMs, toMs);
    // Between the same two readings nothing was measured: it would be a share of what is.
    if (slices.length === 1 && slices[0]?.whole !== true) return noneOf(slices[0]?.kind);
    for (const { kind, kWh: part } of slices) {
      if (kind === 'changed') return 'meter-changed';
      if (kind !== 'measured') return 'meter-gap';
      kWh += part;
    }
    const stepKwh = this.#spanAt(toMs)?.to.stepKwh ?? 0;
    return { kWh, errorKwh: stepKwh + this.#errorAt(fromMs) + this.#errorAt(toMs) };
  }

  #sliceOf(span: Span, fromMs: number, toMs: number): Slice {
    const { kind, from, to } = span;
    if (kind === 'changed') return slice(kind, fromMs, toMs, 0);
    const ends = toMs === to.monoMs;
    const whole = ends && fromMs === from.monoMs;
    const measured = kind === 'measured';
    const before = measured ? this.#until(span, fromMs) : 0;
    const after = measured ? this.#until(span, toMs) : ends ? span.kWh : 0;
    const register = {
      segment: from.segment,
      fromKwh: from.registerKwh + before,
      toKwh: ends ? to.registerKwh : from.registerKwh + after,
    };
    const { stepKwh } = to;
    return { ...slice(kind, fromMs, toMs, after - before), whole, register, stepKwh };
  }

  /** The one that ends at or after `monoMs`, and begins before it. */
  #spanAt(monoMs: number): Span | null {
    return (
      this.#spans.find(({ from, to }) => from.monoMs < monoMs && monoMs <= to.monoMs) ??
      this.#spans.find(({ from }) => from.monoMs === monoMs) ??
      null
    );
  }

  /** Energy of `span` up to `monoMs`. */
  #until(span: Span, monoMs: number): number {
    const share = this.#shareAt(span, monoMs);
    const { low, high } = this.#boundsAt(span, monoMs);
    return Math.min(high, Math.max(low, share * span.kWh));
  }

  /** Between these it lies for certain, as far as the largest power is known. */
  #boundsAt({ from, to, kWh }: Span, monoMs: number): { low: number; high: number } {
    const most = this.#options.maxKw ?? this.#seenKw;
    if (most === null) return { low: 0, high: kWh };
    const kWhPerMs = (most * this.#options.timeScale) / 3_600_000;
    const low = Math.max(0, kWh - to.stepKwh - kWhPerMs * (to.monoMs - monoMs));
    const high = Math.min(kWh, kWhPerMs * (monoMs - from.monoMs) + to.stepKwh);
    // The machine drew more than was thought possible.
    return low > high ? { low: 0, high: kWh } : { low, high };
  }

  #errorAt(monoMs: number): number {
    const span = this.#spanAt(monoMs);
    if (span === null) return 0;
    const kWh = this.#until(span, monoMs);
    const { low, high } = this.#boundsAt(span, monoMs);
    return Math.max(high - kWh, kWh - low);
  }

  /** 0 to 1: by the power read in between, else evenly. */
  #shareAt({ from, to, power }: Span, monoMs: number): number {
    if (monoMs <= from.monoMs) return 0;
    if (monoMs >= to.monoMs) return 1;
    const [first, last] = [power[0], power.at(-1)];
    const even = (monoMs - from.monoMs) / (to.monoMs - from.monoMs);
    if (first === undefined || last === undefined) return even;
    const ends = [
      { monoMs: from.monoMs, kW: first.kW },
      { monoMs: to.monoMs, kW: last.kW },
    ] as const;
    const knots = [ends[0], ...power, ends[1]];
    const total = areaUnder(knots, to.monoMs);
    return total > 0 ? areaUnder(knots, monoMs) / total : even;
  }
}

const noneOf = (kind: SliceKind | undefined): 'meter-gap' | 'meter-changed' =>
  kind === 'changed' ? 'meter-changed' : 'meter-gap';

const slice = (kind: SliceKind, fromMs: number, toMs: number, kWh: number): Slice => ({
  ...{ kind, fromMs, toMs, kWh, whole: false, register: null, stepKwh: 0 },
});

/** Under straight lines from knot to knot, up to `endMs`; kW below 0 count as none. */
function areaUnder(knots: readonly PowerSample[], endMs: number): number {
  let area = 0;
  for (const [i, to] of knots.entries()) {
    const from = knots[i - 1];
    if (from === undefined || from.monoMs >= endMs) continue;
    const [low, high] = [Math.max(0, from.kW), Math.max(0, to.kW)];
    const length = to.monoMs - from.monoMs;
    const cut = Math.min(endMs, to.monoMs) - from.monoMs;
    const atCut = length === 0 ? high : low + ((high - low) * cut) / length;
    area += ((low + atCut) / 2) * cut;
  }
  return area;
}
