import { describe, expect, test } from 'vitest';
import { stepCounter } from '../../agent/cycles/counter.ts';

const uint16 = { modulus: 65536, maxMissed: 50 };

describe('a shot counter', () => {
  test('that stands still makes no cycle', () => {
    expect(stepCounter(7, 7, uint16)).toEqual({ kind: 'same' });
  });

  test('that moves by one makes one cycle', () => {
    expect(stepCounter(7, 8, uint16)).toEqual({ kind: 'advanced', missed: [], shot: 8 });
  });

  test('that jumps names every shot it jumped over', () => {
    expect(stepCounter(7, 11, uint16)).toEqual({ kind: 'advanced', missed: [8, 9, 10], shot: 11 });
  });

  test('that wraps goes on counting, and shots missed across the wrap are named', () => {
    expect(stepCounter(65534, 1, uint16)).toEqual({
      kind: 'advanced',
      missed: [65535, 0],
      shot: 1,
    });
  });

  test('that starts again at a shift is a reset, with the shots made since', () => {
    expect(stepCounter(4120, 3, uint16)).toEqual({ kind: 'reset', missed: [1, 2], shot: 3 });
    expect(stepCounter(4120, 0, uint16)).toEqual({ kind: 'reset', missed: [], shot: null });
  });

  test('that jumps too far invents no missed shots', () => {
    expect(stepCounter(10, 4000, uint16)).toEqual({ kind: 'reset', missed: [], shot: 4000 });
  });

  test('of 32 bits wraps at 2^32', () => {
    const uint32 = { modulus: 2 ** 32, maxMissed: 50 };
    expect(stepCounter(2 ** 32 - 1, 0, uint32)).toEqual({ kind: 'advanced', missed: [], shot: 0 });
  });
});
