/**
 * How soon to look at a shot counter again. No machine makes its next shot at once: until most of the
 * shortest of its recent cycles has passed, it is looked at as seldom as a usual poller does. That
 * halves what the wait for a shot costs a weak PLC, and no shot that comes in its time is seen later.
 */

/** Cycles remembered: a faster recipe counts at once, a slower one after so many shots. */
const remembered = 50;
const fewest = 10;
/** Of the shortest cycle remembered. A shot that comes sooner is seen late, once. */
const quietShare = 0.9;
/** The usual block poll of a SCADA system. */
const quietMs = 100;

export class ShotPace {
  readonly #pollMs: number;
  readonly #cycles: number[] = [];
  #lastMs: number | null = null;
  #shortestMs: number | null = null;

  /** `pollMs`: between two looks while a shot may come. */
  constructor(pollMs: number) {
    this.#pollMs = pollMs;
  }

  /** The counter was seen to have gone up by `shots` at `atMs`, monotonic. */
  seen(shots: number, atMs: number): void {
    const cycleMs = this.#lastMs === null ? null : (atMs - this.#lastMs) / shots;
    this.#lastMs = atMs;
    if (cycleMs === null) return;
    this.#cycles.push(cycleMs);
    if (this.#cycles.length > remembered) this.#cycles.shift();
    this.#shortestMs = this.#cycles.length < fewest ? null : Math.min(...this.#cycles);
  }

  /** The counter began anew: what it stood at says nothing of when the shot was made. */
  reset(): void {
    this.#lastMs = null;
  }

  /** Ms from the look at `nowMs`, monotonic, to the next one: a whole number of `pollMs`. */
  afterMs(nowMs: number): number {
    if (this.#lastMs === null || this.#shortestMs === null) return this.#pollMs;
    const restMs = this.#lastMs + quietShare * this.#shortestMs - nowMs;
    const looks = Math.floor(Math.min(restMs, quietMs) / this.#pollMs);
    return Math.max(1, looks) * this.#pollMs;
  }
}
