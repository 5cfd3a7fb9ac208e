/** What a furnace shows at one moment. */
export interface FurnaceSample {
  /** Monotonic ms of the furnace's own time: a simulated one may run faster than the clock. */
  readonly atMs: number;
  readonly wallMs: number;
  /** Null: not read, or not fitted. */
  readonly bathC: number | null;
  readonly bathKg: number | null;
  readonly lid: 'open' | 'closed' | null;
  /** What heats it now, electricity and fuel together, kW. */
  readonly kW: number | null;
  /** Counters since some time in the past: electricity and fuel together, kWh; and metal, kg. */
  readonly energyKWh: number | null;
  readonly chargedKg: number | null;
  readonly pouredKg: number | null;
  /** Of what goes in. */
  readonly chargeC: number | null;
}

/** What the configuration says of a furnace. */
export interface FurnaceSettings {
  /** A heat is molten and ready from `targetC - bandC` on. */
  readonly targetC: number;
  readonly bandC: number;
  /** Holding that each heat needs, e.g. to be degassed; null: not said, and no excess is told. */
  readonly neededHoldMinutes: number | null;
}

/** Looks further apart than this say nothing about the time between them. */
export const longestLookMs = 120_000;

/** How much a counter rose since `before`; null: one is not known, or it was reset or swapped. */
export function riseOf(before: number | null, now: number | null): number | null {
  return before === null || now === null || now < before ? null : now - before;
}
