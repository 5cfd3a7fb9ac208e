/**
 * Overall equipment effectiveness as ISO 22400-2 defines it, of one group of times and shots:
 * availability = APT / PBT, effectiveness = PRI · PQ / APT, quality ratio = GQ / PQ, and their product.
 * Any element that is not known leaves its ratio null: nothing is made up.
 */

export interface TimeElements {
  /** Planned busy time (PBT), ms: watched, without planned stops. */
  busyMs: number;
  /** Actual production time (APT), ms: PBT without stops and micro-stops. */
  productionMs: number;
  /** Standing that was planned: breaks, outside planned hours, reasons of kind `planned`. */
  plannedStopMs: number;
  stopMs: number;
  microStopMs: number;
  /** Within planned hours: nobody saw whether the machine produced. In no other element. */
  unknownMs: number;
}

export interface StopElements {
  stops: number;
  microStops: number;
  /** Stops, no micro-stops, that nobody gave a reason for and no break explains. */
  unexplained: number;
  unexplainedMs: number;
  /** By reason code: of loss and planned ones. */
  byReason: Record<string, { count: number; ms: number }>;
}

export interface ShotElements {
  /** Produced quantity (PQ): all shots that were made while the agent watched. */
  produced: number;
  /** Good quantity (GQ): inspected as ok, or not inspected and judged ok. */
  good: number;
  defect: number;
  /** Neither inspected nor judged. */
  unknown: number;
  /** Among `unknown`: try shots, warm-up. */
  suppressed: number;
  inspected: number;
  /** Made while nobody watched; not in `produced`. */
  unwatched: number;
}

export type PaceBasis = 'configured' | 'learned' | 'mixed';

export interface OeeElements {
  readonly time: TimeElements;
  readonly stops: StopElements;
  readonly shots: ShotElements;
  /** Planned run time of all that was produced (Σ PRI · PQ), ms; null: of some mold it is not known. */
  plannedRunMs: number | null;
  paceBasis: PaceBasis | null;
}

export interface OeeRatios {
  readonly availability: number | null;
  readonly effectiveness: number | null;
  /** Of the shots that were inspected or judged. */
  readonly quality: number | null;
  /** What it would be if all unknown shots were defects, and if all were good. */
  readonly qualityLow: number | null;
  readonly qualityHigh: number | null;
  readonly oee: number | null;
}

export const noElements = (): OeeElements => ({
  time: {
    ...{ busyMs: 0, productionMs: 0, plannedStopMs: 0 },
    ...{ stopMs: 0, microStopMs: 0, unknownMs: 0 },
  },
  stops: { stops: 0, microStops: 0, unexplained: 0, unexplainedMs: 0, byReason: {} },
  shots: {
    ...{ produced: 0, good: 0, defect: 0, unknown: 0 },
    ...{ suppressed: 0, inspected: 0, unwatched: 0 },
  },
  plannedRunMs: 0,
  paceBasis: null,
});

const ratio = (part: number | null, whole: number): number | null =>
  part === null || whole <= 0 ? null : part / whole;

export function ratiosOf({ time, shots, plannedRunMs }: OeeElements): OeeRatios {
  const availability = ratio(time.productionMs, time.busyMs);
  const effectiveness = ratio(plannedRunMs, time.productionMs);
  const quality = ratio(shots.good, shots.good + shots.defect);
  const known = availability !== null && effectiveness !== null && quality !== null;
  return {
    ...{ availability, effectiveness, quality },
    qualityLow: ratio(shots.good, shots.produced),
    qualityHigh: ratio(shots.good + shots.unknown, shots.produced),
    oee: known ? availability * effectiveness * quality : null,
  };
}
