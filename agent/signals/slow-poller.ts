/**
 * Reads slow signals at their own pace on absolute monotonic ticks: a late tick never shifts the
 * ones after it, and ticks that could not be kept are counted, not queued.
 */
import { PpuriError } from '../../config/errors.ts';
import type { ReadGroup, Readings } from './device-reader.ts';

export interface SlowPollerStats {
  readonly polls: number;
  readonly failed: number;
  readonly missedTicks: number;
}

export class SlowPoller {
  readonly #group: ReadGroup;
  readonly #onReadings: (readings: Readings) => void;
  #timer: NodeJS.Timeout | null = null;
  #next = 0;
  #stopped = true;
  #running: Promise<void> = Promise.resolve();
  #polls = 0;
  #failed = 0;
  #missedTicks = 0;

  constructor(group: ReadGroup, onReadings: (readings: Readings) => void) {
    this.#group = group;
    this.#onReadings = onReadings;
  }

  start(): void {
    this.#stopped = false;
    this.#next = performance.now();
    this.#schedule();
  }

  /** Settles when the read under way has. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  stats(): SlowPollerStats {
    return { polls: this.#polls, failed: this.#failed, missedTicks: this.#missedTicks };
  }

  #schedule(): void {
    if (this.#stopped) return;
    const wait = Math.max(0, this.#next - performance.now());
    this.#timer = setTimeout(() => {
      this.#running = this.#tick();
    }, wait);
  }

  async #tick(): Promise<void> {
    this.#polls += 1;
    try {
      this.#onReadings(await this.#group.read('slow'));
    } catch (error) {
      // The bus counts and reports its own failures; here the last values simply grow old.
      if (!(error instanceof PpuriError)) throw error;
      this.#failed += 1;
    }
    this.#next += this.#group.everyMs;
    const behind = Math.floor((performance.now() - this.#next) / this.#group.everyMs);
    if (behind > 0) {
      this.#missedTicks += behind;
      this.#next += behind * this.#group.everyMs;
    }
    this.#schedule();
  }
}

/** Of several pollers together. */
export function slowTotals(pollers: readonly SlowPollerStats[]): SlowPollerStats {
  const totals = { polls: 0, failed: 0, missedTicks: 0 };
  for (const { polls, failed, missedTicks } of pollers) {
    totals.polls += polls;
    totals.failed += failed;
    totals.missedTicks += missedTicks;
  }
  return totals;
}
