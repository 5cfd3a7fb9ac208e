import { expect, test } from 'vitest';
import type { Quality, Reading } from '../../agent/records.ts';
import { packReadings, unpackReadings } from '../../agent/store/compact.ts';
import { seeded } from './store-support.ts';

const qualities: readonly Quality[] = ['good', 'stale', 'invalid', 'missing'];

test('any readings come back as they were, a bad value as null', () => {
  const random = seeded(20261122);
  const pick = <T>(items: readonly T[]): T | undefined =>
    items[Math.floor(random() * items.length)];
  for (let round = 0; round < 500; round += 1) {
    const readings: Record<string, Reading> = {};
    for (let n = Math.floor(random() * 40); n > 0; n -= 1) {
      const quality = pick(qualities) ?? 'good';
      const ms = Math.floor(random() * 4000) / 1000;
      const texts = quality === 'good' && random() < 0.2 ? ['LOT-7', '12.5', 'null'] : [];
      const text = pick(texts);
      const isNumber = quality === 'good' && text === undefined;
      const reading: Reading = {
        value: isNumber ? (random() - 0.5) * 10 ** (random() * 12 - 6) : null,
        ...(text === undefined ? {} : { text }),
        quality,
        at: { monoMs: ms, wallMs: 1_790_000_000_000 + Math.floor(ms) },
      };
      const noted = random() < 0.2 ? { ...reading, note: 'sentinel 1449' } : reading;
      readings[pick(['a', 'b', 'toString', '__proto__2', '금형']) + String(n)] = noted;
    }
    expect(unpackReadings(packReadings(readings))).toEqual(readings);
  }
});

test('names that objects have of their own are names like any other', () => {
  const reading: Reading = { value: 1, quality: 'good', at: { monoMs: 1, wallMs: 2 } };
  const readings = Object.fromEntries([
    ['constructor', reading],
    ['toString', reading],
  ]);
  expect(unpackReadings(packReadings(readings))).toEqual(readings);
});
