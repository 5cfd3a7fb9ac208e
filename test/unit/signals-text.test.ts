import { expect, test } from 'vitest';
import { CycleTracker } from '../../agent/cycles/tracker.ts';
import { MachineSignals } from '../../agent/signals/machine-signals.ts';
import { unpackReadings } from '../../agent/store/compact.ts';
import { type Profile, profileSchema } from '../../config/profile.ts';
import { encodeText } from '../../drivers/register-text.ts';
import { servedDevice } from './signals-support.ts';
import { at, makeVerdict, startKeeper, temporaryDirectory } from './store-support.ts';

const title = { ko: '값', en: 'value' };
const text = (address: number) => ({ title, at: `holding ${address}`, type: 'text', length: 10 });

function press(more: Record<string, unknown> = {}): Profile {
  return profileSchema.parse({
    id: 'test-press',
    version: 1,
    title,
    facts: { source: 'test' },
    signals: {
      shotCount: { title, at: 'holding 0', poll: 'trigger' },
      pressure: { title, at: 'holding 1' },
      lotNumber: text(2),
      toolName: text(10),
    },
    cycle: { trigger: { on: 'change', signal: 'shotCount' }, mold: 'toolName' },
    features: { pressure: { from: 'pressure' } },
    testVectors: [{ at: 'holding 0', words: [1], expect: {} }],
    ...more,
  });
}

async function machine(profile: Profile) {
  const { device, bus } = await servedDevice();
  device.set(
    'holding',
    0,
    Array.from({ length: 20 }, () => 0),
  );
  const write = (address: number, words: string) =>
    device.set(
      'holding',
      address,
      encodeText(words, { table: 'holding', address, order: 'ABCD', length: 10 }),
    );
  const signals = new MachineSignals({ name: 'plc', bus, unit: 1, profile }, []);
  const tracker = new CycleTracker({
    machine: 'press-1',
    profile,
    samplesBetween: () => [],
    clock: () => 0,
  });
  const shoot = async (shot: number) => {
    const snapshot = await signals.readSnapshot();
    const readings = await signals.completeReadings(snapshot, performance.now());
    return tracker.complete({ shot, readings, at: at(shot), triggerMonoMs: shot });
  };
  return { device, write, shoot };
}

test('the lot number of a shot is in the store with it, and is read back as a text', async () => {
  const { device, write, shoot } = await machine(press());
  const { keeper } = startKeeper(temporaryDirectory());
  device.set('holding', 1, [905]);
  write(2, '12345');
  write(10, 'A-12');
  keeper.keep({ kind: 'cycle', cycle: await shoot(1), verdict: makeVerdict() }, at(1));
  write(2, '');
  keeper.keep({ kind: 'cycle', cycle: await shoot(2), verdict: makeVerdict() }, at(2));
  device.set('holding', 2, [0x4c4f, 0xbabb]);
  keeper.keep({ kind: 'cycle', cycle: await shoot(3), verdict: makeVerdict() }, at(3));
  await keeper.flush();

  const { rows } = await keeper.query('cycles', { detail: 'features', order: 'oldest' });
  expect(rows.map(({ readings }) => readings?.lotNumber)).toMatchObject([
    // Digits only, and yet no number.
    { value: null, text: '12345', quality: 'good' },
    { value: null, quality: 'missing', note: 'empty text' },
    { value: null, quality: 'invalid', note: 'not-text' },
  ]);
  expect(rows[0]).toMatchObject({
    mold: 'A-12',
    readings: { pressure: { value: 905, quality: 'good' } },
    features: { pressure: { value: 905 } },
  });
  expect(rows[1]?.readings?.lotNumber).not.toHaveProperty('text');
  const byMold = await keeper.query('cycles', { mold: 'A-12' });
  expect(byMold.rows).toHaveLength(3);
});

test('a feature made of a text, which no checked profile has, is not good and no number', async () => {
  const take = (how: string, over: unknown) => ({ from: 'lotNumber', take: how, over });
  const { write, shoot } = await machine(
    press({
      features: {
        plain: take('last', 'cycle'),
        mean: take('mean', 'cycle'),
        slope: take('slope', { cycles: 2 }),
      },
    }),
  );
  write(2, 'LOT-7');
  await shoot(1);
  const { features, readings } = await shoot(2);
  expect(readings.lotNumber).toMatchObject({ text: 'LOT-7' });
  for (const name of ['plain', 'mean', 'slope']) {
    expect(features[name]).toMatchObject({ value: null, quality: 'invalid' });
    expect(features[name]).not.toHaveProperty('text');
  }
});

test('readings kept before there were texts are read as they were', () => {
  const old = '{"t":[[1,2]],"r":{"a":[12.5,0],"b":[null,0,"missing","sentinel 65535"]}}';
  expect(unpackReadings(old)).toEqual({
    a: { value: 12.5, quality: 'good', at: { monoMs: 1, wallMs: 2 } },
    b: {
      value: null,
      quality: 'missing',
      at: { monoMs: 1, wallMs: 2 },
      note: 'sentinel 65535',
    },
  });
});
