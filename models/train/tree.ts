/** One regression tree, grown leaf by leaf where it helps most. */
import { missingBin, type Thresholds } from './bins.ts';
import {
  bestSplit,
  createHistogram,
  fillHistogram,
  type Histogram,
  type Split,
  type SplitRules,
  type Sums,
  subtractHistogram,
} from './split.ts';

export type TreeNode =
  | { readonly kind: 'leaf'; readonly value: number }
  | {
      readonly kind: 'branch';
      readonly feature: number;
      /** Values ≤ this go left. */
      readonly threshold: number;
      readonly missingLeft: boolean;
      readonly left: number;
      readonly right: number;
    };

/** Node 0 is the root. Leaf values are float32 and already scaled by the learning rate. */
export type Tree = readonly TreeNode[];

export interface TreeRules extends SplitRules {
  readonly maxLeaves: number;
  readonly learningRate: number;
}

/** Binned training rows with the loss's derivatives at the present prediction. */
export interface BinnedRows {
  readonly bins: readonly Uint8Array[];
  readonly thresholds: readonly Thresholds[];
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
}

interface OpenLeaf {
  readonly id: number;
  readonly rows: Uint32Array;
  readonly histogram: Histogram;
  readonly sums: Sums;
  readonly split: Split | null;
}

/** Everything that above all bins still goes left must stay below: the largest float32. */
const largestFloat = 3.4028234663852886e38;

export function growTree(data: BinnedRows, rows: Uint32Array, rules: TreeRules): Tree {
  const nodes: TreeNode[] = [];
  const binCounts = data.thresholds.map((cuts) => cuts.length + 1);
  const open = (sums: Sums, members: Uint32Array, histogram: Histogram): OpenLeaf => {
    const id = nodes.length;
    nodes.push({ kind: 'leaf', value: leafValue(sums, rules) });
    const split = bestSplit(histogram, binCounts, sums, rules);
    return { id, rows: members, histogram, sums, split };
  };
  const root = createHistogram(data.bins.length);
  fillHistogram(root, data.bins, rows, data.gradients, data.hessians);
  const leaves = [open(sumRows(data, rows), rows, root)];
  while (leaves.length < rules.maxLeaves) {
    const leaf = takeBest(leaves);
    if (leaf === null) break;
    const [left, right] = divide(data, leaf, open);
    nodes[leaf.id] = branch(data, leaf.split, left.id, right.id);
    leaves.push(left, right);
  }
  return nodes;
}

interface SplittableLeaf extends OpenLeaf {
  readonly split: Split;
}

function isSplittable(leaf: OpenLeaf): leaf is SplittableLeaf {
  return leaf.split !== null;
}

/** Removes and returns the leaf whose split gains most; the older one of equals. */
function takeBest(leaves: OpenLeaf[]): SplittableLeaf | null {
  let best: SplittableLeaf | null = null;
  for (const leaf of leaves)
    if (isSplittable(leaf) && (best === null || leaf.split.gain > best.split.gain)) best = leaf;
  if (best !== null) leaves.splice(leaves.indexOf(best), 1);
  return best;
}

/** Only the smaller side is summed anew; the larger is what remains of the parent. */
function divide(
  data: BinnedRows,
  leaf: SplittableLeaf,
  open: (sums: Sums, rows: Uint32Array, histogram: Histogram) => OpenLeaf,
): [OpenLeaf, OpenLeaf] {
  const { left, right } = partition(data, leaf);
  const smaller = left.length <= right.length ? left : right;
  const histogram = createHistogram(data.bins.length);
  fillHistogram(histogram, data.bins, smaller, data.gradients, data.hessians);
  subtractHistogram(leaf.histogram, histogram);
  const of = (rows: Uint32Array) => (rows === smaller ? histogram : leaf.histogram);
  return [open(sumRows(data, left), left, of(left)), open(sumRows(data, right), right, of(right))];
}

function partition(data: BinnedRows, { rows, split }: SplittableLeaf) {
  const column = data.bins[split.feature] ?? new Uint8Array();
  const left = new Uint32Array(rows.length);
  const right = new Uint32Array(rows.length);
  let [lefts, rights] = [0, 0];
  for (const row of rows) {
    const bin = column[row] ?? missingBin;
    const goesLeft = bin === missingBin ? split.missingLeft : bin <= split.bin;
    if (goesLeft) left[lefts++] = row;
    else right[rights++] = row;
  }
  return { left: left.slice(0, lefts), right: right.slice(0, rights) };
}

function branch(data: BinnedRows, split: Split, left: number, right: number): TreeNode {
  const { feature, bin, missingLeft } = split;
  const threshold = data.thresholds[feature]?.[bin] ?? largestFloat;
  return { kind: 'branch', feature, threshold, missingLeft, left, right };
}

function sumRows(data: BinnedRows, rows: Uint32Array): Sums {
  let gradient = 0;
  let hessian = 0;
  for (const row of rows) {
    gradient += data.gradients[row] ?? 0;
    hessian += data.hessians[row] ?? 0;
  }
  return { gradient, hessian, count: rows.length };
}

function leafValue({ gradient, hessian }: Sums, rules: TreeRules): number {
  return Math.fround((-rules.learningRate * gradient) / (hessian + rules.l2 + Number.EPSILON));
}

/** The leaf value that `features` (float32, NaN missing) lead to. */
export function evaluateTree(tree: Tree, feature: (index: number) => number): number {
  let node = tree[0];
  while (node?.kind === 'branch') {
    const value = feature(node.feature);
    const left = Number.isNaN(value) ? node.missingLeft : value <= node.threshold;
    node = tree[left ? node.left : node.right];
  }
  return node?.value ?? 0;
}
