/** Growing, jittered waits between attempts: 50–100 ms, 100–200 ms … up to 2.5–5 s. */
export class Backoff {
  readonly #firstMs: number;
  readonly #capMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(firstMs = 100, capMs = 5000, random: () => number = Math.random) {
    this.#firstMs = firstMs;
    this.#capMs = capMs;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  reset(): void {
    this.#failures = 0;
  }

  /** Counts one more failure and gives the wait before the next attempt, in ms. */
  fail(): number {
    const full = Math.min(this.#capMs, this.#firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return full * (0.5 + 0.5 * this.#random());
  }
}
