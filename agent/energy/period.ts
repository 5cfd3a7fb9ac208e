/** One quarter hour of one machine while it is counted. */
import type {
  EnergyPart,
  EnergyPeriod,
  Instant,
  MeterSpan,
  MoldEnergy,
  Verdict,
} from '../records.ts';

/** A shot as energy looks at it. */
export interface PeriodShot {
  readonly mold: string | null;
  readonly kWh: number | null;
  readonly kg: number | null;
  readonly outcome: Verdict['outcome'];
  readonly suppressed: boolean;
}

interface MoldTally {
  shots: number;
  measured: number;
  kWh: number;
  kg: number | null;
  kWhWeighed: number | null;
  ok: number;
  defect: number;
  unscored: number;
  suppressed: number;
}

export interface PeriodOptions {
  readonly machine: string;
  readonly signal: string;
  readonly timeScale: number;
  /** Whether hold is told apart from idle. */
  readonly hold: 'told' | 'not-told';
}

/** Micro-kWh: far finer than any register, and short as text. */
export const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

const noParts = (): Record<EnergyPart, number> => ({
  ...{ production: 0, idle: 0, hold: 0, off: 0, unallocated: 0 },
});
const noMold = (): MoldTally => ({
  ...{ shots: 0, measured: 0, kWh: 0, kg: null, kWhWeighed: null },
  ...{ ok: 0, defect: 0, unscored: 0, suppressed: 0 },
});

export class PeriodTally {
  readonly fromMs: number;
  /** Of the clock this period was begun by: wall = monotonic + this. */
  readonly offsetMs: number;
  readonly #options: PeriodOptions;
  readonly #kWh = noParts();
  readonly #ms = noParts();
  readonly #molds = new Map<string | null, MoldTally>();
  readonly #meters: { segment: number; fromKwh: number; toKwh: number }[] = [];
  #toMs: number;
  #heard = false;
  /** Time of which not even the energy is known. */
  #unknownMs = 0;

  constructor(fromMs: number, toMs: number, offsetMs: number, options: PeriodOptions) {
    this.fromMs = fromMs;
    this.#toMs = toMs;
    this.offsetMs = offsetMs;
    this.#options = options;
  }

  get toMs(): number {
    return this.#toMs;
  }

  /** It ends sooner than the clock would have it. */
  cut(toMs: number): void {
    this.#toMs = toMs;
  }

  /** `known`: how much was used then is known, if perhaps not by whom. */
  add(part: EnergyPart, ms: number, kWh: number, known: boolean): void {
    this.#ms[part] += ms;
    this.#kWh[part] += kWh;
    if (known || kWh > 0) this.#heard = true;
    if (!known) this.#unknownMs += ms;
  }

  addShot({ mold, kWh, kg, outcome, suppressed }: PeriodShot): void {
    const tally = this.#molds.get(mold) ?? noMold();
    this.#molds.set(mold, tally);
    tally.shots += 1;
    tally[outcome] += 1;
    if (suppressed) tally.suppressed += 1;
    if (kWh === null) return;
    tally.measured += 1;
    tally.kWh += kWh;
    if (kg === null) return;
    tally.kg = (tally.kg ?? 0) + kg;
    tally.kWhWeighed = (tally.kWhWeighed ?? 0) + kWh;
  }

  /** The register over a piece of the period, in the order of time. */
  sawRegister({ segment, fromKwh, toKwh }: Omit<MeterSpan, 'signal'>): void {
    const last = this.#meters.at(-1);
    if (last?.segment === segment) last.toKwh = toKwh;
    else this.#meters.push({ segment, fromKwh, toKwh });
  }

  /** `wholeMs`: what a whole period lasts. `under-way`: as far as it is settled, without a demand. */
  record(wholeMs: number, state: 'over' | 'under-way' = 'over'): EnergyPeriod {
    const durationMs = this.#toMs - this.fromMs;
    const isWhole = state === 'over' && Math.abs(durationMs - wholeMs) < wholeMs / 100;
    return {
      machine: this.#options.machine,
      kind: isWhole ? 'whole' : 'part',
      durationMs: Math.round(durationMs),
      kWh: this.#heard ? this.#parts() : null,
      ms: this.#times(),
      demandKw: isWhole && this.#unknownMs === 0 ? this.#meanKw(durationMs) : null,
      shots: [...this.#molds.values()].reduce((sum, { shots }) => sum + shots, 0),
      molds: [...this.#molds].map(([mold, tally]): MoldEnergy => {
        const { kg, kWhWeighed } = tally;
        return {
          ...{ mold, ...tally, kWh: rounded(tally.kWh) },
          kg: kg === null ? null : rounded(kg),
          kWhWeighed: kWhWeighed === null ? null : rounded(kWhWeighed),
        };
      }),
      meters: this.#meters.map(
        ({ segment, fromKwh, toKwh }): MeterSpan => ({
          ...{ signal: this.#options.signal, segment },
          ...{ fromKwh: rounded(fromKwh), toKwh: rounded(toKwh) },
        }),
      ),
      at: this.#at(),
    };
  }

  #at(): Instant {
    return { monoMs: this.#toMs, wallMs: this.#toMs + this.offsetMs };
  }

  #times(): EnergyPeriod['ms'] {
    const { production, idle, hold, off, unallocated } = this.#ms;
    const whole = Math.round;
    return {
      ...{ production: whole(production), idle: whole(idle), hold: whole(hold) },
      ...{ off: whole(off), unallocated: whole(unallocated) },
    };
  }

  #parts(): EnergyPeriod['kWh'] {
    const { production, idle, hold, off, unallocated } = this.#kWh;
    return {
      ...{ production: rounded(production), idle: rounded(idle), off: rounded(off) },
      hold: this.#options.hold === 'told' ? rounded(hold) : null,
      unallocated: rounded(unallocated),
    };
  }

  #meanKw(durationMs: number): number {
    const kWh = Object.values(this.#kWh).reduce((sum, part) => sum + part, 0);
    return rounded((kWh * 3_600_000) / (durationMs * this.#options.timeScale));
  }
}
