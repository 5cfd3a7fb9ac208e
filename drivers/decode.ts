/**
 * Registers ↔ numbers. A raw number is what the words say before scale and offset; whatever the
 * words cannot say exactly is a typed fault, never a number. Text is in `register-text.ts`.
 */
import { PpuriError } from '../config/errors.ts';
import type { RegisterTable } from './driver.ts';

export type RegisterType =
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'bcd16'
  | 'bcd32'
  | 'bit'
  | 'text';

/** Byte order of multi-word values, A the most significant; single numbers are always big-endian. */
export type WordOrder = 'ABCD' | 'CDAB' | 'BADC' | 'DCBA';

export interface RegisterAddress {
  readonly table: RegisterTable;
  /** 0-based PDU address, 0–65535. */
  readonly address: number;
  /** Bit of a register, 0 the least significant; null for whole registers, coils and discretes. */
  readonly bit: number | null;
}

export interface RegisterSpec extends RegisterAddress {
  readonly type: RegisterType;
  readonly order: WordOrder;
  readonly scale: number;
  readonly offset: number;
  /** Characters, of a text. */
  readonly length?: number | undefined;
}

/**
 * Why words are no number: float NaN (or text), float ±∞, a 64-bit value beyond ±(2^53−1), a decimal
 * digit above 9, or too few words.
 */
export type RawFault = 'not-a-number' | 'infinite' | 'beyond-2^53' | 'not-bcd' | 'words-missing';

/** Why words are no text: a character that cannot be printed, or too few words. */
export type TextFault = 'not-text' | 'words-missing';

const addressPattern = /^(holding|input|coil|discrete) (0x[0-9a-fA-F]+|\d+)(?:\.(\d|1[0-5]))?$/;

/** Reads `holding 0x34`, `coil 3`, `holding 12.3`. Throws `profile-invalid`. */
export function parseAddress(at: string): RegisterAddress {
  const match = addressPattern.exec(at);
  const address = Number(match?.[2]);
  const table = match?.[1];
  const bit = match?.[3] === undefined ? null : Number(match[3]);
  if (!isTable(table)) throw badAddress(at, 'is not an address');
  if (!(address <= 0xffff)) throw badAddress(at, 'is beyond 65535');
  if (bit !== null && isBitTable(table)) throw badAddress(at, 'takes a bit of what is one bit');
  return { table, address, bit };
}

function badAddress(at: string, why: string): PpuriError {
  return new PpuriError('profile-invalid', `address "${at}" ${why}`, {
    operation: 'read a register address',
    subject: at,
    hint: 'write "holding 12", "input 0x34", "coil 3", "discrete 7" or "holding 12.3", 0 to 65535',
  });
}

function isTable(name: string | undefined): name is RegisterTable {
  return name === 'holding' || name === 'input' || name === 'coil' || name === 'discrete';
}

/** Coils and discrete inputs: addressed and counted in bits. */
export function isBitTable(table: RegisterTable): boolean {
  return table === 'coil' || table === 'discrete';
}

/** Registers (or coils) a value of this type takes; a text takes one for two characters. */
export function wordCount(type: RegisterType, length = 0): number {
  switch (type) {
    case 'text':
      return Math.ceil(length / 2);
    case 'uint32':
    case 'int32':
    case 'float32':
    case 'bcd32':
      return 2;
    case 'uint64':
    case 'int64':
    case 'float64':
      return 4;
    default:
      return 1;
  }
}

/** The raw number of the value whose first word is `words[start]`, or why it is none. */
export function decodeRaw(
  words: readonly number[],
  spec: Pick<RegisterSpec, 'type' | 'order' | 'bit'>,
  start = 0,
): number | RawFault {
  const first = words[start];
  if (first === undefined || start + wordCount(spec.type) > words.length) return 'words-missing';
  switch (spec.type) {
    case 'bit':
      return (first >>> (spec.bit ?? 0)) & 1;
    case 'uint16':
      return first;
    case 'int16':
      return (first << 16) >> 16;
    case 'uint32':
      return long(words, start, spec.order) >>> 0;
    case 'int32':
      return long(words, start, spec.order);
    case 'float32':
      return checkedFloat(view(words, start, 2, spec.order).getFloat32(0));
    case 'float64':
      return checkedFloat(view(words, start, 4, spec.order).getFloat64(0));
    case 'uint64':
      return checkedInteger(view(words, start, 4, spec.order).getBigUint64(0));
    case 'int64':
      return checkedInteger(view(words, start, 4, spec.order).getBigInt64(0));
    case 'bcd16':
      return fromBcd(first);
    case 'bcd32':
      return fromBcd(long(words, start, spec.order) >>> 0);
    case 'text':
      return 'not-a-number';
  }
}

