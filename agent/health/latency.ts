/** Latencies of the recent past and of the whole run: bounded memory, exact quantiles of what is kept. */

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const KEEP = 65_536;

export class LatencyRecorder {
  readonly #samples = new Float64Array(KEEP);
  #count = 0;
  #max = Number.NEGATIVE_INFINITY;

  /** One latency in ms. */
  add(ms: number): void {
    this.#samples[this.#count % KEEP] = ms;
    this.#count += 1;
    if (ms > this.#max) this.#max = ms;
  }

  get count(): number {
    return this.#count;
  }

  /** Of the last 65,536 latencies, `max` of all; null before the first. */
  quantiles(): Quantiles | null {
    if (this.#count === 0) return null;
    const sorted = this.#samples.slice(0, Math.min(this.#count, KEEP)).sort();
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
