/**
 * How long a cause must last before it is told, and how long it must be gone before its alert clears.
 * Alerts on shots have their rules in shots (two of three, five good ones); what counts in time is here.
 */

export interface Timing {
  /** A cause that goes again within this was never told. */
  readonly onDelayMs: number;
  /** A cause that comes back within this has only one alert. */
  readonly offDelayMs: number;
}

const byCause: Readonly<Record<string, Timing>> = {
  // A switch that starts anew is back within two seconds.
  'bus-lost': { onDelayMs: 3000, offDelayMs: 15_000 },
  'sensor-invalid': { onDelayMs: 0, offDelayMs: 60_000 },
  'prediction-stopped': { onDelayMs: 0, offDelayMs: 30_000 },
  'model-set-aside': { onDelayMs: 0, offDelayMs: 0 },
  'model-returned': { onDelayMs: 0, offDelayMs: 0 },
  'model-missing': { onDelayMs: 0, offDelayMs: 0 },
  'warm-up': { onDelayMs: 0, offDelayMs: 0 },
};

const byShots: Timing = { onDelayMs: 0, offDelayMs: 0 };

/** A cause that came so often within the span chatters: its alert stands until there is quiet. */
export const chatter = { times: 3, withinMs: 900_000, quietMs: 600_000 } as const;

/** What comes back after it was acknowledged calls again, but not more often than this. */
export const callAgainMs = 600_000;

/** After this an alert is stale: it is no news to anybody. */
export const staleAfterMs = 86_400_000;

/** A cleared alert that nobody acknowledged can still be, for so long. */
export const clearedForMs = 3_600_000;

/** After a restart a cause that stood before has this long to show itself again. */
export const resumeMs = 60_000;

/** Listed, and shown on the machine, without a call: whoever starts a machine again stands before it. */
export const callsNobody: ReadonlySet<string> = new Set(['warm-up']);

export const timingOf = (cause: string): Timing => byCause[cause] ?? byShots;
