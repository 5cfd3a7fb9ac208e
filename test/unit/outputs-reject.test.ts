import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { RejectSignal, rejectRegister } from '../../agent/outputs/reject-signal.ts';
import { type Plant, type PlantWrite, startPlant } from '../../agent/simulator/plant.ts';
import { PpuriError } from '../../config/errors.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { rejectSchema } from '../../config/schema.ts';
import type { Bus } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const unit = 1;

async function machine(given: object, writable = true) {
  const config = rejectSchema.parse(given);
  const profile = loadProfile('die-casting-cold-chamber');
  const plant = await startPlant({ machines: [{ id: 'dc', profile, unit, seed: 1, speed: 1 }] });
  closing.push(() => plant.stop());
  const address = {
    type: 'modbus-tcp',
    host: '127.0.0.1',
    port: plant.port,
    timeoutMs: 300,
  } as const;
  const bus = createBus(
    'press',
    address,
    writable ? { writable: [rejectRegister(unit, config)] } : {},
  );
  closing.push(() => bus.close());
  const failures: string[] = [];
  const rested: string[] = [];
  const signal = new RejectSignal(
    { bus, unit, config },
    {
      failed: (error, what) => void failures.push(`${what} ${error.code}`),
      rested: (where) => void rested.push(where),
    },
  );
  closing.push(() => signal.close());
  return { plant, bus, signal, failures, rested };
}

const nextWrite = async (plant: Plant): Promise<PlantWrite> => {
  const [write] = await once(plant, 'write');
  return write;
};

test('a pulse sets the coil and clears it, and says when the machine confirmed', async () => {
  const { plant, signal } = await machine({ coil: 5, pulseMs: 30 });
  const set = nextWrite(plant);
  const confirmed = await signal.pulse();
  expect(confirmed?.monoMs).toBeLessThanOrEqual(performance.now());
  expect(await set).toMatchObject({ unit, table: 'coil', address: 5, values: [1] });
  expect(await nextWrite(plant)).toMatchObject({ address: 5, values: [0] });
  expect(signal.stats()).toEqual({ pulses: 1, failed: 0 });
});

test('a second defect during the pulse extends it: one clearing write at the end', async () => {
  const { plant, signal } = await machine({ coil: 5, pulseMs: 60 });
  const writes: number[] = [];
  plant.on('write', ({ values }) => void writes.push(values[0] ?? -1));
  await signal.pulse();
  await signal.pulse();
  while (writes.length < 3) await once(plant, 'write');
  expect(writes).toEqual([1, 1, 0]);
});

test('a register gets its value and 0 afterwards; pulse 0 leaves it for the PLC', async () => {
  const { plant, signal } = await machine({ register: 60, value: 7, pulseMs: 0 });
  const set = nextWrite(plant);
  await signal.pulse();
  expect(await set).toMatchObject({ table: 'holding', address: 60, values: [7] });
  const writes: PlantWrite[] = [];
  plant.on('write', (write) => void writes.push(write));
  await signal.close();
  expect(writes).toEqual([]);
});

test('stopping in the middle of a pulse leaves no part diverted', async () => {
  const { plant, signal } = await machine({ coil: 5, pulseMs: 60_000 });
  await signal.pulse();
  const cleared = nextWrite(plant);
  await signal.close();
  expect(await cleared).toMatchObject({ address: 5, values: [0] });
});

test('a machine that is gone costs the pulse, and it is told', async () => {
  const { plant, signal, failures } = await machine({ coil: 5, pulseMs: 60_000 });
  await plant.stop();
  expect(await signal.pulse()).toBeNull();
  expect(failures).toEqual([expect.stringMatching(/^set bus-/)]);
});

test('what a killed run left set is put to rest once, and a pulse after it is whole', async () => {
  const { plant, signal, rested } = await machine({ coil: 5, pulseMs: 30 });
  const writes: number[] = [];
  plant.on('write', ({ values }) => void writes.push(values[0] ?? -1));
  signal.rest();
  await signal.pulse();
  while (writes.length < 3) await once(plant, 'write');
  signal.rest();
  await signal.close();
  expect(writes).toEqual([0, 1, 0]);
  expect(rested).toEqual(['coil 5 of unit 1']);
});

test('a signal that the PLC clears is never put to rest', async () => {
  const { plant, signal, rested } = await machine({ coil: 5, pulseMs: 0 });
  const writes: PlantWrite[] = [];
  plant.on('write', (write) => void writes.push(write));
  signal.rest();
  await signal.pulse();
  await signal.close();
  expect(writes.map(({ values }) => values)).toEqual([[1]]);
  expect(rested).toEqual([]);
});

test('a machine that is gone when the signal is put to rest: told once, and closing does not wait', async () => {
  const { plant, signal, failures, rested } = await machine({ coil: 5, pulseMs: 30 });
  await plant.stop();
  signal.rest();
  await signal.close();
  expect(failures).toEqual([expect.stringMatching(/^rest bus-/)]);
  expect(rested).toEqual([]);
});

test('a bus that was not given the register refuses to write it', async () => {
  const { bus, signal, failures } = await machine({ coil: 5 }, false);
  expect(await signal.pulse()).toBeNull();
  expect(failures).toEqual(['set write-refused']);
  const other = bus.write({ unit, table: 'coil', address: 6, values: [1] } satisfies Parameters<
    Bus['write']
  >[0]);
  await expect(other).rejects.toBeInstanceOf(PpuriError);
});
