/** Files made to do harm, or damaged so that they would: refused before ONNX Runtime sees them. */
import { describe, expect, test } from 'vitest';
import { readModelFile } from '../../agent/cli/model-files.ts';
import { PpuriError } from '../../config/errors.ts';
import { admitModel } from '../../models/admit.ts';
import { readBundle } from '../../models/bundle.ts';
import { parseGolden, parseManifest } from '../../models/bundle-check.ts';
import { findBundle } from '../../models/find-bundle.ts';
import {
  type AttributeProto,
  attribute,
  DataType,
  floatTensor,
  type GraphInit,
  int64Tensor,
  type NodeInit,
  node,
  readModel,
  tensorInfo,
  writeModel,
} from '../../models/onnx/model.ts';
import { onnxBytes, scoreGraph } from './models-support.ts';

function refusal(bytes: Uint8Array): PpuriError {
  try {
    admitModel(bytes, 'hostile.onnx');
  } catch (thrown) {
    if (!(thrown instanceof PpuriError)) throw thrown;
    expect(thrown.code).toBe('model-invalid');
    expect(thrown.message.length).toBeLessThan(4000);
    return thrown;
  }
  throw new Error('the model was admitted');
}

function changed(change: Partial<GraphInit>): Uint8Array {
  return onnxBytes({ ...scoreGraph(), ...change });
}

function withNode(init: NodeInit, ...initializer: GraphInit['initializer'] & {}): Uint8Array {
  const all = [...(scoreGraph().initializer ?? []), ...initializer];
  return changed({ node: [...scoreGraph().node, node(init)], initializer: all });
}

const floats = (name: string, values: readonly number[]) => attribute(name, { floats: values });
const ints = (name: string, values: readonly number[]) => attribute(name, { ints: values });

interface Tree {
  readonly ids: number[];
  readonly yes: number[];
  readonly no: number[];
  readonly features: number[];
  readonly modes: string[];
  readonly values: number[];
  readonly owners: number[];
  readonly classes: number[];
  readonly weights: number[];
}

/** x1 ≤ 0.5 ? 0.9 : (x0 ≤ 3 ? 0.2 : 0.1) */
const sound: Tree = {
  ids: [0, 1, 2, 3, 4],
  yes: [1, 0, 3, 0, 0],
  no: [2, 0, 4, 0, 0],
  features: [1, 0, 0, 0, 0],
  modes: ['BRANCH_LEQ', 'LEAF', 'BRANCH_LEQ', 'LEAF', 'LEAF'],
  values: [0.5, 0, 3, 0, 0],
  owners: [1, 3, 4],
  classes: [0, 0, 0],
  weights: [0.9, 0.2, 0.1],
};

function treeBytes(change: Partial<Tree>): Uint8Array {
  const tree = { ...sound, ...change };
  const zeros = (like: readonly unknown[]) => like.map(() => 0);
  const attributes: AttributeProto[] = [
    ints('nodes_treeids', zeros(tree.ids)),
    ints('nodes_nodeids', tree.ids),
    ints('nodes_truenodeids', tree.yes),
    ints('nodes_falsenodeids', tree.no),
    ints('nodes_featureids', tree.features),
    attribute('nodes_modes', { strings: tree.modes }),
    floats('nodes_values', tree.values),
    ints('target_treeids', zeros(tree.owners)),
    ints('target_nodeids', tree.owners),
    ints('target_ids', tree.classes),
    floats('target_weights', tree.weights),
    attribute('n_targets', { int: 1 }),
  ];
  return onnxBytes(
    {
      name: 'trees',
      node: [
        node({
          opType: 'TreeEnsembleRegressor',
          domain: 'ai.onnx.ml',
          input: ['x'],
          output: ['score'],
          attribute: attributes,
        }),
      ],
      input: [tensorInfo('x', DataType.FLOAT, [null, 2])],
      output: [tensorInfo('score', DataType.FLOAT, [null, 1])],
    },
    { '': 17, 'ai.onnx.ml': 3 },
  );
}

