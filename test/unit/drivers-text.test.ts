import { describe, expect, test } from 'vitest';
import { counterModulus, type WordOrder } from '../../drivers/decode.ts';
import { quadrantPowerFactor } from '../../drivers/power-factor.ts';
import { decodeText, encodeText } from '../../drivers/register-text.ts';
import { createScaler, unscaled } from '../../drivers/scale.ts';
import { createRandom } from '../fixtures/random.ts';

const place = { table: 'holding', address: 100 } as const;

describe('text in registers', () => {
  test.each([
    ['ABCD', [0x4c4f, 0x542d, 0x3700]],
    ['CDAB', [0x4c4f, 0x542d, 0x3700]],
    ['BADC', [0x4f4c, 0x2d54, 0x0037]],
    ['DCBA', [0x4f4c, 0x2d54, 0x0037]],
  ] as const)('LOT-7 in %s', (order, words) => {
    expect(decodeText(words, { order, length: 6 })).toEqual({ text: 'LOT-7' });
    expect(encodeText('LOT-7', { ...place, order, length: 6 })).toEqual(words);
  });

  test.each([
    ['blanks at the end', [0x4142, 0x2020], 4, { text: 'AB' }],
    ['a blank within', [0x4120, 0x4200], 4, { text: 'A B' }],
    ['blanks in front, which may mean something', [0x2041, 0x0000], 4, { text: ' A' }],
    ['nothing but NULs', [0, 0], 4, { text: '' }],
    ['an odd length: the last byte is no part of it', [0x4142, 0x43ff], 3, { text: 'ABC' }],
    ['characters after a NUL: leftovers of a longer one', [0x4100, 0x4243], 4, 'not-text'],
    ['a control character', [0x4107, 0x4200], 4, 'not-text'],
    ['Korean in CP949', [0xbabb, 0xb8ae], 4, 'not-text'],
    ['all ones', [0xffff, 0xffff], 4, 'not-text'],
    ['too few words', [0x4142], 4, 'words-missing'],
    ['no length', [0x4142], undefined, 'words-missing'],
  ] as const)('%s', (_, words, length, expected) => {
    expect(decodeText(words, { order: 'ABCD', length })).toEqual(expected);
  });

  test('what was written is read, anywhere in a block', () => {
    const random = createRandom(20_261_201);
    const orders: readonly WordOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA'];
    for (let i = 0; i < 400; i++) {
      const length = 1 + Math.floor(random() * 20);
      const codes = Array.from({ length }, () => 33 + Math.floor(random() * 94));
      const text = String.fromCharCode(...codes);
      const spec = { ...place, order: orders[i % 4] ?? 'ABCD', length };
      const block = [0xdead, ...encodeText(text, spec), 0xbeef];
      expect(decodeText(block, spec, 1)).toEqual({ text });
    }
  });

  test.each(['LOT-78', '금형', 'A\n'])('%j does not fit into five characters', (text) => {
    expect(() => encodeText(text, { ...place, order: 'ABCD', length: 5 })).toThrowError(
      expect.objectContaining({ code: 'out-of-range', subject: 'holding 100' }),
    );
  });
});

describe('a power factor coded over four quadrants', () => {
  // Schneider, iEM3000 series user manual, "PF register format".
  test.each([
    [0.9, 0.9],
    [1, 1],
    [-0.9, -0.9],
    [-1, -1],
    [1.25, 0.75],
    [2, 0],
    [-1.25, -0.75],
    [-2, 0],
    [0, 0],
  ])('%d is %d', (coded, value) => {
    expect(quadrantPowerFactor(coded)).toBeCloseTo(value, 12);
  });

  test.each([2.001, -2.001, 1e9])('%d is none', (coded) => {
    expect(quadrantPowerFactor(coded)).toBeNull();
  });
});

describe('a decimal point on top of the scale', () => {
  test.each([
    [1234, 1, 0, 0, 1234],
    [1234, 1, 0, 1, 123.4],
    [3, 0.1, 0, 1, 0.03],
    [-7, 1, 0, 3, -0.007],
    [655, 0.1, -40, 1, -33.45],
    [1, 1, 0, 6, 0.000001],
  ])('%d × %d + %d with %d decimals is exactly %d', (raw, scale, offset, decimals, value) => {
    expect(createScaler({ scale, offset }, decimals)(raw)).toBe(value);
    expect(unscaled(value, { scale, offset, type: 'int16' }, decimals)).toBe(raw);
  });

  test('gives the decimal a person would write, for every raw word', () => {
    for (const decimals of [1, 2, 3, 4, 5, 6]) {
      const toUnit = createScaler({ scale: 1, offset: 0 }, decimals);
      for (let raw = -0x8000; raw <= 0x7fff; raw += 13)
        expect(toUnit(raw)).toBe(Number(`${raw}e-${decimals}`));
    }
  });
});

test('a counter wraps where its type ends', () => {
  expect(counterModulus('uint16')).toBe(65_536);
  expect(counterModulus('uint32')).toBe(2 ** 32);
  expect(counterModulus('bcd16')).toBe(10_000);
  expect(counterModulus('bcd32')).toBe(100_000_000);
  expect(counterModulus('float32')).toBeGreaterThan(2 ** 51);
});
