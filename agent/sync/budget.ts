/** A bandwidth limit: what was sent beyond the rate is waited for before more is sent. */
const firstGuessBytes = 2000;

export class Budget {
  readonly #rate: number;
  #freeAtMs = performance.now();
  #recordBytes = firstGuessBytes;

  /** Bytes a second. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** How long to wait before the next send, ms. */
  waitMs(): number {
    return Math.max(0, Math.ceil(this.#freeAtMs - performance.now()));
  }

  /** Records that take about a second: whatever comes meanwhile waits for no more than these. */
  most(): number {
    return Math.max(1, Math.floor(this.#rate / this.#recordBytes));
  }

  spend(bytes: number, records: number): void {
    const start = Math.max(this.#freeAtMs, performance.now());
    this.#freeAtMs = start + (bytes / this.#rate) * 1000;
    this.#recordBytes += (bytes / records - this.#recordBytes) / 8;
  }
}
