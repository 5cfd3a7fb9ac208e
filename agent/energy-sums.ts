/** Energy periods added up: what a shift or a month of a machine used, for what, and for how many parts. */
import type { EnergyPart, EnergyPeriod, MoldEnergy } from './energy-records.ts';

export interface MoldFigures {
  readonly mold: string | null;
  readonly shots: number;
  readonly measured: number;
  /** Of those measured. */
  readonly kWh: number;
  readonly kWhPerShot: number | null;
  readonly kWhPerKg: number | null;
  /** Parts known to be good: by their label, else by the verdict. */
  readonly good: number;
  /** Neither labelled nor judged; without try shots and warm-up. */
  readonly unknown: number;
}

export interface EnergyFigures {
  /** Null: no meter was heard. `hold` null: not told apart from idle. */
  readonly kWh:
    | (Readonly<Record<Exclude<EnergyPart, 'hold'> | 'total', number>> & {
        readonly hold: number | null;
      })
    | null;
  readonly hours: Readonly<Record<EnergyPart, number>>;
  /** Highest demand of a whole quarter hour, and when it ended; null: none was measured. */
  readonly peakKw: number | null;
  readonly peakWallMs: number | null;
  readonly periods: number;
  /** Whole, and measured throughout. */
  readonly complete: number;
  readonly shots: number;
  readonly measured: number;
  readonly good: number;
  readonly unknown: number;
  /** Mean of the measured shots. */
  readonly kWhPerShot: number | null;
  /** Energy of production, waste with it, for each good part; an upper bound while some are unknown. */
  readonly kWhPerGood: number | null;
  readonly kWhPerKg: number | null;
  /** Of what is allocated: used while stopped, idle and hold, 0 to 1. */
  readonly idleShare: number | null;
  readonly molds: readonly MoldFigures[];
}

interface MoldSums {
  shots: number;
  measured: number;
  kWh: number;
  kg: number;
  kWhWeighed: number;
  good: number;
  unknown: number;
}

const parts = ['production', 'idle', 'hold', 'off', 'unallocated'] as const;
const none = (): Record<EnergyPart, number> => ({
  ...{ production: 0, idle: 0, hold: 0, off: 0, unallocated: 0 },
});

/** Null rather than a division by nothing. */
const share = (value: number, of: number): number | null => (of > 0 ? value / of : null);

export class EnergySums {
  readonly #kWh = none();
  readonly #ms = none();
  readonly #molds = new Map<string | null, MoldSums>();
  #heard = false;
  #hold = false;
  #peak: { readonly kW: number; readonly wallMs: number } | null = null;
  #periods = 0;
  #complete = 0;

  /** `wallMs`: when it ended, as the store knows it. */
  add({ kWh, ms, demandKw, molds }: EnergyPeriod, wallMs: number): void {
    this.#periods += 1;
    for (const part of parts) {
      this.#kWh[part] += kWh?.[part] ?? 0;
      this.#ms[part] += ms?.[part] ?? 0;
    }
    if (kWh !== null) {
      this.#heard = true;
      if (kWh.hold !== null) this.#hold = true;
    }
    if (demandKw !== null) {
      this.#complete += 1;
      if (this.#peak === null || demandKw > this.#peak.kW) this.#peak = { kW: demandKw, wallMs };
    }
    for (const mold of molds) this.#addMold(mold);
  }

  /** What other sums came to; the weights of their shots are not in it. */
  addFigures({ kWh, hours, peakKw, peakWallMs, periods, complete, molds }: EnergyFigures): void {
    this.#periods += periods;
    this.#complete += complete;
    for (const part of parts) {
      this.#kWh[part] += kWh?.[part] ?? 0;
      this.#ms[part] += hours[part] * 3_600_000;
    }
    if (kWh !== null) this.#heard = true;
    if (kWh !== null && kWh.hold !== null) this.#hold = true;
    if (peakKw !== null && peakKw > (this.#peak?.kW ?? Number.NEGATIVE_INFINITY))
      this.#peak = { kW: peakKw, wallMs: peakWallMs ?? 0 };
    for (const { mold, shots, measured, kWh: used, good, unknown } of molds) {
      const sums = this.#moldOf(mold);
      sums.shots += shots;
      sums.measured += measured;
      sums.kWh += used;
      sums.good += good;
      sums.unknown += unknown;
    }
  }

  /** A label says otherwise than the verdict did: so many more good ones, and unknown ones. */
  correct(mold: string | null, good: number, unknown: number): void {
    const sums = this.#moldOf(mold);
    sums.good += good;
    sums.unknown += unknown;
  }

  figures(): EnergyFigures {
    const molds = [...this.#molds].map(([mold, sums]) => figuresOf(mold, sums));
    const all = [...this.#molds.values()];
    const sum = (of: (one: MoldSums) => number): number =>
      all.reduce((total, one) => total + of(one), 0);
    const { production, idle, hold, off } = this.#kWh;
    const measured = sum((one) => one.measured);
    const good = sum((one) => one.good);
    const perGood = this.#heard ? share(production, good) : null;
    return {
      kWh: this.#heard ? this.#parts() : null,
      hours: this.#hours(),
      peakKw: this.#peak?.kW ?? null,
      peakWallMs: this.#peak?.wallMs ?? null,
      periods: this.#periods,
      complete: this.#complete,
      shots: sum((one) => one.shots),
      ...{ measured, good, unknown: sum((one) => one.unknown) },
      kWhPerShot: share(
        sum((one) => one.kWh),
        measured,
      ),
      // Production that no meter counted is no production without energy.
      kWhPerGood: perGood === 0 ? null : perGood,
      kWhPerKg: share(
        sum((one) => one.kWhWeighed),
        sum((one) => one.kg),
      ),
      idleShare: share(idle + hold, production + idle + hold + off),
      molds,
    };
  }

  #parts(): EnergyFigures['kWh'] {
    const total = parts.reduce((sum, part) => sum + this.#kWh[part], 0);
    return { ...this.#kWh, hold: this.#hold ? this.#kWh.hold : null, total };
  }

  #hours(): EnergyFigures['hours'] {
    const hours = none();
    for (const part of parts) hours[part] = this.#ms[part] / 3_600_000;
    return hours;
  }

  #moldOf(mold: string | null): MoldSums {
    const sums = this.#molds.get(mold) ?? {
      ...{ shots: 0, measured: 0, kWh: 0, kg: 0, kWhWeighed: 0, good: 0, unknown: 0 },
    };
    this.#molds.set(mold, sums);
    return sums;
  }

  #addMold(energy: MoldEnergy): void {
    const sums = this.#moldOf(energy.mold);
    sums.shots += energy.shots;
    sums.measured += energy.measured;
    sums.kWh += energy.kWh;
    sums.kg += energy.kg ?? 0;
    sums.kWhWeighed += energy.kWhWeighed ?? 0;
    sums.good += energy.ok;
    sums.unknown += energy.unscored - energy.suppressed;
  }
}

function figuresOf(mold: string | null, sums: MoldSums): MoldFigures {
  const { shots, measured, kWh, kg, kWhWeighed, good, unknown } = sums;
  return {
    ...{ mold, shots, measured, kWh, good, unknown },
    kWhPerShot: share(kWh, measured),
    kWhPerKg: share(kWhWeighed, kg),
  };
}
