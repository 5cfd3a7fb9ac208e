import { expect, it, onTestFinished } from 'vitest';
import { MachineSignals } from '../../agent/signals/machine-signals.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { createBus } from '../../drivers/registry.ts';
import { LineDevice } from '../fixtures/line-device.ts';
import { plantFor } from './simulator-support.ts';

const profile = loadProfile('die-casting-cold-chamber');

async function instrument(id: string) {
  const device = new LineDevice();
  await device.start();
  onTestFinished(() => device.stop());
  const place = { type: 'serial-line-tcp', host: '127.0.0.1', port: device.port } as const;
  const bus = createBus(id, { ...place, timeoutMs: 200 });
  onTestFinished(() => bus.close());
  return { device, source: { name: id, bus, unit: 1, profile: loadProfile(id) } };
}

async function press() {
  const machine = { id: 'dc', profile, unit: 1, seed: 1, speed: 1 };
  const { host, port } = await plantFor({ machines: [machine] });
  const bus = createBus('press', { type: 'modbus-tcp', host, port, timeoutMs: 1000 });
  onTestFinished(() => bus.close());
  return { name: 'plc', bus, unit: 1, profile };
}

it('a shot carries the weight on the scale and the lot that was scanned before it', async () => {
  const [main, scale, scanner] = [
    await press(),
    await instrument('cas-scale'),
    await instrument('barcode-scanner'),
  ];
  const signals = new MachineSignals(main, [scale.source, scanner.source]);
  signals.start();
  onTestFinished(() => signals.stop());
  await Promise.all([scale.device.opened(), scanner.device.opened()]);
  const speaking = setInterval(() => {
    scale.device.say('ST,GS,+ 12.400kg\r\n');
    scanner.device.say('LOT-24-0017\r');
  }, 10);
  onTestFinished(() => clearInterval(speaking));
  const shot = async () =>
    signals.completeReadings(await signals.readSnapshot(), performance.now());
  let readings = await shot();
  while (readings['barcode-scanner.lot']?.text === undefined) readings = await shot();
  while (readings['cas-scale.weight']?.value === null) readings = await shot();
  expect(readings['cas-scale.weight']).toMatchObject({ value: 12.4, quality: 'good' });
  expect(readings['barcode-scanner.lot']).toMatchObject({ text: 'LOT-24-0017', quality: 'good' });
  expect(readings.biscuitThickness?.quality).toBe('good');
});

it('an instrument that is not there costs its own signals, not the shot', async () => {
  const [main, scale, balance] = [
    await press(),
    await instrument('cas-scale'),
    await instrument('and-scale'),
  ];
  await Promise.all([scale.device.stop(), balance.device.stop()]);
  const asked = structuredClone(balance.source.profile.signals);
  const shots = Object.entries(asked).map(([name, spec]) => [name, { ...spec, poll: 'shot' }]);
  const atShot = { ...balance.source.profile, signals: Object.fromEntries(shots) };
  const signals = new MachineSignals(main, [scale.source, { ...balance.source, profile: atShot }]);
  signals.start();
  onTestFinished(() => signals.stop());
  const snapshot = await signals.readSnapshot();
  const readings = await signals.completeReadings(snapshot, performance.now());
  expect(readings['cas-scale.weight']).toMatchObject({ value: null, quality: 'missing' });
  expect(readings['and-scale.weight']).toMatchObject({ value: null, quality: 'missing' });
  expect(readings.biscuitThickness?.quality).toBe('good');
});

it('an instrument on a line is refused as the machine itself', async () => {
  const { source } = await instrument('cas-scale');
  expect(() => new MachineSignals({ ...source, name: 'plc' }, [])).toThrow('cannot be the machine');
});
