/** A sensor that repeats one value for many cycles has stopped measuring. */
import type { SignalSpec } from '../../config/profile.ts';
import type { Reading } from '../records.ts';

interface Repeat {
  readonly value: number;
  readonly cycles: number;
}

export class FrozenSensors {
  readonly #limits: ReadonlyMap<string, number>;
  readonly #repeats = new Map<string, Repeat>();

  /** `signals` by name; those without frozenAfterCycles are not watched. */
  constructor(signals: Readonly<Record<string, SignalSpec>>) {
    this.#limits = new Map(
      Object.entries(signals).flatMap(([name, spec]) =>
        spec.frozenAfterCycles === undefined ? [] : [[name, spec.frozenAfterCycles] as const],
      ),
    );
  }

  /** Call once per cycle; gives the reading back, or the same reading as `stale`. */
  check(name: string, reading: Reading): Reading {
    const limit = this.#limits.get(name);
    if (limit === undefined || reading.value === null) return reading;
    const before = this.#repeats.get(name);
    const cycles = before?.value === reading.value ? before.cycles + 1 : 1;
    this.#repeats.set(name, { value: reading.value, cycles });
    if (cycles < limit) return reading;
    return { value: null, quality: 'stale', at: reading.at, note: `frozen ${cycles} cycles` };
  }
}
