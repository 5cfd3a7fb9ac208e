import { describe, expect, test } from 'vitest';
import type { BlockReading } from '../../drivers/driver.ts';
import {
  planReads,
  type ReadBlock,
  type ReadLimits,
  type ReadSpan,
  sliceBlock,
} from '../../drivers/plan.ts';
import { createRandom } from '../fixtures/random.ts';

const limits: ReadLimits = { maxReadWords: 120, maxReadBits: 2000, maxGapWords: 16 };
const span = (address: number, words = 1, extra: Partial<ReadSpan<string>> = {}) => ({
  unit: 1,
  table: 'holding' as const,
  address,
  words,
  tag: `${address}`,
  ...extra,
});
const shape = (blocks: readonly ReadBlock<string>[]) =>
  blocks.map((block) => [block.unit, block.table, block.address, block.count]);

describe('blocks', () => {
  test('neighbours and small gaps become one request, wide gaps two', () => {
    expect(shape(planReads([span(30, 2), span(0), span(10)], limits))).toEqual([
      [1, 'holding', 0, 11],
      [1, 'holding', 30, 2],
    ]);
  });

  test('a value is never cut by the limit of the device', () => {
    const blocks = planReads([span(0, 2), span(2, 2), span(4, 2)], { ...limits, maxReadWords: 5 });
    expect(shape(blocks)).toEqual([
      [1, 'holding', 0, 4],
      [1, 'holding', 4, 2],
    ]);
  });

  test('units and tables stay apart; bits are counted as bits', () => {
    const spans = [span(0), span(1, 1, { unit: 2 }), span(1, 1, { table: 'input' })];
    expect(planReads(spans, limits)).toHaveLength(3);
    const coils = [span(0, 1, { table: 'coil' }), span(250, 1, { table: 'coil' })];
    expect(shape(planReads(coils, limits))).toEqual([[1, 'coil', 0, 251]]);
  });

  test('never more than Modbus allows, whatever the profile says', () => {
    const wide = { maxReadWords: 500, maxReadBits: 5000, maxGapWords: 124 };
    const blocks = planReads([span(0), span(60), span(124), span(125)], wide);
    expect(shape(blocks)).toEqual([
      [1, 'holding', 0, 125],
      [1, 'holding', 125, 1],
    ]);
  });

  test.each([
    ['longer than one request', span(0, 4), { ...limits, maxReadWords: 3 }],
    ['beyond the table', span(65535, 2), limits],
    ['nothing', span(0, 0), limits],
  ])('%s is refused', (_, bad, some) => {
    expect(() => planReads([bad], some)).toThrowError(
      expect.objectContaining({ code: 'profile-invalid' }),
    );
  });
});

describe('every plan', () => {
  const seed = 42;
  const random = createRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const cases = Array.from({ length: 400 }, () => ({
    limits: { maxReadWords: 4 + below(10), maxReadBits: 16, maxGapWords: below(6) },
    spans: Array.from({ length: 1 + below(9) }, () => span(below(40), 1 + below(4))),
  }));

  test(`covers each span once, whole, in legal blocks (seed ${seed})`, () => {
    for (const { limits: some, spans } of cases) {
      const blocks = planReads(spans, some);
      expect(blocks.flatMap((block) => block.spans).sort(byAddress)).toEqual(
        [...spans].sort(byAddress),
      );
      for (const block of blocks) expectLegal(block, some);
    }
  });

  test(`has as few blocks as any way of grouping (seed ${seed})`, () => {
    for (const { limits: some, spans } of cases) {
      expect(planReads(spans, some)).toHaveLength(fewest(spans, some));
    }
  });

  test('gives each span its own words back', () => {
    for (const { limits: some, spans } of cases) {
      for (const block of planReads(spans, some)) {
        const reading = readingOf(block);
        for (const one of block.spans) {
          const own = Array.from({ length: one.words }, (_, i) => one.address + i);
          expect(sliceBlock(reading, one)).toEqual(own);
        }
      }
    }
  });
});

test('a block is not sliced for what it does not hold', () => {
  const reading = readingOf({ unit: 1, table: 'holding', address: 10, count: 4, spans: [] });
  const wrong = [span(9), span(13, 2), span(10, 1, { unit: 2 }), span(10, 1, { table: 'input' })];
  for (const bad of wrong) {
    expect(() => sliceBlock(reading, bad)).toThrowError(
      expect.objectContaining({ code: 'internal' }),
    );
  }
});

function byAddress(a: ReadSpan<string>, b: ReadSpan<string>): number {
  return a.address - b.address || a.words - b.words;
}

function expectLegal(block: ReadBlock<string>, some: ReadLimits): void {
  expect(block.count).toBeLessThanOrEqual(some.maxReadWords);
  let end = block.address;
  for (const one of block.spans) {
    expect(one.address).toBeGreaterThanOrEqual(block.address);
    expect(one.address - end).toBeLessThanOrEqual(some.maxGapWords);
    end = Math.max(end, one.address + one.words);
  }
  expect(end).toBe(block.address + block.count);
}

/** Brute force: the least number of legal groups over all set partitions. */
function fewest(spans: readonly ReadSpan<string>[], some: ReadLimits): number {
  const sorted = [...spans].sort(byAddress);
  let best = sorted.length;
  const place = (i: number, groups: ReadSpan<string>[][]): void => {
    const next = sorted[i];
    if (groups.length >= best && next !== undefined) return;
    if (next === undefined) {
      if (groups.every((group) => isLegal(group, some))) best = Math.min(best, groups.length);
      return;
    }
    for (const group of groups) {
      group.push(next);
      place(i + 1, groups);
      group.pop();
    }
    place(i + 1, [...groups, [next]]);
  };
  place(0, []);
  return best;
}

function isLegal(group: readonly ReadSpan<string>[], some: ReadLimits): boolean {
  const first = group[0]?.address ?? 0;
  let end = first;
  for (const one of group) {
    if (one.address - end > some.maxGapWords) return false;
    end = Math.max(end, one.address + one.words);
  }
  return end - first <= some.maxReadWords;
}

function readingOf(block: ReadBlock<string>): BlockReading {
  const { unit, table, address, count } = block;
  return {
    request: { unit, table, address, count, priority: 'shot' },
    words: Array.from({ length: count }, (_, i) => address + i),
    at: { monoMs: 0, wallMs: 0 },
    roundTripMs: 0,
  };
}
