/** How late a process's timers are, since it began to look: what its event loop was held up by. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** ms. */
export interface LoopDelayMs {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export class LoopDelay {
  readonly #everyMs: number;
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
    this.#histogram = monitorEventLoopDelay({ resolution: everyMs });
  }

  enable(): void {
    this.#histogram.enable();
  }

  disable(): void {
    this.#histogram.disable();
  }

  figures(): LoopDelayMs {
    const at = (share: number): number => this.#late(this.#histogram.percentile(share));
    return { p50: at(50), p99: at(99), p999: at(99.9), max: this.#late(this.#histogram.max) };
  }

  /** Node notes the whole time from one look to the next: the time that was asked for is no delay. */
  #late(ns: number): number {
    return Math.max(0, Math.round(ns / 1e4 - this.#everyMs * 100) / 100);
  }
}
