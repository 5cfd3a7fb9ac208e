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
  /** `halves`: here too, but as two halves of neighbouring floats would. */
  readonly why: 'answers' | 'plausible' | 'halves';
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

/** What a value must be to make sense. */
export interface Sense {
  readonly type: ReadType;
  readonly order: WordOrder;
}

const makesSense = (words: readonly number[], { type, order }: Sense): boolean =>
  interpret(words, type, order).plausible && words.some((one) => one !== 0);

/**
 * A neighbour where the words make sense, when they do not here, or only as halves of two floats
 * would: 0x435c 0x2aed 0x435b 0xf2dd read from the second word on looks like CDAB.
 */
export async function plausibleBeside(
  address: number,
  words: readonly number[],
  sense: Sense,
  read: ReadWords,
): Promise<ShiftHint | null> {
  const count = sense.type === 'text' ? words.length : wordCount(sense.type);
  if (count < 2 || count > words.length) return null;
  const here = makesSense(words, sense);
  const halves =
    sense.type === 'float32' && makesSense(words, { ...sense, order: swapped(sense.order) });
  if (here && !halves) return null;
  for (const beside of neighbours(address, count)) {
    const found = await wordsAt(beside, count, read);
    if (found === null || !makesSense(found, sense)) continue;
    return { address: beside, words: found, why: halves ? 'halves' : 'plausible' };
  }
  return null;
}

/** The same bytes in each word, the words the other way round. */
function swapped(order: WordOrder): WordOrder {
  const others = { ABCD: 'CDAB', CDAB: 'ABCD', BADC: 'DCBA', DCBA: 'BADC' } as const;
  return others[order];
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
