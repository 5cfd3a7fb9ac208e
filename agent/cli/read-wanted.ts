/** What `ppuri read` is asked for: table, address, how many, and as what. */
import { PpuriError } from '../../config/errors.ts';
import { isBitTable, type WordOrder, wordCount } from '../../drivers/decode.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import {
  type Interpretation,
  interpret,
  interpretations,
  ordersOf,
  type ReadType,
} from '../survey/interpret.ts';
import { type MeantAddress, meantAddress } from '../survey/manual-address.ts';
import type { BusFlags } from './bus-argument.ts';

export interface ReadFlags extends BusFlags {
  readonly unit: number;
  readonly holding?: string;
  readonly input?: string;
  readonly coil?: string;
  readonly discrete?: string;
  readonly count?: number;
  readonly type?: ReadType;
  readonly order?: WordOrder;
  readonly every?: number;
  readonly timeout?: number;
}

export interface Wanted {
  readonly table: RegisterTable;
  readonly meant: MeantAddress;
  /** Registers or bits. */
  readonly count: number;
  /** Fewer will do where the device has no more: nothing was said about how many. */
  readonly fewerDo: boolean;
}

const tables = ['holding', 'input', 'coil', 'discrete'] as const;
/** Enough for a 64-bit value. */
const defaultWords = 4;

export function usage(message: string, subject: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: 'read the command line', subject, hint });
}

export function wantedOf(flags: ReadFlags): Wanted {
  const given = tables.filter((table) => flags[table] !== undefined);
  const [table] = given;
  if (table === undefined || given.length > 1)
    throw usage(
      'one table and address is read',
      'ppuri read',
      'give one of --holding, --input, --coil, --discrete',
    );
  const text = flags[table] ?? '';
  const meant = meantAddress(text, table);
  if (meant === null)
    throw usage(
      `"${text}" is no address`,
      `--${table}`,
      '0 to 65535, 0x0000 to 0xffff, or as 40001',
    );
  if (isBitTable(table) && (flags.type !== undefined || flags.order !== undefined))
    throw usage(`a ${table} is one bit`, `--${table}`, 'leave out --type and --order');
  const { count, fewerDo } = countOf(flags, isBitTable(table));
  return { table, meant, count, fewerDo };
}

function countOf({ count, type }: ReadFlags, bits: boolean): { count: number; fewerDo: boolean } {
  if (bits) return { count: count ?? 1, fewerDo: false };
  if (type === undefined) return { count: count ?? defaultWords, fewerDo: count === undefined };
  const each = type === 'text' ? 1 : wordCount(type);
  return { count: each * (count ?? (type === 'text' ? defaultWords : 1)), fewerDo: false };
}

/** What the words from `start` on mean, for each value. */
export function valuesOf(
  words: readonly number[],
  { type, order }: ReadFlags,
): { readonly at: number; readonly meaning: Interpretation }[] {
  const orders = (one: ReadType): readonly WordOrder[] =>
    order === undefined ? ordersOf(one) : [order];
  if (type === undefined) {
    const all = interpretations(words).filter(
      (one) => order === undefined || one.order === null || one.order === order,
    );
    return all.map((meaning) => ({ at: 0, meaning }));
  }
  const step = type === 'text' ? words.length : wordCount(type);
  const starts = Array.from({ length: Math.floor(words.length / step) }, (_, i) => i * step);
  return starts.flatMap((at) =>
    orders(type).map((one) => ({ at, meaning: interpret(words.slice(at, at + step), type, one) })),
  );
}