/** Each four bits are one decimal digit: 0x1234 is 1234. */
function fromBcd(bits: number): number | RawFault {
  const digits = bits.toString(16);
  return /^\d+$/.test(digits) ? Number(digits) : 'not-bcd';
}

function long(words: readonly number[], start: number, order: WordOrder): number {
  const high = wordAt(words, start, 0, 2, order);
  return (high << 16) | wordAt(words, start, 1, 2, order);
}

function view(
  words: readonly number[],
  start: number,
  count: number,
  order: WordOrder,
): DataView<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < count; i++) bytes.setUint16(2 * i, wordAt(words, start, i, count, order));
  return bytes;
}

/** Word `i` in most-significant-first order. Its own inverse, so that encoding uses it too. */
function wordAt(
  words: readonly number[],
  start: number,
  i: number,
  count: number,
  order: WordOrder,
): number {
  const lowFirst = order === 'CDAB' || order === 'DCBA';
  const word = words[start + (lowFirst ? count - 1 - i : i)] ?? 0;
  const swapped = order === 'BADC' || order === 'DCBA';
  return swapped ? ((word & 0xff) << 8) | (word >>> 8) : word;
}

function checkedFloat(value: number): number | RawFault {
  if (Number.isNaN(value)) return 'not-a-number';
  return Number.isFinite(value) ? value : 'infinite';
}

function checkedInteger(value: bigint): number | RawFault {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : 'beyond-2^53';
}

const integerRange: Partial<Record<RegisterType, readonly [number, number]>> = {
  bit: [0, 1],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  bcd16: [0, 9999],
  bcd32: [0, 99_999_999],
};

/** The number of values a counter of this type runs through before it is at 0 again. */
export function counterModulus(type: RegisterType): number {
  const [low, high] = integerRange[type] ?? [0, Number.MAX_SAFE_INTEGER];
  return Math.min(high - low + 1, 2 ** 52);
}

/**
 * The words that decode to `raw`: for simulators and writes. A bit of a register comes as the word
 * with only that bit set or clear. Throws `out-of-range` when the type cannot hold `raw`.
 */
export function encodeRaw(
  raw: number,
  spec: Pick<RegisterSpec, 'table' | 'address' | 'type' | 'order' | 'bit'>,
): number[] {
  checkFits(raw, spec);
  const { type, order } = spec;
  if (type === 'bit') return [raw << (spec.bit ?? 0)];
  const count = wordCount(type);
  if (type === 'bcd16') return [Number.parseInt(String(raw), 16)];
  if (count === 1) return [raw & 0xffff];
  const bytes = new DataView(new ArrayBuffer(8));
  if (type === 'float32') bytes.setFloat32(0, raw);
  else if (type === 'float64') bytes.setFloat64(0, raw);
  else if (type === 'bcd32') bytes.setUint32(0, Number.parseInt(String(raw), 16));
  else if (count === 2) bytes.setUint32(0, raw);
  else bytes.setBigInt64(0, BigInt(raw));
  const plain = Array.from({ length: count }, (_, i) => bytes.getUint16(2 * i));
  return plain.map((_, i) => wordAt(plain, 0, i, count, order));
}

function checkFits(raw: number, spec: Pick<RegisterSpec, 'table' | 'address' | 'type'>): void {
  const range = integerRange[spec.type];
  const limit = spec.type === 'float32' ? Math.fround(raw) : raw;
  const fits =
    range === undefined
      ? spec.type !== 'text' && Number.isFinite(raw) && Number.isFinite(limit)
      : Number.isInteger(raw) && raw >= range[0] && raw <= range[1];
  if (fits) return;
  const bounds = range === undefined ? 'finite' : `a whole number ${range[0]} to ${range[1]}`;
  throw new PpuriError('out-of-range', `${raw} does not fit ${spec.type}`, {
    operation: `encode ${spec.type}`,
    subject: `${spec.table} ${spec.address}`,
    hint: `it must be ${bounds}`,
  });
}
