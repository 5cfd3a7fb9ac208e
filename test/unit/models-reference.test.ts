import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBundle, writeBundle } from '../../models/bundle.ts';
import type { Reference } from '../../models/reference.ts';
import { scoreManifest, scoreParts, scratchDir } from './models-support.ts';

const [first = '', second = ''] = scoreManifest.features.map(({ from }) => from);

function reference(change: Partial<Reference> = {}): Reference {
  return {
    shots: 500,
    features: {
      [first]: { edges: [1, 2], shares: [0.25, 0.5, 0.25], missing: 0 },
      [second]: { edges: [], shares: [1], missing: 0.1 },
    },
    novelty: {
      center: [1, 2],
      scale: [1, 0.5],
      inverse: [
        [1, 0],
        [0, 1],
      ],
      limit: 4,
    },
    ...change,
  };
}

async function written(parts: Reference, name = 'bundle') {
  await using scratch = await scratchDir();
  await mkdir(scratch.path, { recursive: true });
  const dir = join(scratch.path, name);
  await writeBundle(dir, { ...scoreParts(), reference: parts });
  return (await readBundle(dir)).reference;
}

describe('reference.json', () => {
  test('comes back as it was written, and is absent where there is none', async () => {
    expect(await written(reference())).toEqual(reference());
    await using scratch = await scratchDir();
    const bare = await writeBundle(join(scratch.path, 'bare'), scoreParts());
    expect(bare.reference).toBeNull();
  });

  test.each([
    [
      'a feature the model does not use',
      { features: { other: { edges: [], shares: [1], missing: 0 } } },
      /other/,
    ],
    [
      'shares that do not sum to 1',
      { features: { [first]: { edges: [1], shares: [0.5, 0.4], missing: 0 } } },
      /sum to 1/,
    ],
    [
      'edges out of order',
      { features: { [first]: { edges: [2, 1], shares: [0.5, 0.3, 0.2], missing: 0 } } },
      /ascend/,
    ],
    [
      'a novelty of another width',
      { novelty: { center: [1], scale: [1], inverse: [[1]], limit: 1 } },
      /2 values a row/,
    ],
  ] satisfies [string, Partial<Reference>, RegExp][])(
    'is refused with %s',
    async (_, change, why) => {
      await expect(written(reference(change))).rejects.toThrow(why);
    },
  );
});
