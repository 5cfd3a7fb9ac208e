/** Energy as it is kept: of each shot, and of each quarter hour of each machine. */
import type { Instant } from '../drivers/driver.ts';
import type { Co2e } from './carbon-records.ts';

/**
 * `production`: within a cycle. `idle`: on, and no shot for longer than a cycle takes. `hold`: stopped,
 * only heaters or a furnace on. `off`: hardly anything. `unallocated`: known in total, and not when.
 */
export type EnergyState = 'production' | 'idle' | 'hold' | 'off';
export type EnergyPart = EnergyState | 'unallocated';

/**
 * Why a shot has no energy: the counter jumped over it (`shot-missed`), nobody saw it begin
 * (`no-start`), the meter was not heard around it (`meter-gap`), or its register began anew meanwhile
 * (`meter-changed`).
 */
export type NoEnergy = 'shot-missed' | 'no-start' | 'meter-gap' | 'meter-changed';

/** Energy of one shot; kept apart from it, since it is known later. */
export interface ShotEnergy {
  readonly machine: string;
  readonly mold: string | null;
  /** Machine counter value. */
  readonly shot: number | null;
  /** That of its cycle, in this start of the agent. */
  readonly index: number;
  /** Null: not known, see `why`. */
  readonly kWh: number | null;
  /** The true value lies within ± this, by the meter's resolution and the readings around. */
  readonly errorKwh: number | null;
  /** `usual-cycle`: after a stop, when it began is taken from the cycles before. */
  readonly start: 'shot-before' | 'usual-cycle' | null;
  /** Of the shot: nominal, or of a scale; null: not known. */
  readonly kg: number | null;
  readonly why: NoEnergy | null;
  readonly at: Instant;
}

/** Shots of one mold that ended in a period. */
export interface MoldEnergy {
  readonly mold: string | null;
  readonly shots: number;
  /** Of them, with an energy of their own: `kWh` is theirs. */
  readonly measured: number;
  readonly kWh: number;
  /** Of the shots whose weight is known, that weight and their energy. */
  readonly kg: number | null;
  readonly kWhWeighed: number | null;
  readonly ok: number;
  readonly defect: number;
  readonly unscored: number;
  /** Of the unscored ones: try shots, warm-up and the like. */
  readonly suppressed: number;
}

/** The meter's own register, kWh, at both ends of a period; `segment` counts meters and resets. */
export interface MeterSpan {
  readonly signal: string;
  readonly segment: number;
  readonly fromKwh: number;
  readonly toKwh: number;
}

/** What a machine used in a quarter hour by the clock; ends at `at`. */
export interface EnergyPeriod {
  readonly machine: string;
  /**
   * `whole`: a quarter hour. `part`: less, as at a start, an end, a step of the clock. `gap`: the agent
   * was not there; all that is known is a total.
   */
  readonly kind: 'whole' | 'part' | 'gap';
  /** Null of a gap whose length no clock knows. */
  readonly durationMs: number | null;
  /** Null: the meter was not heard at all. `hold` null: not told apart from idle. */
  readonly kWh:
    | (Readonly<Record<Exclude<EnergyPart, 'hold'>, number>> & { readonly hold: number | null })
    | null;
  /** How long the machine was in each state; `unallocated`: how long nothing is known of. */
  readonly ms: Readonly<Record<EnergyPart, number>> | null;
  /** Mean kW of the period, as a tariff counts demand; null: not whole, or not measured throughout. */
  readonly demandKw: number | null;
  readonly shots: number;
  readonly molds: readonly MoldEnergy[];
  /** One after the other, where the meter was changed within; empty: not heard. */
  readonly meters: readonly MeterSpan[];
  /** Scope 2, of all of `kWh`; absent: not known, or no factor was in force. */
  readonly co2e?: Co2e;
  readonly at: Instant;
}