describe('trees', () => {
  test('that are sound are admitted', () => {
    expect(admitModel(treeBytes({}), 'trees.onnx').leastFeatures).toBe(2);
  });

  test.each<[string, Partial<Tree>, RegExp]>([
    ['that go in a circle', { no: [2, 0, 0, 0, 0] }, /circle/],
    ['with a node that is its own child', { yes: [0, 0, 3, 0, 0] }, /circle/],
    ['with a child that two nodes share', { no: [2, 0, 2, 0, 0], yes: [2, 0, 3, 0, 0] }, /circle/],
    ['with a child that is not there', { no: [2, 0, 99, 0, 0] }, /0\/99, which is not there/],
    ['with a negative child', { no: [2, 0, -1, 0, 0] }, /not there/],
    ['with a node twice', { ids: [0, 1, 2, 3, 3] }, /twice/],
    ['with lists of different lengths', { yes: [1, 0, 3, 0] }, /4 entries for 5 nodes/],
    ['with too few thresholds', { values: [0.5] }, /1 entries for 5/],
    ['with too few modes', { modes: ['LEAF'] }, /nodes_modes/],
    [
      'that ask a feature beyond the row',
      { features: [7, 0, 0, 0, 0] },
      /feature 7 .*the input has 2/,
    ],
    ['that ask a negative feature', { features: [-1, 0, 0, 0, 0] }, /asks feature -1/],
    ['that ask an absurd feature', { features: [2 ** 40, 0, 0, 0, 0] }, /asks feature/],
    ['with a weight that is no number', { weights: [Number.NaN, 0, 0] }, /target_weights/],
    ['with an infinite weight', { weights: [Number.POSITIVE_INFINITY, 0, 0] }, /target_weights/],
    ['with a threshold that is no number', { values: [Number.NaN, 0, 3, 0, 0] }, /nodes_values/],
    ['with a weight of no node', { owners: [1, 3, 44] }, /weight belongs to node 0\/44/],
    ['with a weight for no target', { classes: [0, 0, 9] }, /target 9 of 1/],
  ])('%s are refused', (_, change, why) => {
    expect(refusal(treeBytes(change)).message).toMatch(why);
  });

  test('whose row is narrower by the manifest alone are refused as well', async () => {
    const { dir } = await findBundle('diecast-defect');
    const { manifest } = await readBundle(dir);
    const { leastFeatures } = admitModel(await readModelFile(`${dir}/model.onnx`), dir);
    expect(leastFeatures).toBeLessThanOrEqual(manifest.features.length);
    expect(leastFeatures).toBeGreaterThan(1);
  });
});

describe('weights', () => {
  test.each([
    ['NaN', Number.NaN],
    ['infinite', Number.NEGATIVE_INFINITY],
  ])('that are %s are refused', (_, value) => {
    expect(
      refusal(changed({ initializer: [floatTensor('w', [2, 1], [1, value])] })).message,
    ).toMatch(/"w".*no finite numbers/);
    const raw = floatTensor('w', [2, 1], []);
    raw.rawData = new Uint8Array(new Float32Array([1, value]).buffer);
    expect(refusal(changed({ initializer: [raw] })).message).toMatch(/no finite numbers/);
  });

  test('of half precision are looked at too', () => {
    const half = floatTensor('w', [2, 1], []);
    half.dataType = DataType.FLOAT16;
    half.rawData = Uint8Array.from([0x00, 0x3c, 0x00, 0x7c]);
    expect(refusal(changed({ initializer: [half] })).message).toMatch(/no finite numbers/);
  });

  test('in great number that nothing uses are refused', () => {
    const values = new Array<number>(100_000).fill(1);
    const idle = floatTensor('idle', [100_000], values);
    const initializer = [...(scoreGraph().initializer ?? []), idle];
    expect(refusal(changed({ initializer })).message).toMatch(
      /"idle" holds 100000 .* nothing uses/,
    );
  });
});

