/** Off by one or another word order: what a whole device tells. Its answers stand in for a bus. */
import { describe, expect, test } from 'vitest';
import { readDevice } from '../../agent/cli/read-signals.ts';
import type { Answer } from '../../agent/survey/asker.ts';
import type { Question } from '../../agent/survey/frames.ts';
import { trySignals } from '../../agent/survey/signal-trials.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { encodeRaw, type WordOrder } from '../../drivers/decode.ts';
import type { Bus } from '../../drivers/driver.ts';

const values: Readonly<Record<number, number>> = {
  0: 230.17,
  2: 229.63,
  4: 231.41,
  6: 32.47,
  8: 31.66,
  10: 33.12,
  12: 6710.3,
  14: 6620.7,
  16: 6910.9,
  52: 20_241.3,
  56: 21_213.7,
  60: 6351.2,
  62: 0.954,
  70: 59.983,
  72: 12_345.67,
  74: 0,
  342: 12_345.79,
};

function meter(shift: number, order: WordOrder): (address: number) => number {
  const words = new Map<number, number>();
  for (const [at, value] of Object.entries(values)) {
    const spec = { table: 'input', address: 0, type: 'float32', order, bit: null } as const;
    for (const [i, word] of encodeRaw(value, spec).entries())
      words.set(Number(at) + shift + i, word);
  }
  return (address) => words.get(address) ?? 0;
}

async function causesAt(shift: number, order: WordOrder) {
  const at = meter(shift, order);
  const wordsOf = ({ address, count }: Pick<Question, 'address' | 'count'>): number[] =>
    Array.from({ length: count }, (_, i) => at(address + i));
  const bus: Pick<Bus, 'read'> = {
    read: async (request) => ({
      request,
      words: wordsOf(request),
      at: { monoMs: 0, wallMs: 0 },
      roundTripMs: 1,
    }),
  };
  const stop = new AbortController().signal;
  const profile = loadProfile('eastron-sdm630');
  const device = { bus: bus as Bus, unit: 1, profile, exceptions: 'split', stop } as const;
  const ask = async (question: Question): Promise<Answer> => ({
    kind: 'words',
    words: wordsOf(question),
    bytes: Buffer.alloc(0),
    ...{ replies: 1, echoed: false, roundTripMs: 1, overheard: [] },
  });
  const found = await trySignals(1, await readDevice(device), ask, stop);
  return new Set(found.map(({ trial: { cause } }) => cause));
}

describe('a meter of float32, every value in range in more than one way', () => {
  test.each([-1, 1])('each register moved by %i is off by one, and nothing else', async (shift) => {
    expect(await causesAt(shift, 'ABCD')).toEqual(new Set(['address-off-by-one']));
  });

  test('the low word first is a word order, and nothing else', async () => {
    expect(await causesAt(0, 'CDAB')).toEqual(new Set(['word-order']));
  });
});
