/** An output module: every coil can be set, as of a stack light or a buzzer. */
import type { RegisterTable } from '../../drivers/driver.ts';
import type { ServedUnit } from './modbus-server.ts';

const addresses = 0x10000;

export class OutputUnit implements ServedUnit {
  readonly #coils = new Uint8Array(addresses);

  read(table: RegisterTable, address: number, count: number): Uint8Array | null {
    if (table !== 'coil' || address + count > addresses) return null;
    return this.#coils.subarray(address, address + count);
  }

  write(table: 'coil' | 'holding', address: number, values: readonly number[]): boolean {
    if (table !== 'coil' || address + values.length > addresses) return false;
    this.#coils.set(values, address);
    return true;
  }
}
