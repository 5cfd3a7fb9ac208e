/** Trees in flat arrays: quick to walk over many rows, and near to how ONNX keeps them. */
import type { Tree } from './tree.ts';

export interface FlatTree {
  /** Per node: the feature it asks for, −1 in a leaf. Node 0 is the root. */
  readonly feature: Int16Array;
  /** Values ≤ this go left, in float32. */
  readonly threshold: Float32Array;
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Outputs that a leaf adds to; `values` holds that many float32 for each node. */
  readonly outputs: readonly number[];
  readonly values: Float32Array;
}

/** A tree of single values as one that adds to `output`. */
export function flattenTree(tree: Tree, output: number): FlatTree {
  return {
    feature: Int16Array.from(tree, (node) => (node.kind === 'branch' ? node.feature : -1)),
    threshold: Float32Array.from(tree, (node) => (node.kind === 'branch' ? node.threshold : 0)),
    missingLeft: Uint8Array.from(tree, (node) =>
      node.kind === 'branch' && node.missingLeft ? 1 : 0,
    ),
    left: Int32Array.from(tree, (node) => (node.kind === 'branch' ? node.left : 0)),
    right: Int32Array.from(tree, (node) => (node.kind === 'branch' ? node.right : 0)),
    outputs: [output],
    values: Float32Array.from(tree, (node) => (node.kind === 'leaf' ? node.value : 0)),
  };
}

/** The leaf that row `row` ends in. */
export function leafOf(tree: FlatTree, columns: readonly Float32Array[], row: number): number {
  let node = 0;
  for (;;) {
    const feature = tree.feature[node] ?? -1;
    if (feature < 0) return node;
    const value = columns[feature]?.[row] ?? Number.NaN;
    const left = Number.isNaN(value)
      ? tree.missingLeft[node] === 1
      : value <= (tree.threshold[node] ?? 0);
    node = (left ? tree.left[node] : tree.right[node]) ?? 0;
  }
}

/** Adds what the tree says of every row to `sums`, one array per output, rounding as float32 does. */
export function addFlatTree(
  sums: readonly Float32Array[],
  tree: FlatTree,
  columns: readonly Float32Array[],
): void {
  const width = tree.outputs.length;
  const targets = tree.outputs.map((output) => sums[output] ?? new Float32Array());
  const rows = targets[0]?.length ?? 0;
  for (let row = 0; row < rows; row += 1) {
    const leaf = leafOf(tree, columns, row) * width;
    for (let at = 0; at < width; at += 1) {
      const target = targets[at];
      if (target !== undefined) target[row] = (target[row] ?? 0) + (tree.values[leaf + at] ?? 0);
    }
  }
}
