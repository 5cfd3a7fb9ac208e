/** What raw words may mean: every type in every word order, and which of them look like a value. */
import { decodeRaw, type RegisterType, type WordOrder, wordCount } from '../../drivers/decode.ts';
import { decodeText } from '../../drivers/register-text.ts';

export const wordOrders: readonly WordOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA'];

export const readTypes = [
  'uint16',
  'int16',
  'bcd16',
  'uint32',
  'int32',
  'float32',
  'bcd32',
  'uint64',
  'int64',
  'float64',
  'text',
] as const satisfies readonly RegisterType[];

export type ReadType = (typeof readTypes)[number];

export interface Interpretation {
  readonly type: ReadType;
  /** null: one word, whose bytes are always high first. */
  readonly order: WordOrder | null;
  readonly value: number | string | null;
  /** Why there is no value, e.g. `not-a-number`; null when there is one. */
  readonly fault: string | null;
  /** It looks like something a device would say. */
  readonly plausible: boolean;
}

/** One value from the first of `words`; a text takes all of them. */
export function interpret(
  words: readonly number[],
  type: ReadType,
  order: WordOrder,
): Interpretation {
  if (type === 'text') {
    const found = decodeText(words, { order, length: 2 * words.length });
    if (typeof found === 'string') return faulty(type, order, found);
    return { type, order, value: found.text, fault: null, plausible: isWord(found.text) };
  }
  const shown = wordCount(type) === 1 ? null : order;
  const raw = decodeRaw(words, { type, order, bit: null });
  if (typeof raw === 'string') return faulty(type, shown, raw);
  return { type, order: shown, value: raw, fault: null, plausible: isPlausible(raw, type, words) };
}

/** Every type that `words` are long enough for, in every order that makes a difference. */
export function interpretations(words: readonly number[]): Interpretation[] {
  return readTypes.flatMap((type) => {
    if (type !== 'text' && wordCount(type) > words.length) return [];
    return ordersOf(type).map((order) => interpret(words, type, order));
  });
}

export function ordersOf(type: ReadType): readonly WordOrder[] {
  if (type === 'text') return ['ABCD', 'BADC'];
  return wordCount(type) === 1 ? ['ABCD'] : wordOrders;
}

function faulty(type: ReadType, order: WordOrder | null, fault: string): Interpretation {
  return { type, order, value: null, fault, plausible: false };
}

const isWord = (text: string): boolean => /^[ -~]*[A-Za-z0-9][ -~]*$/.test(text) && text.length > 1;

/** Words that stand for "no value" on many devices. */
const sentinels = new Set([0xffff, 0x7fff, 0x8000]);

function isPlausible(value: number, type: ReadType, words: readonly number[]): boolean {
  const own = words.slice(0, wordCount(type));
  if (own.every((word) => sentinels.has(word))) return false;
  const size = Math.abs(value);
  switch (type) {
    case 'float32':
    case 'float64':
      return isPlausibleFloat(value, own);
    case 'uint32':
    case 'int32':
      return size < 10_000_000;
    case 'uint64':
    case 'int64':
      return size < 1e12;
    default:
      return true;
  }
}

/** A wrong order makes a float tiny or huge; that happens to be neither one time in ten. */
export function isPlausibleFloat(value: number, words: readonly number[]): boolean {
  if (value === 0) return words.every((word) => word === 0);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e7;
}
