/** Latencies of the recent past and of the whole run: bounded memory, exact quantiles of what is kept. */

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const keepByDefault = 65_536;

export class LatencyRecorder {
  readonly #samples: Float64Array;
  #count = 0;
  #max = Number.NEGATIVE_INFINITY;

  /** `keep`: latencies that quantiles are of; they are sorted each time, so fewer cost less. */
  constructor(keep = keepByDefault) {
    this.#samples = new Float64Array(keep);
  }

  /** One latency in ms. */
  add(ms: number): void {
    this.#samples[this.#count % this.#samples.length] = ms;
    this.#count += 1;
    if (ms > this.#max) this.#max = ms;
  }

  get count(): number {
    return this.#count;
  }

  /** Of the last latencies, `max` of all; null before the first. */
  quantiles(): Quantiles | null {
    if (this.#count === 0) return null;
    const sorted = this.#samples.slice(0, Math.min(this.#count, this.#samples.length)).sort();
    const at = (q: number): number => {
      const index = Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1);
      return Math.round((sorted[Math.max(0, index)] ?? 0) * 1000) / 1000;
    };
    return {
      p50: at(0.5),
      p99: at(0.99),
      p999: at(0.999),
      max: Math.round(this.#max * 1000) / 1000,
    };
  }
}
