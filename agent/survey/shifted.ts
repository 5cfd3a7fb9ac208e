/** Whether an address is off by one: what its neighbours hold, read beside it. */
import { PpuriError } from '../../config/errors.ts';
import type { WordOrder } from '../../drivers/decode.ts';
import { wordCount } from '../../drivers/decode.ts';
import { interpret, type ReadType } from './interpret.ts';

/** Reads words; rejects with PpuriError. */
export type ReadWords = (address: number, count: number) => Promise<readonly number[]>;

export interface ShiftHint {
  /** Where a value is: `address` − 1 or + 1. */
  readonly address: number;
  readonly words: readonly number[];
  readonly why: 'answers' | 'plausible';
}

/** After exception 2 at `address`: a neighbour that answers. */
export async function answersBeside(
  address: number,
  count: number,
  read: ReadWords,
): Promise<ShiftHint | null> {
  for (const beside of neighbours(address, count)) {
    const words = await wordsAt(beside, count, read);
    if (words !== null) return { address: beside, words, why: 'answers' };
  }
  return null;
}

/** Where words of `type` make no sense at `address`: a neighbour where they do. */
export async function plausibleBeside(
  address: number,
  words: readonly number[],
  sense: { readonly type: ReadType; readonly orders: readonly WordOrder[] },
  read: ReadWords,
): Promise<ShiftHint | null> {
  const { type, orders } = sense;
  const plausible = (some: readonly number[]): boolean =>
    orders.some((order) => interpret(some, type, order).plausible) && some.some((one) => one !== 0);
  const count = type === 'text' ? words.length : wordCount(type);
  if (count < 2 || plausible(words)) return null;
  for (const beside of neighbours(address, count)) {
    const found = await wordsAt(beside, count, read);
    if (found !== null && plausible(found))
      return { address: beside, words: found, why: 'plausible' };
  }
  return null;
}

function neighbours(address: number, count: number): number[] {
  return [address - 1, address + 1].filter((one) => one >= 0 && one + count <= 0x1_0000);
}

async function wordsAt(
  address: number,
  count: number,
  read: ReadWords,
): Promise<readonly number[] | null> {
  try {
    return await read(address, count);
  } catch (error) {
    if (error instanceof PpuriError) return null;
    throw error;
  }
}
