import { describe, expect, test } from 'vitest';
import { DeviceReader } from '../../agent/signals/device-reader.ts';
import { profileSchema } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { servedDevice } from './signals-support.ts';

const title = { ko: '값', en: 'value' };

/** A device that says in `state` whether its value counts. */
function device(
  state: Record<string, unknown>,
  requires: Record<string, unknown>,
  value: Record<string, unknown> = {},
) {
  return profileSchema.parse({
    id: 'test-device',
    version: 1,
    title,
    facts: { source: 'test' },
    modbus: { maxGapWords: 0 },
    signals: {
      value: {
        title,
        at: 'input 1000',
        type: 'int16',
        requires: { signal: 'state', ...requires },
        poll: 'slow',
        ...value,
      },
      state: { title, at: 'input 1001', type: 'int16', poll: 'slow', ...state },
    },
    testVectors: [{ at: 'input 1000', words: [1], expect: {} }],
  });
}

describe('a value that needs the device to vouch for it', () => {
  test.each([
    ['beside it', 1001],
    ['in a block of its own', 1500],
  ])('counts by the state of the same poll, %s', async (_, address) => {
    const { device: served, bus } = await servedDevice();
    const profile = device({ at: `input ${address}`, invalid: [-1] }, { equals: 0 });
    const reader = new DeviceReader({ bus, unit: 1, profile, prefix: 'tc.' });
    const read = async (state: number) => {
      served.set('input', 1000, [320]);
      served.set('input', address, [state & 0xffff]);
      return (await reader.slow[0]?.read('slow'))?.['tc.value'];
    };
    expect(await read(0)).toMatchObject({ value: 320, quality: 'good' });
    expect(await read(1)).toEqual({
      value: null,
      quality: 'invalid',
      at: expect.anything(),
      note: 'tc.state is 1, not 0',
    });
    expect(await read(-1)).toMatchObject({
      value: null,
      quality: 'invalid',
      note: 'tc.state is invalid',
    });
    expect(await read(0)).toMatchObject({ value: 320, quality: 'good' });
  });

  test('counts while the state is anything but the bad one', async () => {
    const { device: served, bus } = await servedDevice();
    const profile = device({}, { notEquals: 3 });
    const reader = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
    const read = async (state: number) => {
      served.set('input', 1000, [320, state]);
      return (await reader.slow[0]?.read('slow'))?.value;
    };
    expect(await read(2)).toMatchObject({ value: 320 });
    expect(await read(3)).toMatchObject({ value: null, quality: 'invalid', note: 'state is 3' });
  });

  test('is missing while the state is not known', async () => {
    const { device: served, bus } = await servedDevice();
    const profile = device({ at: 'input 1500', everyMs: 60_000 }, { equals: 0 });
    const reader = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
    const [fast, slow] = reader.slow;
    const read = async () => (await fast?.read('slow'))?.value;
    served.set('input', 1000, [320]);
    served.set('input', 1500, [0]);
    expect(await read()).toMatchObject({
      value: null,
      quality: 'missing',
      note: 'state is not known: not read yet',
    });
    await slow?.read('slow');
    expect(await read()).toMatchObject({ value: 320 });
    // What it said before holds no longer once it refuses to say it.
    served.remove('input', 1500);
    await slow?.read('slow');
    expect(await read()).toMatchObject({ value: null, quality: 'missing' });
  });

  test('is missing when the state is too old', async () => {
    const { device: served, bus } = await servedDevice();
    const profile = device(
      { at: 'input 1500', everyMs: 60_000, staleAfterMs: 1 },
      { equals: 0 },
      { poll: 'shot' },
    );
    const reader = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
    served.set('input', 1000, [320]);
    served.set('input', 1500, [0]);
    await reader.slow[0]?.read('slow');
    const read = async () => (await reader.shot?.read('shot'))?.value;
    await expect.poll(read).toMatchObject({
      value: null,
      quality: 'missing',
      note: expect.stringMatching(/^state is not known: \d+ ms old$/),
    });
  });

  test('may be a text, and may have a decimal point besides', async () => {
    const { device: served, bus } = await servedDevice();
    const lot = device({}, { equals: 0 }, { type: 'text', at: 'input 900', length: 4 });
    const text = new DeviceReader({ bus, unit: 1, profile: lot, prefix: '' });
    const pointed = device({}, { equals: 0 });
    const point = { title, at: 'input 1002', poll: 'slow' };
    const profile = profileSchema.parse({
      ...pointed,
      signals: {
        ...pointed.signals,
        value: { ...pointed.signals.value, decimalPoint: 'p' },
        p: point,
      },
    });
    const number = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
    served.set('input', 900, [0x4c4f, 0x5437]);
    const read = async (state: number) => {
      served.set('input', 1000, [320, state, 1]);
      const both = [text, number].map(async ({ slow }) => (await slow[0]?.read('slow'))?.value);
      return Promise.all(both);
    };
    expect(await read(0)).toMatchObject([{ text: 'LOT7' }, { value: 32 }]);
    expect(await read(1)).toMatchObject([{ quality: 'invalid' }, { quality: 'invalid' }]);
  });
});

test('an Omron E5CC with its input error has no process value, and keeps its set point', async () => {
  const { device: served, bus } = await servedDevice();
  const profile = loadProfile('omron-e5cc');
  const reader = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
  served.set('holding', 0x2000, [3200, 0, 2400, 0, 0]);
  served.set('holding', 0x2103, [2400]);
  const read = async (status: number) => {
    served.set('holding', 0x2406, [status, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    return reader.slow[0]?.read('slow');
  };
  expect(await read(0x1000)).toMatchObject({ processValue: { value: 320, quality: 'good' } });
  expect(await read(0x1040)).toMatchObject({
    processValue: { value: null, quality: 'invalid', note: 'inputError is 1, not 0' },
    setPoint: { value: 240, quality: 'good' },
  });
});

test('an Accura module without valid data has no power, and its neighbours keep theirs', async () => {
  const { device: served, bus } = await servedDevice();
  const profile = loadProfile('accura-2300-2350');
  const reader = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
  served.set(
    'holding',
    11_000,
    Array.from({ length: 900 }, () => 0),
  );
  for (const address of [11_122, 11_266, 11_416]) served.set('holding', address, [0x4242, 0]);
  const read = async (states: readonly number[]) => {
    served.set('holding', 11_044, states);
    return reader.slow[0]?.read('slow');
  };
  expect(await read([0, 0, 1, 0, 0])).toMatchObject({
    voltageAverage: { value: 48.5, quality: 'good' },
    module1ActivePower: { value: 48.5, quality: 'good' },
    module2ActivePower: { value: 48.5, quality: 'good' },
  });
  expect(await read([0xffff, 0xffff, 1, 0, 0])).toMatchObject({
    voltageAverage: { value: null, quality: 'invalid' },
    module1ActivePower: { value: null, quality: 'invalid', note: 'module1State is invalid' },
    module2ActivePower: { value: 48.5, quality: 'good' },
  });
});
