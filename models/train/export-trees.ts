/** Flat trees as the attributes of one TreeEnsembleRegressor. */
import { type AttributeProto, attribute } from '../onnx/model.ts';
import type { FlatTree } from './flat-tree.ts';

/** Values ≤ threshold and, where learned, missing ones take the true branch. Sums the trees. */
export function regressorAttributes(trees: readonly FlatTree[], outputs: number): AttributeProto[] {
  const perNode = (of: (tree: FlatTree, node: number, index: number) => number): number[] => {
    const values: number[] = [];
    for (const [index, tree] of trees.entries())
      for (let node = 0; node < tree.feature.length; node += 1) values.push(of(tree, node, index));
    return values;
  };
  const isLeaf = (tree: FlatTree, node: number) => (tree.feature[node] ?? -1) < 0;
  const ints = (name: string, of: Parameters<typeof perNode>[0]) =>
    attribute(name, { ints: perNode(of) });
  const leaves = perNode((tree, node) => (isLeaf(tree, node) ? 1 : 0));
  return [
    ints('nodes_treeids', (_tree, _node, index) => index),
    ints('nodes_nodeids', (_tree, node) => node),
    ints('nodes_featureids', (tree, node) => Math.max(0, tree.feature[node] ?? 0)),
    ints('nodes_truenodeids', (tree, node) => tree.left[node] ?? 0),
    ints('nodes_falsenodeids', (tree, node) => tree.right[node] ?? 0),
    ints('nodes_missing_value_tracks_true', (tree, node) => tree.missingLeft[node] ?? 0),
    attribute('nodes_modes', {
      strings: leaves.map((leaf) => (leaf === 1 ? 'LEAF' : 'BRANCH_LEQ')),
    }),
    attribute('nodes_values', { floats: perNode((tree, node) => tree.threshold[node] ?? 0) }),
    ...targets(trees),
    attribute('n_targets', { int: outputs }),
    attribute('aggregate_function', { string: 'SUM' }),
  ];
}

function targets(trees: readonly FlatTree[]): AttributeProto[] {
  const ids: { tree: number[]; node: number[]; output: number[]; weight: number[] } = {
    tree: [],
    node: [],
    output: [],
    weight: [],
  };
  for (const [index, tree] of trees.entries()) {
    for (let node = 0; node < tree.feature.length; node += 1) {
      if ((tree.feature[node] ?? -1) >= 0) continue;
      for (const [at, output] of tree.outputs.entries()) {
        ids.tree.push(index);
        ids.node.push(node);
        ids.output.push(output);
        ids.weight.push(tree.values[node * tree.outputs.length + at] ?? 0);
      }
    }
  }
  return [
    attribute('target_treeids', { ints: ids.tree }),
    attribute('target_nodeids', { ints: ids.node }),
    attribute('target_ids', { ints: ids.output }),
    attribute('target_weights', { floats: ids.weight }),
  ];
}
