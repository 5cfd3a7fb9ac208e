import { describe, expect, test } from 'vitest';
import {
  decodeRaw,
  encodeRaw,
  parseAddress,
  type RegisterType,
  type WordOrder,
  wordCount,
} from '../../drivers/decode.ts';
import { createScaler, scaled, unscaled } from '../../drivers/scale.ts';
import { createRandom } from '../fixtures/random.ts';

const orders: readonly WordOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA'];
const place = { table: 'holding', address: 0, bit: null } as const;

type NumberType = Exclude<RegisterType, 'text'>;

/** Random values of a type, edges first. */
const samples: Record<NumberType, (random: () => number) => number> = {
  bit: (random) => Math.floor(random() * 2),
  uint16: (random) => Math.floor(random() * 0x10000),
  int16: (random) => Math.floor(random() * 0x10000) - 0x8000,
  uint32: (random) => Math.floor(random() * 2 ** 32),
  int32: (random) => Math.floor(random() * 2 ** 32) - 2 ** 31,
  uint64: (random) => Math.floor(random() * 2 ** 53),
  int64: (random) => Math.floor((random() * 2 - 1) * 2 ** 53),
  float32: (random) => Math.fround((random() - 0.5) * 10 ** (random() * 60 - 30)),
  float64: (random) => (random() - 0.5) * 10 ** (random() * 400 - 200),
  bcd16: (random) => Math.floor(random() * 10_000),
  bcd32: (random) => Math.floor(random() * 100_000_000),
};
const edges: Record<NumberType, readonly number[]> = {
  bit: [0, 1],
  uint16: [0, 1, 0x7fff, 0x8000, 0xffff],
  int16: [0, -1, 0x7fff, -0x8000],
  uint32: [0, 0xffff, 0x10000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff],
  int32: [0, -1, 0x7fff_ffff, -0x8000_0000],
  uint64: [0, 2 ** 32, Number.MAX_SAFE_INTEGER],
  int64: [0, -1, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  float32: [0, 1, -1, 2 ** -149, Math.fround(3.4e38)],
  float64: [0, 1, -1, Number.MIN_VALUE, Number.MAX_VALUE],
  bcd16: [0, 9, 10, 99, 9999],
  bcd32: [0, 9999, 10_000, 90_000_009, 99_999_999],
};
const types = Object.keys(samples) as NumberType[];

describe('addresses', () => {
  test.each([
    ['holding 12', { table: 'holding', address: 12, bit: null }],
    ['input 0x34', { table: 'input', address: 0x34, bit: null }],
    ['coil 3', { table: 'coil', address: 3, bit: null }],
    ['holding 12.3', { table: 'holding', address: 12, bit: 3 }],
    ['holding 0xFFFF.15', { table: 'holding', address: 0xffff, bit: 15 }],
  ])('%s', (at, parsed) => {
    expect(parseAddress(at)).toEqual(parsed);
  });

  test.each([
    '',
    'holding',
    'holding 65536',
    'holding -1',
    'holding 1.16',
    'coil 3.1',
    'Holding 1',
  ])('refuses "%s" with what to write instead', (at) => {
    expect(() => parseAddress(at)).toThrowError(
      expect.objectContaining({
        code: 'profile-invalid',
        hint: expect.stringContaining('holding 12'),
      }),
    );
  });
});

describe('known words', () => {
  // 1.0 as float32 is 3F80 0000; the four devices differ only in how they send it.
  test.each([
    ['ABCD', [0x3f80, 0x0000]],
    ['CDAB', [0x0000, 0x3f80]],
    ['BADC', [0x803f, 0x0000]],
    ['DCBA', [0x0000, 0x803f]],
  ] as const)('float32 1.0 in %s', (order, words) => {
    expect(decodeRaw(words, { type: 'float32', order, bit: null })).toBe(1);
  });

  test.each([
    ['ABCD', [0x0001, 0x0203, 0x0405, 0x0607]],
    ['CDAB', [0x0607, 0x0405, 0x0203, 0x0001]],
    ['BADC', [0x0100, 0x0302, 0x0504, 0x0706]],
    ['DCBA', [0x0706, 0x0504, 0x0302, 0x0100]],
  ] as const)('uint64 in %s', (order, words) => {
    expect(decodeRaw(words, { type: 'uint64', order, bit: null })).toBe(0x0001020304050607);
  });

  // Every type in every order: the bytes 01 02 03 … of its value, as each device sends them.
  test.each([
    ['uint32', 0x01020304],
    ['int32', 0x01020304],
    ['bcd32', 1_020_304],
    ['float32', 2.387939260590663e-38],
  ] as const)('%s in all four orders', (type, value) => {
    const sent = {
      ABCD: [0x0102, 0x0304],
      CDAB: [0x0304, 0x0102],
      BADC: [0x0201, 0x0403],
      DCBA: [0x0403, 0x0201],
    };
    for (const order of orders)
      expect(decodeRaw(sent[order], { type, order, bit: null })).toBe(value);
  });

  test.each([
    ['int64', 0x0001020304050607],
    ['float64', 1.40159977307889e-309],
  ] as const)('%s in all four orders', (type, value) => {
    const sent = {
      ABCD: [0x0001, 0x0203, 0x0405, 0x0607],
      CDAB: [0x0607, 0x0405, 0x0203, 0x0001],
      BADC: [0x0100, 0x0302, 0x0504, 0x0706],
      DCBA: [0x0706, 0x0504, 0x0302, 0x0100],
    };
    for (const order of orders)
      expect(decodeRaw(sent[order], { type, order, bit: null })).toBe(value);
  });

  test('bcd: each four bits are one decimal digit', () => {
    for (const order of orders)
      expect(decodeRaw([0x1234], { type: 'bcd16', order, bit: null })).toBe(1234);
    expect(decodeRaw([0x0007], { type: 'bcd16', order: 'ABCD', bit: null })).toBe(7);
    expect(decodeRaw([0x0012, 0x3456], { type: 'bcd32', order: 'ABCD', bit: null })).toBe(123_456);
  });

  test('a bit of a register, and a value further into a block', () => {
    expect(decodeRaw([0b1000], { type: 'bit', order: 'ABCD', bit: 3 })).toBe(1);
    expect(decodeRaw([0b0111], { type: 'bit', order: 'ABCD', bit: 3 })).toBe(0);
    expect(decodeRaw([9, 0xffff], { type: 'int16', order: 'ABCD', bit: null }, 1)).toBe(-1);
  });

  test('single words are big-endian whatever the order of long ones', () => {
    for (const order of orders) {
      expect(decodeRaw([0x1234], { type: 'uint16', order, bit: null })).toBe(0x1234);
    }
  });
});

describe('what words cannot say is no number', () => {
  const spec = (type: RegisterType) => ({ type, order: 'ABCD', bit: null }) as const;

  test.each([
    ['float32 NaN', 'float32', [0x7fc0, 0], 'not-a-number'],
    ['float32 −∞', 'float32', [0xff80, 0], 'infinite'],
    ['float64 NaN', 'float64', [0x7ff8, 0, 0, 1], 'not-a-number'],
    ['uint64 2^53', 'uint64', [0x0020, 0, 0, 0], 'beyond-2^53'],
    ['uint64 all ones', 'uint64', [0xffff, 0xffff, 0xffff, 0xffff], 'beyond-2^53'],
    ['int64 −2^63', 'int64', [0x8000, 0, 0, 0], 'beyond-2^53'],
    ['float32 NaN of another kind', 'float32', [0xffff, 0xffff], 'not-a-number'],
    ['float64 ∞', 'float64', [0x7ff0, 0, 0, 0], 'infinite'],
    ['bcd16 with a digit A', 'bcd16', [0x12a4], 'not-bcd'],
    ['bcd16 all ones', 'bcd16', [0xffff], 'not-bcd'],
    ['bcd16 that would read as 1e3', 'bcd16', [0x01e3], 'not-bcd'],
    ['bcd32 with a digit F', 'bcd32', [0x0000, 0x000f], 'not-bcd'],
    ['half a bcd32', 'bcd32', [0x1234], 'words-missing'],
    ['a text', 'text', [0x3132], 'not-a-number'],
    ['half a float32', 'float32', [0x3f80], 'words-missing'],
    ['nothing', 'uint16', [], 'words-missing'],
  ] as const)('%s', (_, type, words, fault) => {
    expect(decodeRaw(words, spec(type))).toBe(fault);
  });

  test.each([
    ['uint16', 65536],
    ['uint16', -1],
    ['int16', 32768],
    ['uint32', 2 ** 32],
    ['int32', 1.5],
    ['uint64', 2 ** 53],
    ['float32', 1e39],
    ['float64', Number.NaN],
    ['bit', 2],
    ['bcd16', 10_000],
    ['bcd32', -1],
    ['text', 1],
  ] as const)('%s cannot hold %d', (type, raw) => {
    expect(() => encodeRaw(raw, { ...place, ...spec(type) })).toThrowError(
      expect.objectContaining({ code: 'out-of-range', subject: 'holding 0' }),
    );
  });
});

test.each(types)('%s: what was encoded is decoded, in every order, anywhere in a block', (type) => {
  const random = createRandom(20_261_122);
  for (const order of orders) {
    const values = [...edges[type], ...Array.from({ length: 500 }, () => samples[type](random))];
    for (const raw of values) {
      const spec = { ...place, type, order };
      const words = encodeRaw(raw, spec);
      expect(words).toHaveLength(wordCount(type));
      for (const word of words) expect(word).toBe(word & 0xffff);
      const before = Math.floor(random() * 5);
      const block = [...Array.from({ length: before }, () => 0xdead), ...words, 0xbeef];
      const got = decodeRaw(block, spec, before);
      if (got !== raw) expect({ type, order, raw, words, got }).toEqual({ got: raw });
    }
  }
});

describe('scale', () => {
  test.each([
    [3290, 0.1, 0, 329],
    [3, 0.1, 0, 0.3],
    [1449, 0.01, 0, 14.49],
    [650, 0.1, -40, 25],
    [651, 0.1, -40, 25.1],
    [3, 0.3, 0, 0.9],
    [7, 1 / 3, 0, 7 / 3],
    [-25, 0.001, 0, -0.025],
    [1, 1e-5, 0, 0.00001],
    [12, 10, 5, 125],
    [12, 1, 0, 12],
  ])('%d × %d + %d is exactly %d', (raw, scale, offset, value) => {
    expect(scaled(raw, { scale, offset })).toBe(value);
  });

  test('decimal scales give the decimal a person would write, for every raw word', () => {
    for (const decimals of [1, 2, 3]) {
      const toUnit = createScaler({ scale: 10 ** -decimals, offset: 0 });
      for (let raw = 0; raw <= 0xffff; raw += 7) {
        expect(toUnit(raw)).toBe(Number(`${raw}e-${decimals}`));
      }
    }
  });

  test('there and back gives the raw word', () => {
    const random = createRandom(7);
    for (let i = 0; i < 2000; i++) {
      const raw = Math.floor(random() * 0x10000);
      const scale = [0.1, 0.01, 0.05, 0.25, 2, 0.3, 1 / 3][i % 7] ?? 1;
      const spec = { scale, offset: Math.round(random() * 100) - 50, type: 'uint16' } as const;
      expect(unscaled(scaled(raw, spec), spec)).toBe(raw);
    }
  });
});
