import { describe, expect, test } from 'vitest';
import type { Reading } from '../../agent/records.ts';
import { FrozenSensors } from '../../agent/signals/frozen.ts';
import { agedReading, toReading } from '../../agent/signals/reading.ts';
import { SampleHistory } from '../../agent/signals/samples.ts';
import { signalSchema } from '../../config/profile.ts';

const at = { monoMs: 1000, wallMs: 0 };
const spec = signalSchema.parse({
  title: { ko: '금형 온도', en: 'die temperature' },
  at: 'holding 1',
  scale: 0.1,
  range: [0, 400],
  missing: [65535],
  invalid: [1449],
  frozenAfterCycles: 3,
});
const read = (raw: number | string) => toReading(raw, spec, (value) => value / 10, at);
const good = (value: number, monoMs = 0): Reading => ({
  value,
  quality: 'good',
  at: { monoMs, wallMs: 0 },
});

describe('a register value', () => {
  test.each([
    [2105, { value: 210.5, quality: 'good' }],
    [65535, { value: null, quality: 'missing', note: 'sentinel 65535' }],
    [1449, { value: null, quality: 'invalid', note: 'sentinel 1449' }],
    [4001, { value: null, quality: 'invalid', note: '400.1 above 400' }],
    ['not-a-number', { value: null, quality: 'invalid', note: 'not-a-number' }],
  ])('of %s is a number only when it is good', (raw, expected) => {
    expect(read(raw)).toEqual({ ...expected, at });
  });
});

test('a slow value that is too old is stale, not its last number', () => {
  const reading = good(40, 1000);
  expect(agedReading(reading, 3999, 3000)).toBe(reading);
  expect(agedReading(reading, 4001, 3000)).toMatchObject({
    value: null,
    quality: 'stale',
    note: '3001 ms old',
  });
});

test('a sensor that repeats one value is stale from the limit on, and good again when it moves', () => {
  const sensors = new FrozenSensors({ die: spec });
  const qualities = [210, 210, 210, 210, 211].map(
    (value) => sensors.check('die', good(value)).quality,
  );
  expect(qualities).toEqual(['good', 'good', 'stale', 'stale', 'good']);
});

test('samples are kept as long as a feature looks back, bad ones not at all', () => {
  const history = new SampleHistory(new Map([['oil', 2000]]));
  for (const second of [0, 1, 2, 3, 4]) history.add('oil', good(second, second * 1000));
  history.add('oil', { value: null, quality: 'invalid', at: { monoMs: 4500, wallMs: 0 } });
  history.add('other', good(1));
  expect(history.between('oil', 0, 5000).map(({ value }) => value)).toEqual([2, 3, 4]);
  expect(history.between('other', 0, 5000)).toEqual([]);
});
