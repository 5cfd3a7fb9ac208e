/** All outputs of one configuration, on real buses. */
import { expect, onTestFinished, test } from 'vitest';
import { createOutputs, writableRegisters } from '../../agent/outputs/output-set.ts';
import { outputsSchema } from '../../config/outputs-schema.ts';
import { createBus } from '../../drivers/registry.ts';
import { CoilModule } from '../fixtures/coil-module.ts';

const outputs = outputsSchema.parse({
  light: {
    type: 'stack-light',
    bus: 'press',
    unit: 9,
    coils: { red: 2, yellow: 0, green: 1, blue: 5, heartbeat: 7 },
  },
  horn: { type: 'buzzer', bus: 'press', unit: 9, coil: 3 },
  siren: { type: 'buzzer', bus: 'cabinet', unit: 4, coil: 3 },
  office: { type: 'webhook', url: 'https://erp.plant.example/alerts' },
});

async function buses() {
  const modules = { press: new CoilModule(), cabinet: new CoilModule() };
  const opened = new Map<string, ReturnType<typeof createBus>>();
  for (const [name, module] of Object.entries(modules)) {
    await module.start();
    const address = { host: '127.0.0.1', port: module.port, timeoutMs: 500 };
    const writable = writableRegisters({ outputs }, name);
    const bus = createBus(name, { type: 'modbus-tcp', ...address }, { writable });
    opened.set(name, bus);
    onTestFinished(async () => {
      await bus.close();
      await module.stop();
    });
  }
  const busOf = (name: string) => {
    const bus = opened.get(name);
    if (bus === undefined) throw new Error(`no bus ${name}`);
    return bus;
  };
  return { modules, busOf };
}

test('what may be written is each output’s own, nothing between and nothing across outputs', () => {
  const coil = { table: 'coil' as const };
  expect(writableRegisters({ outputs }, 'press')).toEqual([
    { unit: 9, ...coil, address: 0, count: 3 },
    { unit: 9, ...coil, address: 5, count: 1 },
    { unit: 9, ...coil, address: 7, count: 1 },
    { unit: 9, ...coil, address: 3, count: 1 },
  ]);
  expect(writableRegisters({ outputs }, 'cabinet')).toEqual([
    { unit: 4, ...coil, address: 3, count: 1 },
  ]);
  expect(writableRegisters({ outputs }, 'elsewhere')).toEqual([]);
});

test('every output shows the same state, each has its status, and all go off at the end', async () => {
  const { modules, busOf } = await buses();
  const set = createOutputs({ outputs }, busOf, { tell: () => undefined });
  set.start();
  set.show({ worst: 'stop', calling: null, buzzer: 'sounding', watching: 'all' });
  await modules.press.until(() => modules.press.lit(9).join() === '2,3,7');
  await modules.cabinet.until(() => modules.cabinet.lit(4).join() === '3');
  await expect
    .poll(() => set.status().map(({ name, type, ok }) => [name, type, ok]))
    .toEqual([
      ['light', 'stack-light', true],
      ['horn', 'buzzer', true],
      ['siren', 'buzzer', true],
    ]);
  await set.close();
  expect([modules.press.lit(9), modules.cabinet.lit(4)]).toEqual([[], []]);
});

test('one device that is gone keeps no other from showing', async () => {
  const { modules, busOf } = await buses();
  await modules.cabinet.stop();
  const told: string[] = [];
  const tell = (kind: string, _: string, subject: string): void =>
    void told.push(`${kind} ${subject}`);
  const set = createOutputs({ outputs }, busOf, { tell });
  set.start();
  set.show({ worst: null, calling: null, buzzer: 'off', watching: 'all' });
  await modules.press.until(() => modules.press.lit(9).join() === '1,7');
  await expect.poll(() => told).toEqual(['output-failed siren']);
  expect(set.status().map(({ ok }) => ok)).toEqual([true, true, false]);
  await set.close();
  expect(told).toEqual(['output-failed siren', 'output-left-on siren']);
  expect(modules.press.lit(9)).toEqual([]);
});

test('a bus of text is refused before anything is opened', () => {
  const scale = createBus('scale', {
    type: 'serial-line-tcp',
    host: '127.0.0.1',
    port: 9,
    timeoutMs: 500,
  });
  onTestFinished(() => scale.close());
  expect(() => createOutputs({ outputs }, () => scale, { tell: () => undefined })).toThrow(
    expect.objectContaining({ code: 'config-invalid' }),
  );
});
