/** Boosted trees as ONNX: one TreeEnsembleClassifier, `label` and `probabilities` out. */
import {
  attribute,
  DataType,
  graph,
  node,
  model as onnxModel,
  tensorInfo,
  writeModel,
} from '../onnx/model.ts';
import type { BoostedModel } from './boost.ts';
import type { TreeNode } from './tree.ts';

export const inputName = 'features';
export const outputName = 'probabilities';

interface FlatNode {
  readonly tree: number;
  readonly id: number;
  readonly node: TreeNode;
}

/**
 * Bytes of model.onnx: float [N, features] → `label` int64 [N], `probabilities` float [N, 2].
 * Values ≤ threshold and, where learned, missing ones take the true branch.
 */
export function exportOnnx(boosted: BoostedModel): Uint8Array {
  const flat = boosted.trees.flatMap((tree, index) =>
    tree.map((one, id): FlatNode => ({ tree: index, id, node: one })),
  );
  const ensemble = node({
    opType: 'TreeEnsembleClassifier',
    domain: 'ai.onnx.ml',
    input: [inputName],
    output: ['label', outputName],
    attribute: [
      ...branchAttributes(flat),
      ...leafAttributes(flat),
      attribute('base_values', { floats: [boosted.baseline] }),
      attribute('classlabels_int64s', { ints: [0, 1] }),
      attribute('post_transform', { string: 'LOGISTIC' }),
    ],
  });
  const body = graph({
    name: 'ppuri-boosted-trees',
    node: [ensemble],
    input: [tensorInfo(inputName, DataType.FLOAT, [null, boosted.featureCount])],
    output: [
      tensorInfo('label', DataType.INT64, [null]),
      tensorInfo(outputName, DataType.FLOAT, [null, 2]),
    ],
  });
  return writeModel(onnxModel(body, { '': 17, 'ai.onnx.ml': 1 }));
}

function branchAttributes(flat: readonly FlatNode[]) {
  const ints = (name: string, of: (one: FlatNode) => number) =>
    attribute(name, { ints: flat.map(of) });
  const branchInt = (name: string, of: (branch: Branch) => number) =>
    ints(name, ({ node: one }) => (one.kind === 'branch' ? of(one) : 0));
  return [
    ints('nodes_treeids', ({ tree }) => tree),
    ints('nodes_nodeids', ({ id }) => id),
    branchInt('nodes_featureids', ({ feature }) => feature),
    branchInt('nodes_truenodeids', ({ left }) => left),
    branchInt('nodes_falsenodeids', ({ right }) => right),
    branchInt('nodes_missing_value_tracks_true', ({ missingLeft }) => (missingLeft ? 1 : 0)),
    attribute('nodes_modes', {
      strings: flat.map(({ node: one }) => (one.kind === 'branch' ? 'BRANCH_LEQ' : 'LEAF')),
    }),
    attribute('nodes_values', {
      floats: flat.map(({ node: one }) => (one.kind === 'branch' ? one.threshold : 0)),
    }),
  ];
}

type Branch = Extract<TreeNode, { kind: 'branch' }>;

function leafAttributes(flat: readonly FlatNode[]) {
  const leaves = flat.filter(({ node: one }) => one.kind === 'leaf');
  return [
    attribute('class_treeids', { ints: leaves.map(({ tree }) => tree) }),
    attribute('class_nodeids', { ints: leaves.map(({ id }) => id) }),
    attribute('class_ids', { ints: leaves.map(() => 0) }),
    attribute('class_weights', {
      floats: leaves.map(({ node: one }) => (one.kind === 'leaf' ? one.value : 0)),
    }),
  ];
}
