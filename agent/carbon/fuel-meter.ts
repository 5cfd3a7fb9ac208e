/**
 * One fuel meter, by quarters of an hour. What it counted between two looks belongs to the quarter of
 * the later one; after a gap it is known in total alone, and is not spread over what nobody saw. A
 * meter that jumps back was reset or swapped: what it counted meanwhile is not known, and is not made up.
 */
import type { FuelName, FuelRecord, Instant } from '../records.ts';
import { co2eOf } from './co2e.ts';
import { type FactorTable, fuelBasis } from './factors.ts';

export const quarterMs = 900_000;
/** Looks further apart are a gap. */
const longestLookMs = 60_000;

export interface FuelMeterOptions {
  readonly machine: string;
  readonly fuel: FuelName;
  readonly signal: string;
  /** Units of fuel for each of the counter, e.g. Nm³ for a m³ as it flows. */
  readonly unitsPerCount: number;
  /** Value at which the counter begins anew; null: it does not, as far as is known. */
  readonly rollover: number | null;
  readonly factors: FactorTable;
}

interface Look {
  readonly count: number;
  readonly at: Instant;
}

interface Quarter {
  /** By the clock, where the quarter lies. */
  readonly number: number;
  readonly fromMonoMs: number;
  amount: number;
  unallocated: number;
  readMs: number;
  first: number | null;
}

export class FuelMeter {
  readonly #options: FuelMeterOptions;
  #quarter: Quarter | null = null;
  #last: Look | null = null;
  #segment = 1;

  constructor(options: FuelMeterOptions) {
    this.#options = options;
  }

  /** `count` null: not read. Gives the record of a quarter that this look has ended, if any. */
  look(count: number | null, at: Instant): FuelRecord | null {
    const number = Math.floor(at.wallMs / quarterMs);
    const over = this.#quarter !== null && this.#quarter.number !== number;
    const ended = over ? this.#close(at) : null;
    const sums = { amount: 0, unallocated: 0, readMs: 0, first: null };
    this.#quarter ??= { number, fromMonoMs: at.monoMs, ...sums };
    if (count !== null) this.#count(this.#quarter, { count, at });
    return ended;
  }

  /** The quarter under way, as far as it came; null: nothing began. */
  end(at: Instant): FuelRecord | null {
    return this.#close(at);
  }

  #count(quarter: Quarter, now: Look): void {
    const last = this.#last;
    this.#last = now;
    quarter.first ??= now.count;
    if (last === null) return;
    const rise = this.#rise(last.count, now.count);
    if (rise === null) {
      this.#segment += 1;
      return;
    }
    const ms = now.at.monoMs - last.at.monoMs;
    const units = rise * this.#options.unitsPerCount;
    if (ms > longestLookMs) {
      quarter.unallocated += units;
      return;
    }
    quarter.amount += units;
    quarter.readMs += ms;
  }

  /** Null: reset or swapped. A fall from the end of its dial to the beginning is neither. */
  #rise(before: number, now: number): number | null {
    if (now >= before) return now - before;
    const { rollover } = this.#options;
    if (rollover === null || before < 0.9 * rollover || now > 0.1 * rollover) return null;
    return rollover - before + now;
  }

  #close(at: Instant): FuelRecord | null {
    const quarter = this.#quarter;
    this.#quarter = null;
    if (quarter === null) return null;
    const { machine, fuel, signal, unitsPerCount, factors } = this.#options;
    const { fromMonoMs, amount, unallocated, readMs, first } = quarter;
    const last = this.#last?.count ?? null;
    const isRead = first !== null && last !== null;
    // The quarter's own last moment: the look that ends it lies in the next.
    const end = Math.min(at.wallMs, (quarter.number + 1) * quarterMs - 1);
    const factor = factors.at(fuel, end);
    const durationMs = at.monoMs - fromMonoMs;
    return {
      ...{ machine, fuel, signal, durationMs },
      unit: fuelBasis[fuel].unit,
      amount: isRead ? amount : null,
      unallocated,
      readMs: Math.min(readMs, durationMs),
      counts: isRead ? { first, last, unitsPerCount } : null,
      segment: this.#segment,
      co2e: isRead && factor !== null ? co2eOf(amount + unallocated, factor) : null,
      at: { monoMs: at.monoMs, wallMs: end },
    };
  }
}
