import { describe, expect, test } from 'vitest';
import { crc16 } from '../../drivers/modbus/crc16.ts';
import { checkReply, expectReply } from '../../drivers/modbus/mbap.ts';
import { TransactionIds } from '../../drivers/modbus/strict-tcp-port.ts';
import { createRandom } from '../fixtures/random.ts';

const transaction = 0x1234;
/** Unit, function, address and count or value, as the codec hands it down; the right reply's data. */
const exchanges: readonly (readonly [string, number[], number[]])[] = [
  ['read 3 registers', [9, 3, 0, 5, 0, 3], [6, 1, 2, 3, 4, 5, 6]],
  ['read 1 input', [9, 4, 0, 5, 0, 1], [2, 0xff, 0xff]],
  ['read 9 coils', [9, 1, 0, 5, 0, 9], [2, 0x55, 1]],
  ['read 8 discretes', [9, 2, 0, 5, 0, 8], [1, 0x55]],
  ['write a coil', [9, 5, 0, 5, 0xff, 0], [0, 5, 0xff, 0]],
  ['write a register', [9, 6, 0, 5, 1, 2], [0, 5, 1, 2]],
  ['write 2 coils', [9, 15, 0, 5, 0, 2, 1, 3], [0, 5, 0, 2]],
  ['write 1 register', [9, 16, 0, 5, 0, 1, 2, 7, 7], [0, 5, 0, 1]],
];

function replyTo(request: readonly number[], data: readonly number[]): Buffer {
  const length = 2 + data.length;
  const [unit = 0, code = 0] = request;
  return Buffer.of(0x12, 0x34, 0, 0, length >> 8, length & 0xff, unit, code, ...data);
}

describe.each(exchanges)('%s', (_, request, data) => {
  const expected = expectReply(Buffer.from(request), transaction);
  const right = replyTo(request, data);
  const exception = Buffer.of(0x12, 0x34, 0, 0, 0, 3, request[0] ?? 0, (request[1] ?? 0) | 0x80, 2);

  test('the whole right reply counts, any part of it waits', () => {
    for (let size = 0; size < right.length; size++) {
      expect(checkReply(right, size, expected)).toBe('incomplete');
    }
    expect(checkReply(right, right.length, expected)).toBe('reply');
    for (let size = 0; size < exception.length; size++) {
      expect(checkReply(exception, size, expected)).toBe('incomplete');
    }
    expect(checkReply(exception, exception.length, expected)).toBe('exception');
  });

  test('any other value of any byte that is known beforehand is a fault', () => {
    const known = 8 + expected.known.length;
    for (let at = 0; at < known; at++) {
      for (let xor = 1; xor < 256; xor++) {
        const bad = Buffer.from(right);
        bad[at] = (bad[at] ?? 0) ^ xor;
        expect(['reply', 'exception']).not.toContain(checkReply(bad, bad.length, expected));
      }
    }
    expect(checkReply(Buffer.concat([right, right]), 2 * right.length, expected)).toHaveProperty(
      'fault',
    );
  });

  test('any bytes at all give an answer', () => {
    const random = createRandom(99);
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(right);
      const touched = 1 + Math.floor(random() * 4);
      for (let k = 0; k < touched; k++) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      const size = Math.floor(random() * (bytes.length + 1));
      const check = checkReply(bytes, size, expected);
      if (check === 'reply') expect(bytes.subarray(0, 8)).toEqual(right.subarray(0, 8));
    }
  });
});

test('transaction ids use all 16 bits and come back only after all others', () => {
  const ids = new TransactionIds();
  const seen = new Set(Array.from({ length: 0x10000 }, () => ids.next()));
  expect(seen.size).toBe(0x10000);
  expect(Math.max(...seen)).toBe(0xffff);
});

test('CRC of the frame in the Modbus specification', () => {
  const frame = Buffer.of(0x02, 0x07);
  expect(crc16(frame, 2)).toBe(0x1241);
});
