/**
 * Forests of deep trees on all rows: extremely randomised (each drawn feature is tried at one random
 * threshold) or with the best threshold of bootstrapped rows. Leaves hold class shares.
 */
import { drawSome, type TreeSum } from './boost-classes.ts';
import { type ClassRows, outputCount } from './class-rows.ts';
import type { FlatTree } from './flat-tree.ts';
import { bestThreshold, largestFloat, type NodeSplit, randomThreshold } from './forest-split.ts';
import { randomFrom } from './random.ts';

export interface ForestRecipe {
  readonly trees: number;
  readonly splits: 'random' | 'best';
  readonly featureShare: number;
  readonly minLeafRows: number;
  readonly maxLeaves: number;
}

export function growForest(data: ClassRows, recipe: ForestRecipe, seed: number): TreeSum {
  const random = randomFrom(seed);
  const trees: FlatTree[] = [];
  while (trees.length < recipe.trees) trees.push(growOne(data, recipe, random));
  const outputs = outputCount(data.classCount);
  return { kind: 'trees', link: 'log', baseline: new Array<number>(outputs).fill(0), trees };
}

interface OpenNode {
  readonly id: number;
  readonly rows: Uint32Array;
  readonly split: NodeSplit;
}

interface GrownNode {
  feature: number;
  threshold: number;
  missingLeft: boolean;
  left: number;
  right: number;
  readonly shares: readonly number[];
}

/** Best first, so that a limit on leaves cuts what matters least. */
function growOne(data: ClassRows, recipe: ForestRecipe, random: () => number): FlatTree {
  const count = data.labels.length;
  const nodes: GrownNode[] = [];
  const open: OpenNode[] = [];
  const grow = (rows: Uint32Array): number => {
    const id = nodes.length;
    const counts = countClasses(data, rows);
    const whole = counts.reduce((sum, one) => sum + one, 0);
    const shares = counts.map((one) => one / whole);
    nodes.push({ feature: -1, threshold: 0, missingLeft: false, left: 0, right: 0, shares });
    if (rows.length >= 2 * recipe.minLeafRows && shares.every((share) => share < 1)) {
      const split = chooseSplit(data, rows, counts, recipe, random);
      if (split !== null) push(open, { id, rows, split });
    }
    return id;
  };
  grow(
    recipe.splits === 'best'
      ? Uint32Array.from({ length: count }, () => Math.floor(random() * count)).sort()
      : Uint32Array.from({ length: count }, (_, row) => row),
  );
  for (let leaves = 1; leaves < recipe.maxLeaves; leaves += 1) {
    const next = pop(open);
    if (next === null) break;
    const { feature, threshold, missingLeft } = next.split;
    const [left, right] = divideRows(data, next);
    const node = nodes[next.id];
    if (node === undefined) break;
    Object.assign(node, { feature, threshold, missingLeft });
    node.left = grow(left);
    node.right = grow(right);
  }
  return flat(nodes, data.classCount, recipe.trees);
}

function chooseSplit(
  data: ClassRows,
  rows: Uint32Array,
  counts: readonly number[],
  recipe: ForestRecipe,
  random: () => number,
): NodeSplit | null {
  const features = data.columns.length;
  // All are drawn in random order: where the first are constant in this node, the next is tried.
  const order = drawSome(features, features, random);
  const wanted = Math.max(1, Math.round(features * recipe.featureShare));
  const find = recipe.splits === 'best' ? bestThreshold : randomThreshold;
  let best: NodeSplit | null = null;
  let usable = 0;
  for (const feature of order) {
    if (usable >= wanted) break;
    const found = find(data, rows, feature, counts, recipe.minLeafRows, random);
    if (found === 'constant') continue;
    usable += 1;
    if (found !== null && (best === null || found.gain > best.gain)) best = found;
  }
  return best;
}

function countClasses({ labels, classCount, weights }: ClassRows, rows: Uint32Array): number[] {
  const counts = new Array<number>(classCount).fill(0);
  for (const row of rows) {
    const label = labels[row] ?? 0;
    counts[label] = (counts[label] ?? 0) + (weights?.[row] ?? 1);
  }
  return counts;
}

function divideRows(data: ClassRows, { rows, split }: OpenNode): [Uint32Array, Uint32Array] {
  const column = data.columns[split.feature] ?? new Float32Array();
  const left = new Uint32Array(rows.length);
  const right = new Uint32Array(rows.length);
  let [lefts, rights] = [0, 0];
  for (const row of rows) {
    const value = column[row] ?? Number.NaN;
    const goesLeft = Number.isNaN(value) ? split.missingLeft : value <= split.threshold;
    if (goesLeft) left[lefts++] = row;
    else right[rights++] = row;
  }
  return [left.slice(0, lefts), right.slice(0, rights)];
}

/** A heap by gain. */
function push(heap: OpenNode[], one: OpenNode): void {
  let at = heap.length;
  heap.push(one);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || above.split.gain >= one.split.gain) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = one;
}

function pop(heap: OpenNode[]): OpenNode | null {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined) return null;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
    const rightIsBigger = (right?.split.gain ?? -1) > (left?.split.gain ?? -1);
    const child = rightIsBigger ? right : left;
    if (child === undefined || child.split.gain <= last.split.gain) break;
    heap[at] = child;
    at = 2 * at + (rightIsBigger ? 2 : 1);
  }
  heap[at] = last;
  return top;
}

function flat(nodes: readonly GrownNode[], classCount: number, trees: number): FlatTree {
  const single = outputCount(classCount) === 1;
  const outputs = single ? [0] : Array.from({ length: classCount }, (_, at) => at);
  return {
    feature: Int16Array.from(nodes, (node) => node.feature),
    threshold: Float32Array.from(nodes, (node) => Math.min(node.threshold, largestFloat)),
    missingLeft: Uint8Array.from(nodes, (node) => (node.missingLeft ? 1 : 0)),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    outputs,
    values: Float32Array.from(
      nodes.flatMap((node) =>
        (single ? node.shares.slice(1) : node.shares).map((one) => one / trees),
      ),
    ),
  };
}
