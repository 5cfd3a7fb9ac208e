/** How long a cycle of a machine usually takes: the median of its last ones, stops among them. */

const remembered = 21;
const fewest = 3;

export class UsualCycle {
  readonly #recent: number[] = [];

  /** From one shot to the next, ms. */
  add(ms: number): void {
    this.#recent.push(ms);
    if (this.#recent.length > remembered) this.#recent.shift();
  }

  /** Null: too few yet. */
  get ms(): number | null {
    if (this.#recent.length < fewest) return null;
    return this.#recent.toSorted((a, b) => a - b)[Math.floor(this.#recent.length / 2)] ?? null;
  }
}
