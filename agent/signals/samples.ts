/** Recent samples of the signals that some feature aggregates over time; bounded by age and count. */
import type { Reading } from '../records.ts';

export interface Sample {
  readonly monoMs: number;
  readonly value: number;
}

const MAX_SAMPLES = 20_000;

export class SampleHistory {
  readonly #keepMs: ReadonlyMap<string, number>;
  readonly #samples = new Map<string, Sample[]>();

  /** `keepMs`: signal → longest look-back any feature needs. Other signals are not kept. */
  constructor(keepMs: ReadonlyMap<string, number>) {
    this.#keepMs = keepMs;
  }

  add(signal: string, reading: Reading): void {
    const keepMs = this.#keepMs.get(signal);
    if (keepMs === undefined || reading.value === null) return;
    const list = this.#samples.get(signal) ?? [];
    list.push({ monoMs: reading.at.monoMs, value: reading.value });
    const oldest = reading.at.monoMs - keepMs;
    let drop = 0;
    while (drop < list.length && (list[drop]?.monoMs ?? 0) < oldest) drop += 1;
    drop = Math.max(drop, list.length - MAX_SAMPLES);
    if (drop > 0) list.splice(0, drop);
    this.#samples.set(signal, list);
  }

  /** Samples of `signal` with fromMonoMs ≤ time ≤ toMonoMs, oldest first. */
  between(signal: string, fromMonoMs: number, toMonoMs: number): readonly Sample[] {
    const list = this.#samples.get(signal) ?? [];
    return list.filter((sample) => sample.monoMs >= fromMonoMs && sample.monoMs <= toMonoMs);
  }
}
