/** What a cycle of a machine usually takes, by mold: the median of its last shots without a stop. */

const remembered = 31;
const fewest = 5;

export class UsualCycle {
  readonly #configuredMs: (mold: string | null) => number | null;
  readonly #seen = new Map<string, number[]>();
  #last: string | null = null;

  /** `configuredMs`: what the plant planned for a mold, until enough was seen; null: nothing. */
  constructor(configuredMs: (mold: string | null) => number | null) {
    this.#configuredMs = configuredMs;
  }

  learn(mold: string | null, cycleMs: number): void {
    const key = mold ?? '';
    const seen = this.#seen.get(key) ?? [];
    seen.push(cycleMs);
    if (seen.length > remembered) seen.shift();
    this.#seen.set(key, seen);
    if (seen.length >= fewest) this.#last = key;
  }

  /** Ms. A mold that is new is taken to run like the one before it; null: nothing is known. */
  of(mold: string | null): number | null {
    return (
      median(this.#seen.get(mold ?? '')) ??
      this.#configuredMs(mold) ??
      (this.#last === null ? null : median(this.#seen.get(this.#last)))
    );
  }
}

function median(seen: readonly number[] = []): number | null {
  if (seen.length < fewest) return null;
  const sorted = seen.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}
