/** What a simulated unit answers to one request, whatever carries it: function code and data. */
import type { RegisterTable } from '../../drivers/driver.ts';

export interface ServedUnit {
  /** Words, or 0/1 for bits; null: no such address. `reader` stands for the connection. */
  read(
    table: RegisterTable,
    address: number,
    count: number,
    reader: object,
  ): ArrayLike<number> | null;
  /** False: not writable there. */
  write(table: 'coil' | 'holding', address: number, values: readonly number[]): boolean;
}

const illegalFunction = 1;
const illegalAddress = 2;
const illegalValue = 3;
export const gatewayTargetSilent = 0x0b;

type Reply = Buffer | { readonly exception: number };

export function exceptionPdu(functionCode: number, code: number): Buffer {
  return Buffer.of(functionCode | 0x80, code);
}

/** Total: any bytes give a reply. */
export function answerPdu(unit: ServedUnit, pdu: Buffer, reader: object): Buffer {
  const reply = execute(unit, pdu, reader);
  return Buffer.isBuffer(reply) ? reply : exceptionPdu(pdu[0] ?? 0, reply.exception);
}

function execute(unit: ServedUnit, pdu: Buffer, reader: object): Reply {
  if (pdu.length < 5) return { exception: illegalValue };
  const address = pdu.readUInt16BE(1);
  const value = pdu.readUInt16BE(3);
  switch (pdu[0]) {
    case 1:
      return readBits(1, unit.read('coil', address, value, reader), value);
    case 2:
      return readBits(2, unit.read('discrete', address, value, reader), value);
    case 3:
      return readWords(3, unit.read('holding', address, value, reader), value);
    case 4:
      return readWords(4, unit.read('input', address, value, reader), value);
    case 5:
      if (value !== 0xff00 && value !== 0) return { exception: illegalValue };
      return written(unit, 'coil', address, [value === 0 ? 0 : 1], pdu);
    case 6:
      return written(unit, 'holding', address, [value], pdu);
    case 15:
      return written(unit, 'coil', address, sentBits(pdu, value), pdu);
    case 16:
      return written(unit, 'holding', address, sentWords(pdu, value), pdu);
    default:
      return { exception: illegalFunction };
  }
}

function readWords(functionCode: number, words: ArrayLike<number> | null, count: number): Reply {
  if (count < 1 || count > 125) return { exception: illegalValue };
  if (words === null) return { exception: illegalAddress };
  const pdu = Buffer.allocUnsafe(2 + 2 * count);
  pdu[0] = functionCode;
  pdu[1] = 2 * count;
  for (let i = 0; i < count; i++) pdu.writeUInt16BE(words[i] ?? 0, 2 + 2 * i);
  return pdu;
}

function readBits(functionCode: number, bits: ArrayLike<number> | null, count: number): Reply {
  if (count < 1 || count > 2000) return { exception: illegalValue };
  if (bits === null) return { exception: illegalAddress };
  const bytes = Math.ceil(count / 8);
  const pdu = Buffer.alloc(2 + bytes);
  pdu[0] = functionCode;
  pdu[1] = bytes;
  for (let i = 0; i < count; i++) {
    const at = 2 + (i >> 3);
    if (bits[i] === 1) pdu[at] = (pdu[at] ?? 0) | (1 << (i & 7));
  }
  return pdu;
}

/** null: the request's count, byte count and length do not agree. */
function sentBits(pdu: Buffer, count: number): number[] | null {
  const bytes = Math.ceil(count / 8);
  const fits = count >= 1 && count <= 1968 && pdu[5] === bytes && pdu.length === 6 + bytes;
  if (!fits) return null;
  return Array.from({ length: count }, (_, i) => ((pdu[6 + (i >> 3)] ?? 0) >> (i & 7)) & 1);
}

function sentWords(pdu: Buffer, count: number): number[] | null {
  const fits = count >= 1 && count <= 123 && pdu[5] === 2 * count && pdu.length === 6 + 2 * count;
  return fits ? Array.from({ length: count }, (_, i) => pdu.readUInt16BE(6 + 2 * i)) : null;
}

/** The reply to a write repeats function, address and value or count. */
function written(
  unit: ServedUnit,
  table: 'coil' | 'holding',
  address: number,
  values: number[] | null,
  pdu: Buffer,
): Reply {
  if (values === null) return { exception: illegalValue };
  if (!unit.write(table, address, values)) return { exception: illegalAddress };
  return pdu.subarray(0, 5);
}
