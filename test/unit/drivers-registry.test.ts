import { ServerTCP } from 'modbus-serial';
import { describe, expect, test } from 'vitest';
import type { ModbusTcpConfig } from '../../drivers/modbus/modbus-tcp.ts';
import { type BusConfig, BusSet, createBus, endpointOf } from '../../drivers/registry.ts';

const tcp = (host: string, port = 502): ModbusTcpConfig => ({
  type: 'modbus-tcp',
  host,
  port,
  timeoutMs: 500,
});

describe('endpoints', () => {
  test.each([
    ['localhost', 'tcp://127.0.0.1:502'],
    ['LOCALHOST', 'tcp://127.0.0.1:502'],
    ['::1', 'tcp://127.0.0.1:502'],
    ['[::1]', 'tcp://127.0.0.1:502'],
    ['PLC-3.plant.', 'tcp://plc-3.plant:502'],
    ['fe80::1', 'tcp://[fe80::1]:502'],
  ])('%s is %s', (host, endpoint) => {
    expect(endpointOf(tcp(host))).toBe(endpoint);
  });

  test('two buses on one endpoint are refused by name', async () => {
    const set = new BusSet();
    set.create('press', tcp('localhost', 1502));
    expect(() => set.create('furnace', tcp('127.0.0.1', 1502))).toThrowError(
      expect.objectContaining({
        code: 'config-invalid',
        message: expect.stringContaining('press'),
        subject: 'tcp://127.0.0.1:1502',
      }),
    );
    set.create('furnace', tcp('localhost', 1503));
    expect(set.all()).toHaveLength(2);
    await set.close();
  });
});

test('an unknown type lists those there are', () => {
  const config = { ...tcp('localhost'), type: 'profinet' } as unknown as BusConfig;
  expect(() => createBus('x', config)).toThrowError(
    expect.objectContaining({
      code: 'config-invalid',
      hint: expect.stringContaining('modbus-tcp'),
    }),
  );
});

test('interop: modbus-serial’s own server, every function', async () => {
  const port = await freePort();
  const coils = new Map<number, boolean>([[3, true]]);
  const registers = new Map<number, number>();
  const server = new ServerTCP(
    {
      getCoil: (address: number) => coils.get(address) ?? false,
      getDiscreteInput: (address: number) => address % 3 === 0,
      getHoldingRegister: (address: number) => registers.get(address) ?? address,
      getInputRegister: (address: number) => {
        if (address >= 1000) throw Object.assign(new Error('no such'), { modbusErrorCode: 2 });
        return 2 * address;
      },
      setCoil: (address: number, value: boolean) => void coils.set(address, value),
      setRegister: (address: number, value: number) => void registers.set(address, value),
    },
    { host: '127.0.0.1', port },
  );
  await new Promise<void>((resolve) => server.on('initialized', () => resolve()));
  const bus = createBus('plc', tcp('127.0.0.1', port), {
    writable: [
      { unit: 7, table: 'coil', address: 0, count: 16 },
      { unit: 7, table: 'holding', address: 0, count: 16 },
    ],
  });
  const words = async (table: 'coil' | 'discrete' | 'holding' | 'input', address: number) =>
    (await bus.read({ unit: 7, table, address, count: 5, priority: 'shot' })).words;
  try {
    expect(await words('holding', 100)).toEqual([100, 101, 102, 103, 104]);
    expect(await words('input', 5)).toEqual([10, 12, 14, 16, 18]);
    expect(await words('coil', 1)).toEqual([0, 0, 1, 0, 0]);
    expect(await words('discrete', 6)).toEqual([1, 0, 0, 1, 0]);
    await expect(words('input', 1000)).rejects.toMatchObject({
      code: 'modbus-exception',
      cause: { exception: 2 },
    });
    await bus.write({ unit: 7, table: 'coil', address: 1, values: [1] });
    await bus.write({ unit: 7, table: 'coil', address: 2, values: [1, 0, 1] });
    await bus.write({ unit: 7, table: 'holding', address: 1, values: [65535] });
    await bus.write({ unit: 7, table: 'holding', address: 2, values: [1, 2] });
    expect(await words('coil', 0)).toEqual([0, 1, 1, 0, 1]);
    expect(await words('holding', 0)).toEqual([0, 65535, 1, 2, 4]);
  } finally {
    await bus.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

/** ServerTCP takes port 0 for 502, so a free one is found first. */
async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
