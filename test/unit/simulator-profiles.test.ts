import { describe, expect, it, onTestFinished } from 'vitest';
import { plantOptionsOf } from '../../agent/cli/simulate-options.ts';
import type { Reading } from '../../agent/records.ts';
import { DeviceReader } from '../../agent/signals/device-reader.ts';
import { listProfiles, loadProfile } from '../../config/profile-load.ts';
import { createBus } from '../../drivers/registry.ts';
import { plantFor } from './simulator-support.ts';

const simulate = {
  ...{ host: '127.0.0.1', port: 0, unit: 3, seed: 1, speed: 1, machines: 1, shots: 1 },
  ...{ scenario: 'steady', hold: true },
};
const registers = listProfiles()
  .map((id) => loadProfile(id))
  .filter(({ signals }) => Object.values(signals).every(({ at }) => !at.startsWith('line ')));

/** What the agent reads of `ppuri simulate <profile>`, all polls together. */
async function readAll(id: string): Promise<Record<string, Reading>> {
  const profile = loadProfile(id);
  const plant = await plantFor(plantOptionsOf(profile, simulate));
  const place = {
    type: 'modbus-tcp',
    host: plant.host,
    port: plant.port,
    timeoutMs: 1000,
  } as const;
  const bus = createBus('test', place);
  onTestFinished(() => bus.close());
  const reader = new DeviceReader({ bus, unit: 3, profile, prefix: '' });
  const { cycle } = profile;
  if (cycle !== undefined && 'signal' in cycle.trigger)
    expect((await reader.triggerOf(cycle.trigger.signal)()).raw).not.toBeNull();
  const readings = {};
  for (const group of reader.slow) Object.assign(readings, await group.read('slow'));
  if (reader.shot !== null) Object.assign(readings, await reader.shot.read('shot'));
  return readings;
}

describe.each(registers)('ppuri simulate $id', ({ id, signals }) => {
  it('gives every signal a good value within its range', async () => {
    const readings = await readAll(id);
    const read = Object.keys(signals).filter((name) => signals[name]?.poll !== 'trigger');
    expect(Object.keys(readings).sort()).toEqual(read.sort());
    const bad = Object.entries(readings).filter(([name, { quality }]) => {
      return quality !== 'good' && signals[name]?.presence === 'required';
    });
    expect(bad).toEqual([]);
  });
});

it('a controller shows its temperature with its own decimal point', async () => {
  const { processValue, decimalPlaces } = await readAll('autonics-tk');
  expect(decimalPlaces?.value).toBe(1);
  expect(processValue?.value).toBeGreaterThan(170);
  expect(processValue?.value).toBeLessThan(190);
});

it('a PLC shows a lot number and a meter its power factor', async () => {
  expect((await readAll('ls-xgb')).lotNumber).toMatchObject({ text: 'LOT-2026-011', value: null });
  const { powerFactor, activePower, apparentPower } = await readAll('schneider-pm5100');
  const ratio = (activePower?.value ?? 0) / (apparentPower?.value ?? 1);
  expect(powerFactor?.value).toBeCloseTo(ratio, 1);
});

it.each(['tcp', 'rtu'] as const)(
  'a meter over %s has its own registers and no others',
  async (over) => {
    const profile = loadProfile('eastron-sdm630');
    const rtu = over === 'rtu' ? { rtuTcp: true as const } : {};
    const { host, port } = await plantFor(plantOptionsOf(profile, { ...simulate, ...rtu }));
    const place = { host, port, timeoutMs: 1000 };
    const bus =
      over === 'rtu'
        ? createBus('test', { type: 'modbus-rtu-tcp', echo: 'none', ...place })
        : createBus('test', { type: 'modbus-tcp', ...place });
    onTestFinished(() => bus.close());
    if (bus.kind !== 'registers') throw new Error('not a bus of registers');
    const ask = (table: 'holding' | 'input' | 'coil', address: number) =>
      bus.read({ unit: 3, table, address, count: 2, priority: 'slow' });
    const refusal = { code: 'modbus-exception', message: expect.stringContaining('exception 2') };
    expect((await ask('input', 0x156)).words).toHaveLength(2);
    await expect(ask('input', 0x157)).rejects.toMatchObject(refusal);
    await expect(ask('holding', 0)).rejects.toMatchObject(refusal);
    await expect(ask('coil', 0)).rejects.toMatchObject(refusal);
  },
);
