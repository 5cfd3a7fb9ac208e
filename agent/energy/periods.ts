/** Quarter hours by the wall clock, laid over monotonic time; a step of the clock cuts one short. */
import type { EnergyPart, EnergyPeriod, Instant } from '../records.ts';
import { type PeriodOptions, type PeriodShot, PeriodTally } from './period.ts';
import type { EnergyTimeline, Slice } from './timeline.ts';

/** A clock that is put right by less than this has not stepped. */
const stepMs = 2000;

export interface PeriodsOptions extends PeriodOptions {
  /** Ms of this process, 15 minutes of the machine's time. */
  readonly periodMs: number;
}

export class Periods {
  readonly #options: PeriodsOptions;
  /** In order, the first one not yet told; never empty once begun. */
  #open: PeriodTally[] = [];

  constructor(options: PeriodsOptions) {
    this.#options = options;
  }

  /** Periods up to `now` are there afterwards. */
  reach({ monoMs, wallMs }: Instant): void {
    const offsetMs = wallMs - monoMs;
    const last = this.#open.at(-1);
    if (last === undefined) this.#begin(monoMs, offsetMs);
    else if (Math.abs(offsetMs - last.offsetMs) > stepMs && isWithin(last, monoMs)) {
      last.cut(monoMs);
      this.#begin(monoMs, offsetMs);
    }
    for (let end = this.#end(); end <= monoMs; end = this.#end()) this.#begin(end, offsetMs);
  }

  /** Time and energy of [fromMs, toMs] to `part`, as far as it is known when it was used. */
  add(fromMs: number, toMs: number, part: EnergyPart, timeline: EnergyTimeline): void {
    for (const period of this.#open) {
      const [from, to] = [Math.max(fromMs, period.fromMs), Math.min(toMs, period.toMs)];
      if (from < to) addTo(period, timeline.slices(from, to), part);
    }
  }

  addShot(monoMs: number, shot: PeriodShot): void {
    const period = this.#open.find(({ toMs }) => monoMs <= toMs) ?? this.#open.at(-1);
    period?.addShot(shot);
  }

  /** End of the oldest one that is not told. */
  get nextEndMs(): number {
    return this.#open[0]?.toMs ?? Number.POSITIVE_INFINITY;
  }

  /** Those that ended by `settledMs`, which are now complete. */
  take(settledMs: number): EnergyPeriod[] {
    const taken: EnergyPeriod[] = [];
    while (this.nextEndMs <= settledMs) {
      const first = this.#open.shift();
      if (first === undefined) break;
      taken.push(first.record(this.#options.periodMs));
    }
    return taken;
  }

  /** Those under way, as they stand. */
  underWay(): EnergyPeriod[] {
    return this.#open.map((period) => period.record(this.#options.periodMs, 'under-way'));
  }

  /** The last one ends here. */
  end(monoMs: number): void {
    this.#open.at(-1)?.cut(monoMs);
  }

  #end(): number {
    return this.#open.at(-1)?.toMs ?? Number.POSITIVE_INFINITY;
  }

  #begin(monoMs: number, offsetMs: number): void {
    const { periodMs } = this.#options;
    const wallMs = monoMs + offsetMs;
    // Just before a quarter hour by a clock that was put right: the one after is meant.
    const slack = Math.min(stepMs, periodMs / 10);
    const endMs = Math.ceil((wallMs + slack) / periodMs) * periodMs - offsetMs;
    this.#open.push(new PeriodTally(monoMs, endMs, offsetMs, this.#options));
  }
}

const isWithin = ({ fromMs, toMs }: PeriodTally, monoMs: number): boolean =>
  fromMs < monoMs && monoMs < toMs;

function addTo(period: PeriodTally, slices: readonly Slice[], part: EnergyPart): void {
  for (const { kind, kWh, whole, register, fromMs, toMs } of slices) {
    const isMeasured = kind === 'measured';
    period.add(isMeasured ? part : 'unallocated', toMs - fromMs, kWh, isMeasured || whole);
    if (register !== null) period.sawRegister(register);
  }
}
