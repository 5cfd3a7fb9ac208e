/** Frames as a technician looks at them: any that is whole, whoever sent it. Requests only read. */
import type { RegisterTable } from '../../drivers/driver.ts';
import { crc16 } from '../../drivers/modbus/crc16.ts';

/** One read. `count` registers (1–125) or bits (1–2000) from the 0-based `address`. */
export interface Question {
  readonly unit: number;
  readonly table: RegisterTable;
  readonly address: number;
  readonly count: number;
}

/** A frame whose CRC is right. */
export interface Frame {
  readonly start: number;
  /** After the CRC. */
  readonly end: number;
  readonly unit: number;
  /** Without the exception bit. */
  readonly functionCode: number;
  readonly kind: 'reply' | 'exception' | 'request';
  /** After unit and function, without the CRC. */
  readonly data: Uint8Array;
}

export const readFunctions: Readonly<Record<RegisterTable, number>> = {
  coil: 1,
  discrete: 2,
  holding: 3,
  input: 4,
};
const crcBytes = 2;
const requestBytes = 8;
const exceptionBytes = 5;
const mostException = 11;

/** Unit, function, address and count. */
export function readRequest({ unit, table, address, count }: Question): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt8(unit, 0);
  bytes.writeUInt8(readFunctions[table], 1);
  bytes.writeUInt16BE(address, 2);
  bytes.writeUInt16BE(count, 4);
  return bytes;
}

export function withCrc(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(body.length + crcBytes);
  frame.set(body);
  frame.writeUInt16LE(crc16(frame, body.length), body.length);
  return frame;
}

/** Registers, or 0/1 of bits, of a reply's data: byte count and content. */
export function wordsOf(data: Uint8Array, { table, count }: Question): number[] {
  if (table === 'coil' || table === 'discrete') {
    return Array.from({ length: count }, (_, i) => ((data[1 + (i >> 3)] ?? 0) >> (i & 7)) & 1);
  }
  return Array.from(
    { length: count },
    (_, i) => ((data[1 + 2 * i] ?? 0) << 8) | (data[2 + 2 * i] ?? 0),
  );
}

/**
 * Whole frames in any bytes, in order and apart. Only shapes that Modbus has are looked for, so
 * that noise passes for a frame less than once in ten thousand tries.
 */
export function findFrames(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let start = 0; start + exceptionBytes <= bytes.length; ) {
    const frame = frameAt(bytes, start);
    if (frame !== null) frames.push(frame);
    start = frame?.end ?? start + 1;
  }
  return frames;
}

function frameAt(bytes: Uint8Array, start: number): Frame | null {
  const unit = bytes[start] ?? 0;
  const code = bytes[start + 1] ?? 0;
  const functionCode = code & 0x7f;
  if (unit === 0 || unit > 247 || !isFunction(functionCode)) return null;
  for (const { kind, length } of shapesOf(code, bytes[start + 2] ?? 0)) {
    const end = start + length;
    if (end > bytes.length || !crcFits(bytes, start, end)) continue;
    const data = bytes.slice(start + 2, end - crcBytes);
    return { start, end, unit, functionCode, kind, data };
  }
  return null;
}

const isFunction = (code: number): boolean =>
  (code >= 1 && code <= 6) || code === 15 || code === 16;

function shapesOf(
  code: number,
  first: number,
): readonly { readonly kind: Frame['kind']; readonly length: number }[] {
  if ((code & 0x80) !== 0) {
    return first >= 1 && first <= mostException
      ? [{ kind: 'exception', length: exceptionBytes }]
      : [];
  }
  const fixed = { kind: 'request', length: requestBytes } as const;
  // A write's reply has the length of a read's request.
  if (code > 4 || first === 0) return [fixed];
  return [{ kind: 'reply', length: 3 + first + crcBytes }, fixed];
}

function crcFits(bytes: Uint8Array, start: number, end: number): boolean {
  const body = bytes.subarray(start, end - crcBytes);
  const given = (bytes[end - 2] ?? 0) | ((bytes[end - 1] ?? 0) << 8);
  return crc16(body, body.length) === given;
}
