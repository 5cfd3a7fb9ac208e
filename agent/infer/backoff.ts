/**
 * How long to wait before the next child. The first loss costs no wait; a child that never got ready
 * doubles it up to the cap; one that worked for a while is followed at nearly once, since whatever
 * killed it, models wait.
 */
const baseMs = 25;
const healthyMs = 2_000;
/** Losses of working children in a row never make the wait longer than this many doublings do. */
const workingLosses = 2;

export interface Backoff {
  /** A child was lost after it had been ready for `readyMs`, or before (null). Gives the wait, ms. */
  lost(readyMs: number | null): number;
}

export function createBackoff(capMs: number, random: () => number = Math.random): Backoff {
  let losses = 0;
  return {
    lost(readyMs) {
      if (readyMs !== null && readyMs >= healthyMs) losses = 0;
      const wait = losses === 0 ? 0 : Math.min(capMs, baseMs * 2 ** (losses - 1));
      losses = readyMs === null ? losses + 1 : Math.min(losses + 1, workingLosses);
      return wait * (0.5 + random() / 2);
    },
  };
}
