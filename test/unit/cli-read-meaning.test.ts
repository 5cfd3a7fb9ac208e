import { expect, test } from 'vitest';
import { meaningLines } from '../../agent/cli/read-lines.ts';
import { findFrames, withCrc } from '../../agent/survey/frames.ts';
import { interpretations } from '../../agent/survey/interpret.ts';
import { manualNumber, meantAddress } from '../../agent/survey/manual-address.ts';
import { answersBeside, plausibleBeside } from '../../agent/survey/shifted.ts';
import { judgeUnasked } from '../../agent/survey/unasked.ts';
import { PpuriError } from '../../config/errors.ts';
import { encodeRaw, type WordOrder } from '../../drivers/decode.ts';
import { createRandom } from '../fixtures/random.ts';

const float = (value: number, order: WordOrder): number[] =>
  encodeRaw(value, { table: 'holding', address: 0, type: 'float32', order, bit: null });

test.each(['ABCD', 'CDAB', 'BADC', 'DCBA'] as const)(
  'a voltage sent as %s stands out in that column alone',
  (order) => {
    const found = interpretations(float(230.1, order)).filter(
      ({ type, plausible }) => type === 'float32' && plausible,
    );
    expect(found.map((one) => one.order)).toEqual([order]);
    expect(found[0]?.value).toBeCloseTo(230.1, 4);
  },
);

test('a value that is none is told by its reason, never as a number', () => {
  const all = interpretations([0x7fc0, 0, 0xffff, 0xffff]);
  const nan = all.find(({ type, order }) => type === 'float32' && order === 'ABCD');
  expect(nan).toMatchObject({ value: null, fault: 'not-a-number', plausible: false });
  expect(meaningLines(all, 'en').find((line) => line.startsWith('float32'))).toContain(
    'not-a-number',
  );
});

test.each([
  ['40001', 'holding', { address: 0, manual: '40001' }],
  ['400001', 'holding', { address: 0, manual: '400001' }],
  ['465536', 'holding', { address: 65_535, manual: '465536' }],
  ['30053', 'input', { address: 52, manual: '30053' }],
  ['10001', 'discrete', { address: 0, manual: '10001' }],
  ['00010', 'coil', { address: 9, manual: '00010' }],
  ['0', 'holding', { address: 0, manual: null }],
  ['0x9c41', 'holding', { address: 40_001, manual: null }],
  ['30001', 'holding', { address: 30_001, otherTable: { table: 'input', address: 0 } }],
] as const)('%s for %s registers', (text, table, meant) => {
  expect(meantAddress(text, table)).toMatchObject(meant);
});

test.each(['65536', '-1', '4x', '', '0x10000', '40000.5'])('%j is no address', (text) => {
  expect(meantAddress(text, 'holding')).toBeNull();
});

test('numbers of manuals count from 1', () => {
  expect([manualNumber('holding', 0), manualNumber('coil', 9)]).toEqual(['40001', '00010']);
  expect(manualNumber('input', 11_122)).toBe('311123');
});

test('halves of two floats are told as an address that is off by one', async () => {
  const registers = [...float(220.1, 'ABCD'), ...float(219.9, 'ABCD'), ...float(221.2, 'ABCD')];
  const read = async (address: number, count: number) => registers.slice(address, address + count);
  const sense = { type: 'float32', order: 'ABCD' } as const;
  const hint = await plausibleBeside(1, registers.slice(1, 3), sense, read);
  expect(hint).toMatchObject({ address: 0, why: 'halves' });
  expect(await plausibleBeside(2, registers.slice(2, 4), sense, read)).toBeNull();
});

test('after exception 2 the neighbour that answers is named', async () => {
  const details = { operation: 'read', subject: 'x' };
  const read = async (address: number) => {
    if (address === 9) return [77];
    throw new PpuriError('modbus-exception', 'exception 2', details);
  };
  expect(await answersBeside(10, 1, read)).toMatchObject({ address: 9, words: [77] });
  expect(await answersBeside(20, 1, read)).toBeNull();
});

test('what a line says unasked: silence, text, another master, noise', () => {
  expect(judgeUnasked(new Uint8Array())).toEqual({ kind: 'quiet' });
  const scale = Buffer.from('1.500kg\r\nST,GS,+  1.502kg\r\n');
  expect(judgeUnasked(scale)).toMatchObject({ kind: 'text', delimiter: '\r\n' });
  expect(judgeUnasked(scale)).toHaveProperty('sample', '"ST,GS,+  1.502kg"');
  const frame = withCrc(Buffer.of(9, 3, 2, 0, 77));
  const heard = Buffer.concat([Buffer.of(0, 0xff), frame, Buffer.of(0x55)]);
  expect(judgeUnasked(heard)).toEqual({ kind: 'modbus', units: [9] });
  expect(judgeUnasked(Buffer.from('00f8e0fc1c', 'hex')).kind).toBe('noise');
});

test('seven-bit text with parity on top is text all the same', () => {
  const even = Buffer.from('ST,+00012.34  g\r\n').map((byte) => {
    const ones = byte.toString(2).replaceAll('0', '').length;
    return ones % 2 === 0 ? byte : byte | 0x80;
  });
  expect(judgeUnasked(even).kind).toBe('text');
});

test('noise seldom passes for a frame, and never makes the search fail, seed 7', () => {
  const random = createRandom(7);
  const tries = 3000;
  let frames = 0;
  for (let i = 0; i < tries; i++) {
    const bytes = Uint8Array.from({ length: 40 }, () => Math.floor(random() * 256));
    frames += findFrames(bytes).length;
  }
  expect(frames).toBeLessThanOrEqual(tries / 1000);
});
