/** A device whose registers a test sets, on a real Modbus TCP port, and a bus to it. */
import { onTestFinished } from 'vitest';
import { startModbusServer } from '../../agent/simulator/modbus-server.ts';
import type { Bus, RegisterTable } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';

export class SetDevice {
  readonly #words = new Map<string, number>();

  /** `holding 3` onwards. */
  set(table: RegisterTable, address: number, words: readonly number[]): void {
    for (const [i, word] of words.entries()) this.#words.set(`${table} ${address + i}`, word);
  }

  /** From now on the device answers reads of it with an exception. */
  remove(table: RegisterTable, address: number): void {
    this.#words.delete(`${table} ${address}`);
  }

  read(table: RegisterTable, address: number, count: number): number[] | null {
    const words = Array.from({ length: count }, (_, i) =>
      this.#words.get(`${table} ${address + i}`),
    );
    return words.every((word) => word !== undefined) ? words : null;
  }
}

export async function servedDevice(): Promise<{ device: SetDevice; bus: Bus }> {
  const device = new SetDevice();
  const server = await startModbusServer({
    host: '127.0.0.1',
    port: 0,
    unit: () => ({
      read: (table, address, count) => device.read(table, address, count),
      write: () => false,
    }),
  });
  onTestFinished(() => server.close());
  const place = { type: 'modbus-tcp', host: server.host, port: server.port } as const;
  const bus = createBus('test', { ...place, timeoutMs: 1000 });
  onTestFinished(() => bus.close());
  return { device, bus };
}
