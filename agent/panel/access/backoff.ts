/** Makes guessing slow: after some failures of one name or address each further one costs a wait. */

export interface BackoffLimits {
  /** Failures that cost nothing. */
  readonly free: number;
  /** The first wait; each further one is twice as long, up to `mostMs`. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** A key without failures for so long is forgotten. */
  readonly forgetMs: number;
  /** Keys that are remembered. */
  readonly keys: number;
}

export const backoffLimits: BackoffLimits = {
  free: 3,
  firstMs: 1000,
  mostMs: 60_000,
  forgetMs: 900_000,
  keys: 2000,
};

interface Failures {
  count: number;
  lastMs: number;
}

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #nowMs: () => number;
  readonly #failures = new Map<string, Failures>();

  constructor(nowMs: () => number, limits: Partial<BackoffLimits> = {}) {
    this.#nowMs = nowMs;
    this.#limits = { ...backoffLimits, ...limits };
  }

  /** How long the next attempt of `key` has still to wait; 0: it may be made now. */
  waitMs(key: string): number {
    const known = this.#failures.get(key);
    if (known === undefined) return 0;
    const sinceMs = this.#nowMs() - known.lastMs;
    if (sinceMs > this.#limits.forgetMs) {
      this.#failures.delete(key);
      return 0;
    }
    const { free, firstMs, mostMs } = this.#limits;
    if (known.count <= free) return 0;
    return Math.max(0, Math.min(mostMs, firstMs * 2 ** (known.count - free - 1)) - sinceMs);
  }

  /** Counts as failed from its beginning, so that many at once are no way around the wait. */
  begin(key: string): void {
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    this.#failures.delete(key);
    this.#makeRoom();
    this.#failures.set(key, { count, lastMs: this.#nowMs() });
  }

  /** An attempt that was begun was right; earlier failures still count. */
  takeBack(key: string): void {
    const known = this.#failures.get(key);
    if (known === undefined) return;
    known.count -= 1;
    if (known.count <= 0) this.#failures.delete(key);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Those who failed least go first: a flood of new names must not clear the one under attack. */
  #makeRoom(): void {
    if (this.#failures.size < this.#limits.keys) return;
    let least: [string, Failures] | null = null;
    for (const entry of this.#failures)
      if (least === null || entry[1].count < least[1].count) least = entry;
    if (least !== null) this.#failures.delete(least[0]);
  }
}
