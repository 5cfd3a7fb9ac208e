/**
 * Modbus TCP framing: transaction id, protocol id 0, length, then unit, function and data. A reply
 * counts only if all of it fits the one request that is outstanding.
 */

import { exceptionLength, type ReplyShape, replyShape } from './reply-shape.ts';

/** Header and the longest PDU: 6 + 1 + 253. */
export const longestFrame = 260;
const headerBytes = 6;

export interface ExpectedReply extends ReplyShape {
  readonly transaction: number;
}

export type ReplyCheck = 'incomplete' | 'reply' | 'exception' | { readonly fault: string };

/** From a request as unit, function and data (no CRC). Throws RangeError for other functions. */
export function expectReply(request: Uint8Array, transaction: number): ExpectedReply {
  return { ...replyShape(request), transaction };
}

/** Judges the first `size` bytes received since the request. Total: any bytes give an answer. */
export function checkReply(bytes: Uint8Array, size: number, expected: ExpectedReply): ReplyCheck {
  if (size >= 2 && word(bytes, 0) !== expected.transaction) {
    return { fault: `transaction ${word(bytes, 0)} instead of ${expected.transaction}` };
  }
  if (size >= 4 && word(bytes, 2) !== 0) return { fault: `protocol ${word(bytes, 2)}` };
  if (size < headerBytes) return 'incomplete';
  const length = word(bytes, 4);
  if (length !== expected.length && length !== exceptionLength) {
    return { fault: `length ${length} instead of ${expected.length}` };
  }
  if (size > headerBytes && bytes[6] !== expected.unit) {
    return { fault: `unit ${bytes[6]} instead of ${expected.unit}` };
  }
  if (size < headerBytes + 2) return 'incomplete';
  return checkBody(bytes, size, length, expected);
}

function checkBody(
  bytes: Uint8Array,
  size: number,
  length: number,
  expected: ExpectedReply,
): ReplyCheck {
  const { functionCode, known } = expected;
  const code = bytes[7];
  // Of the supported functions every normal reply is longer than an exception.
  const exception = length === exceptionLength;
  const wanted = exception ? functionCode | 0x80 : functionCode;
  if (code !== wanted) return { fault: `function ${code} instead of ${wanted}` };
  const given = Math.min(size - 8, known.length);
  for (let i = 0; !exception && i < given; i++) {
    if (bytes[8 + i] !== known[i]) return { fault: knownFault(bytes, i, expected) };
  }
  if (exception && size > 8 && bytes[8] === 0) return { fault: 'exception 0' };
  if (size > headerBytes + length) {
    return { fault: `${size - headerBytes - length} bytes after the reply` };
  }
  if (size < headerBytes + length) return 'incomplete';
  return exception ? 'exception' : 'reply';
}

function knownFault(bytes: Uint8Array, i: number, expected: ExpectedReply): string {
  if (expected.functionCode > 4) return 'the reply does not echo the write';
  return `byte count ${bytes[8 + i]} instead of ${expected.known[i]}`;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