describe('names', () => {
  const long = 'n'.repeat(5_000_000);
  const producer = (name: string): Uint8Array => {
    const model = readModel(onnxBytes(scoreGraph()), 'x');
    model.producerName = name;
    return writeModel(model);
  };
  test.each<[string, Uint8Array]>([
    ['an operator', withNode({ opType: long, input: ['x'], output: ['y'] })],
    ['a value', withNode({ opType: 'Abs', input: ['x'], output: [long] })],
    ['the producer', producer(long)],
    ['an input', changed({ input: [tensorInfo(long, DataType.FLOAT, [null, 2])] })],
    [
      'an attribute’s text',
      withNode({
        opType: 'Abs',
        input: ['x'],
        output: ['y'],
        attribute: [attribute('s', { string: long })],
      }),
    ],
  ])('of megabytes are refused in few words: %s', (_, bytes) => {
    expect(refusal(bytes).message).toMatch(/characters/);
  });

  test('that move the cursor of a terminal are refused', () => {
    const bytes = withNode({ opType: 'Abs', input: ['x'], output: ['\u001b[2Jok'] });
    expect(refusal(bytes).message).toContain('control characters');
    expect(refusal(bytes).message).not.toContain('\u001b');
  });

  test('of values made twice are refused', () => {
    const twice = (output: string) => withNode({ opType: 'Abs', input: ['x'], output: [output] });
    expect(refusal(twice('raw')).message).toMatch(/two values "raw"/);
    expect(refusal(twice('x')).message).toMatch(/two values "x"/);
    const [weights] = scoreGraph().initializer ?? [];
    if (weights === undefined) throw new Error('no weights');
    expect(refusal(changed({ initializer: [weights, weights] })).message).toMatch(
      /two initializers/,
    );
  });
});

describe('operators that would make giants', () => {
  test.each<[string, NodeInit, NonNullable<GraphInit['initializer']>]>([
    [
      'Expand',
      { opType: 'Expand', input: ['x', 's'], output: ['y'] },
      [int64Tensor('s', [2], [1e6, 1e6])],
    ],
    [
      'Tile',
      { opType: 'Tile', input: ['x', 's'], output: ['y'] },
      [int64Tensor('s', [2], [1e5, 1e5])],
    ],
    [
      'Pad',
      { opType: 'Pad', input: ['x', 's'], output: ['y'] },
      [int64Tensor('s', [4], [0, 0, 1e9, 0])],
    ],
    [
      'Resize',
      { opType: 'Resize', input: ['x', '', 's'], output: ['y'] },
      [floatTensor('s', [2], [1e6, 1e6])],
    ],
    [
      'OneHot',
      { opType: 'OneHot', input: ['x', 's', 'v'], output: ['y'] },
      [int64Tensor('s', [], [1e12])],
    ],
    [
      'Range',
      { opType: 'Range', input: ['a', 'b', 'c'], output: ['y'] },
      [floatTensor('a', [], [0]), floatTensor('b', [], [1]), floatTensor('c', [], [1e-12])],
    ],
    [
      'Range',
      { opType: 'Range', input: ['a', 'b', 'c'], output: ['y'] },
      [floatTensor('a', [], [0]), floatTensor('b', [], [1]), floatTensor('c', [], [0])],
    ],
    ['DFT', { opType: 'DFT', input: ['x', 's'], output: ['y'] }, [int64Tensor('s', [], [1e11])]],
    [
      'ConvTranspose',
      {
        opType: 'ConvTranspose',
        input: ['x', 'w'],
        output: ['y'],
        attribute: [ints('strides', [1e9])],
      },
      [],
    ],
  ])('%s', (opType, init, initializer) => {
    expect(refusal(withNode(init, ...initializer)).message).toContain(opType);
  });
});

describe('what lies around a model', () => {
  test('a manifest nested without end, or of megabytes, is refused in words', () => {
    expect(parseManifest('['.repeat(200_000)).faults[0]).toMatch(/model.yaml/);
    expect(parseManifest('a: '.padEnd(2_000_000, 'x')).faults).toEqual([
      'model.yaml: more than 1 MiB',
    ]);
  });

  test('golden rows that any model would pass are none', () => {
    const vectors = [{ inputs: [1], outputs: [0.5] }];
    for (const tolerance of [1, 1e9, 0, -1]) {
      const { faults } = parseGolden(JSON.stringify({ tolerance, vectors }));
      expect(faults[0]).toMatch(/golden.json: tolerance/);
    }
    expect(parseGolden('['.repeat(1_000_000)).faults[0]).toMatch(/golden.json/);
  });
});
