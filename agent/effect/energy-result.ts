/** Energy of a machine by day, and what its baseline says of two periods. */
import type { Period } from './counts.ts';
import type { Estimate } from './rates.ts';

/** One day or shift of one machine. A row that lacks its kWh or kg is not made. */
export interface EnergyRow {
  readonly period: Period;
  readonly day: string;
  readonly kwh: number;
  readonly goodKg: number;
  /** Hours of holding melt or heat without production; null: not known. */
  readonly holdHours: number | null;
  /** Mean ambient temperature, °C; null: not known. */
  readonly ambientC: number | null;
}

export const energyDrivers = ['goodKg', 'holdHours', 'ambientC'] as const;
export type EnergyDriver = (typeof energyDrivers)[number];

export interface Coefficient extends Estimate {
  /** `base`: kWh of a row with none of the drivers. */
  readonly of: 'base' | EnergyDriver;
}

export interface DriverRange {
  readonly driver: EnergyDriver;
  /** Over the rows before. */
  readonly low: number;
  readonly high: number;
  /** Rows after that lie outside; the baseline is a guess there. */
  readonly outside: number;
  /** Null: it enters the baseline. */
  readonly leftOut: 'missing' | 'constant' | null;
}

/** kWh per good kg as it is, without regard to how much was made: misleads where that changed. */
export interface Intensity {
  readonly before: number;
  readonly after: number;
}

export interface EnergyEffect {
  readonly kind: 'effect';
  readonly rows: Readonly<Record<Period, number>>;
  readonly coefficients: readonly Coefficient[];
  readonly drivers: readonly DriverRange[];
  readonly rSquared: number | null;
  /** Root mean square error by the mean kWh of a row. */
  readonly cvRmse: number;
  /** Share of a row's error that the next one keeps, 0 to 1. */
  readonly errorMemory: number;
  readonly actualKwh: number;
  /** What the rows after would have used as before. */
  readonly expectedKwh: number;
  /** Expected minus actual, kWh: above 0 is saved. */
  readonly saved: Estimate;
  /** The same as a share of the expected. */
  readonly savedShare: Estimate;
  /** Interval as if days were independent: too narrow where they are not. */
  readonly naiveSaved: Estimate;
  /** Null: no good kg in a period. */
  readonly intensity: Intensity | null;
  /** What was saved for each row after: its day, actual and expected kWh. */
  readonly course: readonly { day: string; actualKwh: number; expectedKwh: number }[];
  /** `unknown`: the interval holds 0. */
  readonly verdict: 'less' | 'more' | 'unknown';
}

/** Why no baseline was made; nothing is guessed instead. */
export interface EnergyRefusal {
  readonly kind: 'refused';
  /** `carried-over`: days before follow each other so closely that they tell next to nothing. */
  readonly reason: 'too-few-before' | 'none-after' | 'collinear' | 'no-driver' | 'carried-over';
  readonly rows: Readonly<Record<Period, number>>;
  /** Rows before that it takes. */
  readonly needed: number;
  /** That move together, so that nobody can tell which of them used the energy. */
  readonly collinear: readonly EnergyDriver[];
  readonly intensity: Intensity | null;
}
