/**
 * Modbus RTU framing: unit, function, data, CRC. A reply carries neither an id nor its length, so a
 * frame counts only if its unit, function, byte count, length and CRC all fit the one request that
 * is outstanding, wherever in the received bytes it begins.
 */
import { crc16 } from './crc16.ts';
import { exceptionLength, type ReplyShape } from './reply-shape.ts';

export const crcBytes = 2;
/** Unit, the longest PDU, CRC. */
export const longestRtuFrame = 256;

export interface FoundFrame {
  /** Place in the bytes searched; `end` is after the CRC. */
  readonly start: number;
  readonly end: number;
}

/** `ambiguous`: two different frames fit, and nothing tells which is the reply. */
export type Finding = FoundFrame | 'none' | 'ambiguous';

/** Looks for the reply among `bytes[from..size)`. Total: any bytes give an answer. */
export function findReply(
  bytes: Uint8Array,
  from: number,
  size: number,
  shape: ReplyShape,
): Finding {
  const first = nextFrame(bytes, from, size, shape);
  if (first === null) return 'none';
  let next = nextFrame(bytes, first.end, size, shape);
  while (next !== null) {
    if (!same(bytes, first, next)) return 'ambiguous';
    next = nextFrame(bytes, next.end, size, shape);
  }
  return first;
}

/** Every whole frame of this shape among `bytes`, none within another. */
export function framesOf(bytes: Uint8Array, shape: ReplyShape): FoundFrame[] {
  const found: FoundFrame[] = [];
  let next = nextFrame(bytes, 0, bytes.length, shape);
  while (next !== null) {
    found.push(next);
    next = nextFrame(bytes, next.end, bytes.length, shape);
  }
  return found;
}

const requestLength = 6;

/** A whole request to read by another master, not `own`; the last one, or null. */
export function overheardRequest(
  bytes: Uint8Array,
  own: Buffer | null,
): { readonly unit: number; readonly end: number } | null {
  for (let start = bytes.length - requestLength - crcBytes; start >= 0; start--) {
    const functionCode = bytes[start + 1] ?? 0;
    if (functionCode < 1 || functionCode > 4 || !crcFits(bytes, start, requestLength)) continue;
    const end = start + requestLength + crcBytes;
    if (own?.equals(bytes.subarray(start, end)) === true) continue;
    return { unit: bytes[start] ?? 0, end };
  }
  return null;
}

/** Whether a frame of the right unit, function and byte count came whole, but with a wrong CRC. */
export function cameDamaged(bytes: Uint8Array, size: number, shape: ReplyShape): boolean {
  for (let start = 0; start + shape.length + crcBytes <= size; start++) {
    if (beginsReply(bytes, start, shape)) return true;
  }
  return false;
}

function nextFrame(
  bytes: Uint8Array,
  from: number,
  size: number,
  shape: ReplyShape,
): FoundFrame | null {
  for (let start = from; start + exceptionLength + crcBytes <= size; start++) {
    if (bytes[start] !== shape.unit) continue;
    const length = lengthAt(bytes, start, shape);
    if (length === 0 || start + length + crcBytes > size) continue;
    if (crcFits(bytes, start, length)) return { start, end: start + length + crcBytes };
  }
  return null;
}

/** Unit, function and data of the frame that may begin at `start`; 0: none does. */
function lengthAt(bytes: Uint8Array, start: number, shape: ReplyShape): number {
  if (bytes[start + 1] === (shape.functionCode | 0x80)) {
    return bytes[start + 2] === 0 ? 0 : exceptionLength;
  }
  return beginsReply(bytes, start, shape) ? shape.length : 0;
}

function beginsReply(bytes: Uint8Array, start: number, shape: ReplyShape): boolean {
  const { unit, functionCode, known } = shape;
  if (bytes[start] !== unit || bytes[start + 1] !== functionCode) return false;
  for (let i = 0; i < known.length; i++) {
    if (bytes[start + 2 + i] !== known[i]) return false;
  }
  return true;
}

function crcFits(bytes: Uint8Array, start: number, length: number): boolean {
  const end = start + length;
  const given = (bytes[end] ?? 0) | ((bytes[end + 1] ?? 0) << 8);
  return crc16(bytes.subarray(start, end), length) === given;
}

function same(bytes: Uint8Array, a: FoundFrame, b: FoundFrame): boolean {
  if (a.end - a.start !== b.end - b.start) return false;
  for (let i = 0; i < a.end - a.start; i++) {
    if (bytes[a.start + i] !== bytes[b.start + i]) return false;
  }
  return true;
}
