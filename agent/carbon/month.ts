/** Energy and emissions of a month, by machine, carrier and factor, with what is not known of it. */
import type { Co2e, EmissionFactor, EnergyPeriod, FuelRecord } from '../records.ts';
import { co2eOf, usedKWh } from './co2e.ts';
import type { Carrier, FactorTable } from './factors.ts';

export interface Span {
  readonly fromWallMs: number;
  readonly toWallMs: number;
}

/** A record, and when it ended. */
export interface Ended<T> {
  readonly wallMs: number;
  /** False: its time is not known for sure. */
  readonly isDated: boolean;
  readonly record: T;
}

/** One carrier of one meter, under one factor. */
export interface CarbonRow {
  readonly machine: string;
  readonly carrier: Carrier;
  /** The meter: a signal; null: the records do not say. */
  readonly signal: string | null;
  readonly scope: 1 | 2;
  readonly unit: EmissionFactor['unit'];
  /** All that was used, with what is known in total alone. */
  readonly amount: number;
  /** Of it, what was used while nobody looked. */
  readonly unallocated: number;
  /** Of it, of a gap that began before the month. */
  readonly carriedIn: number;
  /** Null: no factor is in force. */
  readonly co2eKg: number | null;
  readonly factor: EmissionFactor | null;
  /** `record`: each record had it; `report`: some had none, and got the one in force at their time. */
  readonly factorBy: 'record' | 'report';
  readonly records: number;
}

/** How much of the month one meter was read. */
export interface MeterCoverage {
  readonly machine: string;
  readonly carrier: Carrier;
  readonly signal: string | null;
  /** Of the whole month, 0 to 1. */
  readonly covered: number;
  /** Of it not read, but counted by the meter and known in total. */
  readonly bridged: number;
  /** Records whose time nobody vouches for. */
  readonly undated: number;
}

export interface CarbonMonth extends Span {
  readonly month: string;
  readonly rows: readonly CarbonRow[];
  readonly coverage: readonly MeterCoverage[];
  /** kg; null: nothing was measured, or some of it has no factor. */
  readonly scope1Kg: number | null;
  readonly scope2Kg: number | null;
}

/** A record of either kind, as far as emissions go. */
interface Use extends Omit<MeterCoverage, 'covered' | 'bridged' | 'undated'> {
  readonly unit: EmissionFactor['unit'];
  readonly durationMs: number | null;
  readonly readMs: number;
  readonly amount: number | null;
  readonly unallocated: number;
  readonly co2e: Co2e | null;
}

function electricityUse(period: EnergyPeriod): Use {
  const { machine, kWh, ms, durationMs, co2e = null, meters } = period;
  const readMs = ms === null ? 0 : ms.production + ms.idle + ms.hold + ms.off;
  return {
    ...{ machine, carrier: 'electricity', signal: meters[0]?.signal ?? null, unit: 'kWh' },
    ...{ durationMs, readMs: period.kind === 'gap' ? 0 : readMs },
    amount: usedKWh(period),
    unallocated: kWh?.unallocated ?? 0,
    co2e,
  };
}

function fuelUse(record: FuelRecord): Use {
  const { machine, fuel, signal, unit, durationMs, readMs, amount, unallocated, co2e } = record;
  return {
    ...{ machine, carrier: fuel, signal, unit, durationMs, readMs, unallocated, co2e },
    amount: amount === null ? null : amount + unallocated,
  };
}

/** What a meter counted while no record was made, as when the agent was off; null: nothing, or swapped. */
function betweenOf(before: Ended<FuelRecord>, after: Ended<FuelRecord>): Use | null {
  const { record } = after;
  const [last, now] = [before.record.counts, record.counts];
  if (last === null || now === null || now.first <= last.last) return null;
  const amount = (now.first - last.last) * now.unitsPerCount;
  const factor = record.co2e?.factor;
  return {
    ...fuelUse(record),
    ...{ amount, unallocated: amount, readMs: 0 },
    durationMs: after.wallMs - before.wallMs,
    co2e: factor === undefined ? null : co2eOf(amount, factor),
  };
}

/** A machine has one meter of electricity, and as many of fuel as it is given. */
const meterKey = ({ machine, carrier, signal }: Use): string =>
  JSON.stringify([machine, carrier, carrier === 'electricity' ? null : signal]);

type Changing<T> = { -readonly [K in keyof T]: T[K] };

export class CarbonTally {
  readonly #span: Span;
  readonly #factors: FactorTable;
  readonly #rows = new Map<string, Changing<CarbonRow>>();
  readonly #coverage = new Map<
    string,
    { meter: MeterCoverage; readMs: number; bridgedMs: number; undated: number }
  >();

