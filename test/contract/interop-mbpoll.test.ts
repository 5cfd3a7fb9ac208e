/** A master that others wrote reads our simulators: Debian's mbpoll over TCP and RTU. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { startModbusServer } from '../../agent/simulator/modbus-server.ts';
import { PtyLine } from '../../agent/simulator/pty-line.ts';
import { startRtuServer } from '../../agent/simulator/rtu-server.ts';
import { characterMs } from '../../agent/simulator/wire-timing.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import { needs } from '../fixtures/programs.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const wordAt = (table: RegisterTable, address: number): number => {
  if (table === 'coil') return address % 2;
  if (table === 'discrete') return address % 3 === 0 ? 1 : 0;
  return table === 'holding' ? 1000 + address : 2000 + 3 * address;
};

const unit = {
  read: (table: RegisterTable, address: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => wordAt(table, address + i)),
  write: () => false,
};
const units = (id: number) => (id === 5 ? unit : null);

/** mbpoll's number of each table. */
const kinds: Record<RegisterTable, string> = { coil: '0', discrete: '1', input: '3', holding: '4' };

/** What `mbpoll` prints for registers `address`… of unit 5, by 0-based address. */
async function mbpoll(
  table: RegisterTable,
  address: number,
  count: number,
  where: readonly string[],
): Promise<Record<string, number>> {
  const what = ['-a', '5', '-t', kinds[table], '-0', '-r', `${address}`, '-c', `${count}`, '-1'];
  const { stdout } = await promisify(execFile)('mbpoll', [...what, ...where]);
  const lines = stdout.matchAll(/^\[(\d+)\]:\s+(\d+)/gm);
  return Object.fromEntries([...lines].map(([, at, value]) => [at, Number(value)]));
}

async function readsEverything(where: readonly string[]): Promise<void> {
  for (const table of ['coil', 'discrete', 'input', 'holding'] as const) {
    for (const [address, count] of [
      [0, 1],
      [40, 30],
    ] as const) {
      const wanted = Array.from({ length: count }, (_, i) => address + i);
      expect(await mbpoll(table, address, count, where)).toEqual(
        Object.fromEntries(wanted.map((at) => [at, wordAt(table, at)])),
      );
    }
  }
}

describe('mbpoll', () => {
  needs('mbpoll', 'socat');

  test('reads a simulated machine over Modbus TCP', async () => {
    const server = await startModbusServer({ host: '127.0.0.1', port: 0, unit: units });
    ends.push(() => server.close());
    await readsEverything(['-m', 'tcp', '-p', `${server.port}`, '127.0.0.1']);
  });

  test('reads a simulated unit over RTU, in the time of a real line', async () => {
    const line = await PtyLine.open();
    const server = startRtuServer({ carrier: line, byteMs: characterMs(19_200), unit: units });
    ends.push(() => server.close());
    await readsEverything(['-m', 'rtu', '-b', '19200', '-P', 'none', line.path]);
    const { line: use, droppedBytes } = server.stats();
    expect(use).toMatchObject({ collisions: 0 });
    expect(droppedBytes).toBe(0);
  });
});
