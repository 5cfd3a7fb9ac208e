/** How a meter's register counts: by its type, its profile and the configuration. */
import { expect, test } from 'vitest';
import { registerOf } from '../../agent/energy-watch.ts';
import { energySchema } from '../../config/energy-schema.ts';
import { signalSchema } from '../../config/profile.ts';

const title = { ko: '전력량', en: 'energy' };

function register(signal: object, energy: object = {}) {
  const spec = signalSchema.parse({ title, at: 'holding 0', unit: 'kWh', ...signal });
  return registerOf(energySchema.parse({ signal: 'meter.importEnergy', ...energy }), spec, 1);
}

test.each([
  ['16 bits of pulses', { type: 'uint16', unit: '' }, { kwhPerPulse: 0.1 }, 65_536, 0.1],
  ['32 bits of Wh', { type: 'uint32', unit: 'Wh' }, {}, 2 ** 32, 0.001],
  ['eight decimal digits of 0.01 kWh', { type: 'bcd32', scale: 0.01 }, {}, 1_000_000, 1],
  ['MWh', { type: 'uint32', unit: 'MWh', scale: 0.1 }, {}, 2 ** 32 * 0.1, 1000],
  ['a profile that says where', { type: 'float32', rollsOverAt: 1e6 }, {}, 1e6, 1],
  ['a configuration that says otherwise', { rollsOverAt: 1e6 }, { rollsOverAt: 1e7 }, 1e7, 1],
  ['a float, which is not known to roll over', { type: 'float32' }, {}, null, 1],
])('%s', (_, signal, energy, rollsOverAt, kwhPerUnit) => {
  const options = register(signal, energy);
  expect(options.rollsOverAt).toBe(rollsOverAt);
  expect(options.kwhPerUnit).toBeCloseTo(kwhPerUnit, 12);
});

test('a float shows finer steps while it is small, and none finer than its meter has', () => {
  const float = register({ type: 'float32' });
  expect(float.stepAt(50_000)).toBe(2 ** -8);
  expect(float.stepAt(1000)).toBe(2 ** -14);
  expect(Math.fround(50_000 + 2 ** -8)).toBe(50_000 + 2 ** -8);
  expect(Math.fround(50_000 + 2 ** -10)).toBe(50_000);
  expect(register({ type: 'float32' }, { resolutionKwh: 0.01 }).stepAt(1000)).toBe(0.01);
  expect(register({ type: 'uint32', scale: 0.1 }).stepAt(5)).toBe(0.1);
});
