/** What a model of a machine gives: one shot after the other, and the slow values in between. */
import type { Random } from './random.ts';

/** One shot as it physically was. Garbage, registers and the counter come later. */
export interface ModelShot {
  /** Seconds since the shot before, stops included. */
  readonly afterS: number;
  /** Every shot-polled signal of the profile but the counter, in the signal's unit. */
  readonly values: Readonly<Record<string, number>>;
  readonly defect: boolean;
  /** Defect id of the profile; null for a good part, and for a scrapped try shot without a flaw. */
  readonly cause: string | null;
  /** The episode at work, for tests and --json. */
  readonly trouble: string | null;
}

export interface MachineModel {
  /** Seconds from shot to shot in steady production. */
  readonly cycleS: number;
  next(): ModelShot;
  /** Slow signals at this simulated time. */
  slow(simulatedS: number): Readonly<Record<string, number>>;
}

/** Probability of each defect id for one shot. */
export type Hazards = Readonly<Record<string, number>>;

/** Rolls every hazard; of those that hit, the likeliest is the cause. */
export function rollDefect(hazards: Hazards, random: Random): string | null {
  let cause: string | null = null;
  let likeliest = 0;
  for (const [id, probability] of Object.entries(hazards)) {
    if (!random.chance(probability) || probability <= likeliest) continue;
    cause = id;
    likeliest = probability;
  }
  return cause;
}

/** Room climate over a day. */
export function roomClimate(simulatedS: number): { celsius: number; humidity: number } {
  const day = Math.sin((2 * Math.PI * simulatedS) / 86_400);
  return { celsius: 19 + 5 * day, humidity: 48 - 12 * day };
}
