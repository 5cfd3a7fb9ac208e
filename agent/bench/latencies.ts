/** Latencies as an HDR histogram: bounded memory, three digits, however many there are. */
import { createHistogram } from 'node:perf_hooks';

/** ms; null where there are too few for it to mean anything. */
export interface Spread {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

const usPerMs = 1000;
const longestUs = 3_600_000_000;
/** So many that at least one is expected beyond the quantile. */
const needed = { p50: 10, p99: 100, p999: 1000 } as const;

export class Latencies {
  readonly #histogram = createHistogram({ lowest: 1, highest: longestUs, figures: 3 });

  add(ms: number): void {
    this.#histogram.record(Math.min(longestUs, Math.max(1, Math.round(ms * usPerMs))));
  }

  spread(): Spread {
    const { count, max } = this.#histogram;
    const at = (percent: number, least: number): number | null =>
      count < least ? null : this.#histogram.percentile(percent) / usPerMs;
    return {
      count,
      p50: at(50, needed.p50),
      p99: at(99, needed.p99),
      p999: at(99.9, needed.p999),
      max: count === 0 ? null : max / usPerMs,
    };
  }
}

export function spreadOf(all: Iterable<number>): Spread {
  const latencies = new Latencies();
  for (const ms of all) latencies.add(ms);
  return latencies.spread();
}
