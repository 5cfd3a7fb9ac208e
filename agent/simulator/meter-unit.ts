/** An energy meter as a Modbus unit; its values are computed when they are read. */
import { performance } from 'node:perf_hooks';
import type { Profile } from '../../config/profile.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import { Codec, place, rawOf } from './codec.ts';
import type { ServedUnit } from './modbus-server.ts';
import type { PowerMeter } from './power-meter.ts';
import { UnitRegisters } from './registers.ts';

const refreshMs = 100;

export class MeterUnit implements ServedUnit {
  readonly #codec: Codec;
  readonly #meter: PowerMeter;
  readonly #time: (monoMs: number) => { readonly nowS: number; readonly sinceShotS: number };
  readonly #registers: UnitRegisters;
  #readMs = Number.NEGATIVE_INFINITY;

  /** `time`: simulated seconds since the start and since the machine's last shot. */
  constructor(
    profile: Profile,
    meter: PowerMeter,
    time: (monoMs: number) => { readonly nowS: number; readonly sinceShotS: number },
  ) {
    this.#codec = new Codec(profile);
    this.#meter = meter;
    this.#time = time;
    this.#registers = new UnitRegisters(this.#codec.signals.values(), 'none');
  }

  read(table: RegisterTable, address: number, count: number): Uint16Array | null {
    const monoMs = performance.now();
    if (monoMs - this.#readMs >= refreshMs) this.#refresh(monoMs);
    return this.#registers.read(table, address, count);
  }

  /** A meter takes no outputs. */
  write(): boolean {
    return false;
  }

  #refresh(monoMs: number): void {
    this.#readMs = monoMs;
    const { nowS, sinceShotS } = this.#time(monoMs);
    const values = this.#meter.read(nowS, sinceShotS);
    for (const [name, signal] of this.#codec.signals) {
      const value = values[name];
      if (value !== undefined) this.#registers.put(place(rawOf(value, signal), signal));
    }
  }
}