  readonly #lastFuel = new Map<string, Ended<FuelRecord>>();

  constructor(span: Span, factors: FactorTable) {
    this.#span = span;
    this.#factors = factors;
  }

  addEnergy(ended: Ended<EnergyPeriod>): void {
    this.#add(electricityUse(ended.record), ended);
  }

  /** In their order, from the last one before the month on. */
  addFuel(ended: Ended<FuelRecord>): void {
    const { record, wallMs } = ended;
    const key = `${record.machine}\n${record.signal}`;
    const before = this.#lastFuel.get(key);
    if (record.counts !== null) this.#lastFuel.set(key, ended);
    if (wallMs < this.#span.fromWallMs) return;
    const bridge = before === undefined ? null : betweenOf(before, ended);
    if (bridge !== null) this.#add(bridge, ended);
    this.#add(fuelUse(record), ended);
  }

  close(month: string): CarbonMonth {
    const rows = [...this.#rows.values()].sort(byPlace);
    const scope = (wanted: 1 | 2): number | null => {
      const own = rows.filter((row) => row.scope === wanted);
      if (own.length === 0) return null;
      return own.reduce<number | null>(
        (all, { co2eKg }) => (all === null || co2eKg === null ? null : all + co2eKg),
        0,
      );
    };
    const monthMs = this.#span.toWallMs - this.#span.fromWallMs;
    const coverage = [...this.#coverage.values()].map(({ meter, readMs, bridgedMs, undated }) => ({
      ...meter,
      covered: Math.min(1, readMs / monthMs),
      bridged: Math.min(1, bridgedMs / monthMs),
      undated,
    }));
    return {
      ...{ month, ...this.#span, rows, coverage: coverage.sort(byPlace) },
      ...{ scope1Kg: scope(1), scope2Kg: scope(2) },
    };
  }

  #add(use: Use, { wallMs, isDated }: Pick<Ended<Use>, 'wallMs' | 'isDated'>): void {
    this.#cover(use, wallMs, isDated);
    const { machine, carrier, signal, unit, amount } = use;
    if (amount === null) return;
    const factor = use.co2e?.factor ?? this.#factors.at(carrier, wallMs);
    const key = JSON.stringify([meterKey(use), factor?.kgPerUnit, factor?.source]);
    const scope = carrier === 'electricity' ? 2 : 1;
    const none = { amount: 0, unallocated: 0, carriedIn: 0, records: 0 } as const;
    const row: Changing<CarbonRow> = this.#rows.get(key) ?? {
      ...{ machine, carrier, signal, scope, unit, ...none },
      ...{ co2eKg: factor === null ? null : 0, factor, factorBy: 'record' },
    };
    this.#rows.set(key, row);
    row.signal ??= signal;
    row.amount += amount;
    row.unallocated += use.unallocated;
    if (wallMs - (use.durationMs ?? 0) < this.#span.fromWallMs - 1)
      row.carriedIn += use.unallocated;
    row.records += 1;
    if (use.co2e === null) row.factorBy = 'report';
    if (row.co2eKg !== null && factor !== null)
      row.co2eKg += use.co2e?.kg ?? co2eOf(amount, factor).kg;
  }

  #cover(use: Use, wallMs: number, isDated: boolean): void {
    const { machine, carrier, signal } = use;
    const key = meterKey(use);
    const none = { covered: 0, bridged: 0, undated: 0 };
    const cover = this.#coverage.get(key) ?? {
      ...{ meter: { machine, carrier, signal, ...none }, readMs: 0, bridgedMs: 0, undated: 0 },
    };
    this.#coverage.set(key, cover);
    // Where the meter was not heard the record does not say which it is.
    if (signal !== null) cover.meter = { ...cover.meter, signal };
    // What of a gap lies in the month before is not of this one.
    const withinMs = Math.min(use.durationMs ?? 0, wallMs + 1 - this.#span.fromWallMs);
    const readMs = Math.min(use.readMs, withinMs);
    cover.readMs += readMs;
    if (use.amount !== null) cover.bridgedMs += Math.max(0, withinMs - readMs);
    if (!isDated) cover.undated += 1;
  }
}

function byPlace(a: MeterCoverage | CarbonRow, b: MeterCoverage | CarbonRow): number {
  const text = ({ machine, carrier, signal }: MeterCoverage | CarbonRow): string =>
    `${machine}\n${carrier}\n${signal}`;
  return text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0;
}
