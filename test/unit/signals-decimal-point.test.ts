import { describe, expect, test } from 'vitest';
import { DeviceReader } from '../../agent/signals/device-reader.ts';
import { profileSchema } from '../../config/profile.ts';
import { servedDevice } from './signals-support.ts';

const title = { ko: '값', en: 'value' };

/** A controller: `value` in a block of its own or beside its decimal point. */
function controller(point: Record<string, unknown>, value: Record<string, unknown> = {}) {
  return profileSchema.parse({
    id: 'test-controller',
    version: 1,
    title,
    facts: { source: 'test' },
    modbus: { maxGapWords: 0 },
    signals: {
      value: {
        title,
        at: 'input 1000',
        type: 'int16',
        decimalPoint: 'point',
        range: [-100, 1000],
        invalid: [31_000],
        poll: 'slow',
        ...value,
      },
      point: { title, at: 'input 1001', range: [0, 9], poll: 'slow', ...point },
    },
    testVectors: [{ at: 'input 1000', words: [1], expect: {} }],
  });
}

describe('the decimal point of a controller', () => {
  test.each([
    ['beside the value', {}, 1001],
    ['in a block of its own', { at: 'input 1500' }, 1500],
    ['in another table', { at: 'holding 7' }, 7],
  ])('%s is that of the same poll', async (_, point, address) => {
    const { device, bus } = await servedDevice();
    const table = address === 7 ? 'holding' : 'input';
    const reader = new DeviceReader({ bus, unit: 1, profile: controller(point), prefix: 'tc.' });
    const [group] = reader.slow;
    const read = async (raw: number, places: number) => {
      device.set('input', 1000, [raw & 0xffff]);
      device.set(table, address, [places]);
      return (await group?.read('slow'))?.['tc.value'];
    };
    expect(reader.slow).toHaveLength(1);
    expect(await read(1803, 1)).toMatchObject({ value: 180.3, quality: 'good' });
    expect(await read(1803, 2)).toMatchObject({ value: 18.03, quality: 'good' });
    expect(await read(-50, 0)).toMatchObject({ value: -50, quality: 'good' });
    // The sentinel is one whatever the decimals, and whatever the range makes of them.
    expect(await read(31_000, 2)).toMatchObject({ value: null, note: 'sentinel 31000' });
    expect(await read(1803, 0)).toMatchObject({ value: null, note: '1803 above 1000' });
    expect(await read(1803, 7)).toMatchObject({
      value: null,
      quality: 'invalid',
      note: 'decimal point tc.point is 7, not 0 to 6',
    });
    expect(await read(1803, 12)).toMatchObject({
      value: null,
      quality: 'invalid',
      note: 'decimal point tc.point: 12 above 9',
    });
  });

  test('at a pace of its own is the latest known', async () => {
    const { device, bus } = await servedDevice();
    const profile = controller({ at: 'input 1500', everyMs: 60_000 });
    const reader = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
    const [fast, slow] = reader.slow;
    const read = async () => (await fast?.read('slow'))?.value;
    device.set('input', 1000, [1803]);
    device.set('input', 1500, [1]);
    expect(await read()).toMatchObject({
      value: null,
      quality: 'missing',
      note: 'decimal point point: not read yet',
    });
    await slow?.read('slow');
    expect(await read()).toMatchObject({ value: 180.3 });
    device.set('input', 1500, [2]);
    await slow?.read('slow');
    expect(await read()).toMatchObject({ value: 18.03 });
    // The device no longer has it: what was known before holds no longer either.
    device.remove('input', 1500);
    await slow?.read('slow');
    expect(await read()).toMatchObject({ value: null, quality: 'missing' });
  });

  test('that is too old makes the value stale', async () => {
    const { device, bus } = await servedDevice();
    const profile = controller({ at: 'input 1500', everyMs: 60_000, staleAfterMs: 1 });
    const reader = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
    const [fast, slow] = reader.slow;
    device.set('input', 1000, [1803]);
    device.set('input', 1500, [1]);
    await slow?.read('slow');
    const read = async () => (await fast?.read('slow'))?.value;
    await expect.poll(read).toMatchObject({ value: null, quality: 'stale' });
  });

  test('serves a value of the snapshot', async () => {
    const { device, bus } = await servedDevice();
    const profile = controller({ at: 'input 1500' }, { poll: 'shot', scale: 0.1 });
    const reader = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
    device.set('input', 1000, [3]);
    device.set('input', 1500, [1]);
    await reader.slow[0]?.read('slow');
    expect((await reader.shot?.read('shot'))?.value).toMatchObject({ value: 0.03 });
  });
});

test('a fault of the words is told as it is, with or without a decimal point', async () => {
  const { device, bus } = await servedDevice();
  const profile = controller({}, { type: 'bcd16', invalid: [] });
  const reader = new DeviceReader({ bus, unit: 1, profile, prefix: '' });
  device.set('input', 1000, [0x12ab, 1]);
  expect((await reader.slow[0]?.read('slow'))?.value).toMatchObject({
    value: null,
    quality: 'invalid',
    note: 'not-bcd',
  });
});
