/** The registers of one simulated unit: four tables, as large as its profile needs. */
import { PpuriError } from '../../config/errors.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import type { CodedSignal, Placed } from './codec.ts';

/** Free registers above the profile's own, and coils, that outputs may be written to. */
const freeRegisters = 64;

export class UnitRegisters {
  readonly #tables: Readonly<Record<RegisterTable, Uint16Array>>;
  readonly #owned = new Set<string>();

  /** `outputs`: free ones to write to, in every table; `none`: what the profile has, and no more. */
  constructor(signals: Iterable<CodedSignal>, outputs: 'free' | 'none') {
    const ends: Record<RegisterTable, number> = { holding: 0, input: 0, coil: 0, discrete: 0 };
    for (const { register, words } of signals) {
      const { table, address } = register;
      ends[table] = Math.max(ends[table], address + words);
      for (let i = 0; i < words; i++) this.#owned.add(`${table} ${address + i}`);
    }
    const table = (end: number): Uint16Array =>
      new Uint16Array(Math.min(0x10000, end + (outputs === 'free' ? freeRegisters : 0)));
    this.#tables = {
      holding: table(ends.holding),
      input: table(ends.input),
      coil: table(ends.coil),
      discrete: table(ends.discrete),
    };
  }

  put({ register, words }: Placed): void {
    const table = this.#tables[register.table];
    if (register.bit === null) {
      table.set(words, register.address);
      return;
    }
    const mask = 1 << register.bit;
    const others = (table[register.address] ?? 0) & ~mask;
    table[register.address] = others | ((words[0] ?? 0) & mask);
  }

  /** A view, valid until the next change; null when the unit has no such registers. */
  read(table: RegisterTable, address: number, count: number): Uint16Array | null {
    const words = this.#tables[table];
    return address + count > words.length ? null : words.subarray(address, address + count);
  }

  /** False for registers that are not there or that the machine itself writes. */
  write(table: RegisterTable, address: number, values: readonly number[]): boolean {
    if (this.read(table, address, values.length) === null) return false;
    if (values.some((_, i) => this.#owned.has(`${table} ${address + i}`))) return false;
    this.#tables[table].set(values, address);
    return true;
  }
}

/** The signal of that name; a profile without it cannot be simulated. */
export function requireSignal(
  signals: ReadonlyMap<string, CodedSignal>,
  name: string,
  profile: string,
): CodedSignal {
  const signal = signals.get(name);
  if (signal !== undefined) return signal;
  throw new PpuriError('profile-invalid', `profile ${profile} has no signal "${name}"`, {
    operation: 'start a simulated machine',
    subject: profile,
    hint: 'the cycle’s trigger must name a signal of the profile',
  });
}
