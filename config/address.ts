/** Register addresses as a profile writes them, and how many registers a value takes. */
import type { registerTypes } from './profile.ts';

export type RegisterType = (typeof registerTypes)[number];

export interface Address {
  readonly table: 'holding' | 'input' | 'coil' | 'discrete';
  /** 0-based PDU address. */
  readonly address: number;
  /** Bit of a register, 0 the lowest; null: the whole register, or a coil or discrete input. */
  readonly bit: number | null;
}

/** `holding 12.3` → its parts; null when it is not an address. */
export function parseAddress(at: string): Address | null {
  const match = /^(holding|input|coil|discrete) (0x[0-9a-fA-F]+|\d+)(?:\.(\d+))?$/.exec(at);
  const [, table, address, bit] = match ?? [];
  if (table !== 'holding' && table !== 'input' && table !== 'coil' && table !== 'discrete')
    return null;
  return { table, address: Number(address), bit: bit === undefined ? null : Number(bit) };
}

const widths: Record<Exclude<RegisterType, 'text'>, number> = {
  bit: 1,
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  float32: 2,
  uint64: 4,
  int64: 4,
  float64: 4,
  bcd16: 1,
  bcd32: 2,
};

/** Registers (or coils) that one value of this type takes; a text of `length` characters half as many. */
export const wordsOf = (type: RegisterType, length = 0): number =>
  type === 'text' ? Math.ceil(length / 2) : widths[type];

const integers: Partial<Record<RegisterType, readonly [low: number, high: number]>> = {
  bit: [0, 1],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  bcd16: [0, 9999],
  bcd32: [0, 99_999_999],
};

/** Whether a raw value of this type can ever be `raw`. */
export function canBe(type: RegisterType, raw: number): boolean {
  const bounds = integers[type];
  if (bounds === undefined) return true;
  return Number.isInteger(raw) && raw >= bounds[0] && raw <= bounds[1];
}
