/** Fuel with its emissions, and heats of a furnace, as they are kept. */
import type { Instant } from '../drivers/driver.ts';

/** `off`: too cold to hold metal; `unknown`: its signals do not tell. */
export type FurnaceState = 'charge' | 'melt' | 'hold' | 'pour' | 'off' | 'unknown';

/** One heat of a melting or holding furnace, as its signals showed it. Null: not known. */
export interface HeatRecord {
  readonly machine: string;
  /** Machine counter value, and alloy. */
  readonly heat: number | null;
  readonly alloy: string | null;
  /** That this record is of: more than 1 where nobody saw the ones before it end. */
  readonly heats: number;
  /** Of the furnace's time; ends at `at`. */
  readonly minutes: number;
  readonly chargedKg: number | null;
  readonly returnKg: number | null;
  readonly pouredKg: number | null;
  /** Pieces that the charge came in. */
  readonly charges: number;
  /** Of the charge before it went in, mean of what its pieces had. */
  readonly chargeC: number | null;
  readonly kWh: number | null;
  /** Of metal charged, all of the heat's energy. */
  readonly kWhPerT: number | null;
  readonly states: Readonly<
    Record<FurnaceState, { readonly minutes: number; readonly kWh: number }>
  >;
  /** `idle`: neither charging nor pouring. */
  readonly lidOpenMinutes: { readonly working: number; readonly idle: number } | null;
  /** Beyond what the configuration says that a heat needs; null: it says nothing. */
  readonly excessHold: { readonly minutes: number; readonly kWh: number } | null;
  /** Of `lidOpenMinutes.idle`: open minus closed, both measured in this furnace's holding. */
  readonly lidLossKWh: number | null;
  /** Minutes in which no energy was read; that of a counter is in `kWh`, of a power signal is not. */
  readonly gapMinutes: number;
  readonly at: Instant;
}

export type FuelName = 'lng' | 'lpg' | 'diesel';

/** An emission factor as it was in force, so that the record says all by itself. */
export interface EmissionFactor {
  readonly of: 'electricity' | FuelName;
  /** kg CO₂e of one `unit`. */
  readonly kgPerUnit: number;
  readonly unit: 'kWh' | 'Nm³' | 'kg' | 'L';
  /** What year the factor is of. */
  readonly year: number;
  /** First local day that it is in force. */
  readonly from: string;
  readonly source: string;
}

/** Scope 1: fuel burnt here. Scope 2: electricity bought, location-based. */
export interface Co2e {
  readonly kg: number;
  readonly scope: 1 | 2;
  readonly factor: EmissionFactor;
}

/** What one fuel meter counted in a quarter of an hour by the clock; ends at `at`. */
export interface FuelRecord {
  readonly machine: string;
  readonly fuel: FuelName;
  readonly signal: string;
  /** Less than a quarter at a start, an end, a step of the clock. */
  readonly durationMs: number;
  readonly unit: EmissionFactor['unit'];
  /** Burnt in this time; null: the meter was not read. */
  readonly amount: number | null;
  /** Burnt while it was not read, known in total alone; may be of earlier quarters. */
  readonly unallocated: number;
  /** How much of this time the meter was read. */
  readonly readMs: number;
  /** The meter's own register at both ends; null: not read. What lies between records shows there. */
  readonly counts: {
    readonly first: number;
    readonly last: number;
    readonly unitsPerCount: number;
  } | null;
  /** 1, 2 … : another for each meter reset or swap since the start. */
  readonly segment: number;
  /** Of `amount` and `unallocated`; null: no factor is in force, or nothing was read. */
  readonly co2e: Co2e | null;
  readonly at: Instant;
}
