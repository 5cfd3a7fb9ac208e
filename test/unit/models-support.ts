/** Small models and bundles made with ppuri's own ONNX writer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BundleParts } from '../../models/bundle.ts';
import type { Manifest } from '../../models/manifest.ts';
import {
  attribute,
  DataType,
  floatTensor,
  type GraphInit,
  graph,
  model,
  node,
  tensorInfo,
  writeModel,
} from '../../models/onnx/model.ts';

export async function scratchDir(): Promise<{
  path: string;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), 'ppuri-models-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** sigmoid(x·w) of two features: one score. */
export function scoreGraph(): GraphInit {
  return {
    name: 'score',
    node: [
      node({ opType: 'MatMul', input: ['x', 'w'], output: ['raw'] }),
      node({ opType: 'Sigmoid', input: ['raw'], output: ['score'] }),
    ],
    input: [tensorInfo('x', DataType.FLOAT, [null, 2])],
    output: [tensorInfo('score', DataType.FLOAT, [null, 1])],
    initializer: [floatTensor('w', [2, 1], [1, -1])],
  };
}

/** Softmax over two columns, as a tensor and through ZipMap as exporters write it. */
export function zipMapGraph(): GraphInit {
  return {
    name: 'zip',
    node: [
      node({ opType: 'MatMul', input: ['x', 'w'], output: ['raw'] }),
      node({ opType: 'Softmax', input: ['raw'], output: ['probabilities'] }),
      node({
        opType: 'ZipMap',
        domain: 'ai.onnx.ml',
        input: ['probabilities'],
        output: ['maps'],
        attribute: [attribute('classlabels_strings', { strings: ['good', 'bad'] })],
      }),
    ],
    input: [tensorInfo('x', DataType.FLOAT, [null, 2])],
    output: [{ ...tensorInfo('maps', DataType.FLOAT, []), name: 'maps' }],
    initializer: [floatTensor('w', [2, 2], [1, 0, 0, 1])],
  };
}

export function onnxBytes(
  body: GraphInit,
  opsets: Readonly<Record<string, number>> = { '': 17 },
  irVersion = 8,
): Uint8Array {
  return writeModel(model(graph(body), opsets, irVersion));
}

export const scoreManifest: Manifest = {
  format: 1,
  name: 'two-sums',
  version: '1.0.0',
  task: 'binary',
  profile: 'die-casting-cold-chamber',
  input: { name: 'x', dtype: 'float32' },
  features: [
    { name: 'melt', from: 'meltTemperature', unit: '°C', missing: 'refuse', range: [600, 700] },
    { name: 'vacuum', from: 'vacuum', unit: 'mbar', missing: 0 },
  ],
  output: { name: 'score', kind: 'score', defectColumns: [0] },
  classes: [],
  threshold: 0.5,
  outOfRange: 'flag',
  molds: 'any',
  metrics: {},
  training: {},
};

export function scoreParts(change: Partial<Manifest> = {}): BundleParts {
  return {
    manifest: { ...scoreManifest, ...change },
    model: onnxBytes(scoreGraph()),
    golden: {
      tolerance: 1e-5,
      vectors: [
        { inputs: [1, 1], outputs: [0.5] },
        { inputs: [2, null], outputs: [0.8807970779778823] },
      ],
    },
  };
}
