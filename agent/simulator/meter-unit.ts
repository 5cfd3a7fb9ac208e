/** An energy meter as a Modbus unit; its values are computed when they are read. */
import { performance } from 'node:perf_hooks';
import type { Profile } from '../../config/profile.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import { Codec, place, rawOf } from './codec.ts';
import type { ServedUnit } from './modbus-server.ts';
import type { MachineTime } from './power-meter.ts';
import { UnitRegisters } from './registers.ts';

const refreshMs = 10;

/** What stands behind the registers. */
export interface MeterSource {
  readonly answers: boolean;
  /** Signals of the profile, by name. */
  read(time: MachineTime): Readonly<Record<string, number>>;
}

export class MeterUnit implements ServedUnit {
  readonly #codec: Codec;
  readonly #meter: MeterSource;
  readonly #time: (monoMs: number) => MachineTime;
  readonly #registers: UnitRegisters;
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(profile: Profile, meter: MeterSource, time: (monoMs: number) => MachineTime) {
    this.#codec = new Codec(profile);
    this.#meter = meter;
    this.#time = time;
    this.#registers = new UnitRegisters(this.#codec.signals.values(), 'none');
  }

  read(table: RegisterTable, address: number, count: number): Uint16Array | null {
    if (!this.#meter.answers) return null;
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
    const values = this.#meter.read(this.#time(monoMs));
    for (const [name, signal] of this.#codec.signals) {
      const value = values[name];
      if (value !== undefined) this.#registers.put(place(rawOf(value, signal), signal));
    }
  }
}
