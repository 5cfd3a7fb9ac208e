/** A model file that is loaded already gives no other bundle a free pass. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { requirePace } from '../../agent/model-pace.ts';
import { attribute, DataType, floatTensor, node, tensorInfo } from '../../models/onnx/model.ts';
import { expectedRow, fixtureBundle, hashOf, row } from '../fixtures/models/bundles.ts';
import { type Bench, outputsOf, reasonOf, startInference } from '../fixtures/models/inference.ts';
import { onnxBytes, scratchDir } from './models-support.ts';

const ample = { machine: 'dc-02', deadlineMs: 20_000, hardLimitMs: 20_000 };
let bench: Bench | null = null;

afterEach(async () => {
  await bench?.inference.close();
  bench = null;
});

function start(): Bench {
  bench = startInference();
  return bench;
}

describe('a second bundle around the same model file', () => {
  test('is proven by its own golden rows', async () => {
    const { inference } = start();
    const first = fixtureBundle('linear');
    await inference.load(first);
    const inputs = [0.1, 0.2, 0.3];
    const lying = fixtureBundle('linear', {
      name: 'other',
      golden: [{ inputs, outputs: [0.5, 0.5] }],
    });
    await expect(inference.load(lying)).rejects.toMatchObject({ code: 'model-golden-mismatch' });
    const honest = fixtureBundle('linear', {
      name: 'other',
      golden: [{ inputs, outputs: expectedRow(inputs) }],
    });
    expect((await inference.load(honest)).runMs).toBeGreaterThan(0);
    inference.release(honest.hash);
    // The refused one undid its own load only.
    const prediction = await inference.predict({
      ...ample,
      model: first.hash,
      input: row(...inputs),
    });
    expect(outputsOf(prediction)[1]).toBeCloseTo(expectedRow(inputs)[1], 5);
  });

  test('that reads another output of it is refused', async () => {
    const { inference } = start();
    await inference.load(fixtureBundle('linear'));
    const other = fixtureBundle('linear', { name: 'other', output: 'label' });
    await expect(inference.load(other)).rejects.toMatchObject({ code: 'model-invalid' });
  });
});

test('a model that gives fewer values for some rows is told, and no verdict is made of it', async () => {
  await using scratch = await scratchDir();
  const modelPath = join(scratch.path, 'model.onnx');
  // Of [1-p, p] only what is above 0.5 … or both, as the row will have it.
  const bytes = onnxBytes({
    name: 'shrinks',
    node: [
      node({ opType: 'Greater', input: ['x', 'half'], output: ['over'] }),
      node({
        opType: 'Flatten',
        input: ['over'],
        output: ['flat'],
        attribute: [attribute('axis', { int: 0 })],
      }),
      node({ opType: 'Squeeze', input: ['flat'], output: ['mask'] }),
      node({
        opType: 'Compress',
        input: ['x', 'mask'],
        output: ['p'],
        attribute: [attribute('axis', { int: 1 })],
      }),
    ],
    input: [tensorInfo('x', DataType.FLOAT, [null, 3])],
    output: [tensorInfo('p', DataType.FLOAT, [null, null])],
    initializer: [floatTensor('half', [], [0.5])],
  });
  await writeFile(modelPath, bytes);
  const golden = [{ inputs: [0.75, 0.625, 0], outputs: [0.75, 0.625] }];
  const bundle = fixtureBundle('linear', { modelPath, hash: hashOf(modelPath), golden });
  const { inference } = start();
  await inference.load(bundle);
  const ask = async (...inputs: number[]) => {
    return inference.predict({ ...ample, model: bundle.hash, input: row(...inputs) });
  };
  expect(outputsOf(await ask(0.75, 0, 0.875))).toEqual([0.75, 0.875]);
  for (const inputs of [
    [0.75, 0, 0],
    [1, 1, 1],
    [0, 0, 0],
  ]) {
    const prediction = await ask(...inputs);
    expect(reasonOf(prediction)).toBe('model-failed');
    expect(prediction).toMatchObject({ detail: expect.stringContaining('2 in its golden rows') });
  }
});

test('a model slower than the machine waits is refused, with both figures', () => {
  requirePace(19.9, 20, 'dc-03');
  expect(() => requirePace(31.25, 20, 'dc-03')).toThrow('31.3 ms here, dc-03 waits 20 ms');
});
