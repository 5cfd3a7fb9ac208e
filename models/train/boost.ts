/**
 * Histogram gradient boosting for a yes or no, after LightGBM and scikit-learn's
 * HistGradientBoostingClassifier. No randomness: the same rows give the same model.
 */
import { binValues, fitThresholds } from './bins.ts';
import { evaluateTree, growTree, type Tree, type TreeRules } from './tree.ts';

/** Columns of equal length, float32, NaN where missing; labels 1 for a defect. */
export interface Rows {
  readonly columns: readonly Float32Array[];
  readonly labels: Uint8Array;
}

export interface BoostOptions {
  readonly maxTrees?: number;
  readonly learningRate?: number;
  readonly maxLeaves?: number;
  readonly minLeafRows?: number;
  readonly l2?: number;
  /** Stop after so many trees without a better validation loss, and go back to the best. */
  readonly patience?: number;
  readonly onTree?: (trees: number, validationLoss: number | null) => void;
}

export interface BoostedModel {
  readonly featureCount: number;
  /** Log-odds before any tree, float32. */
  readonly baseline: number;
  readonly trees: readonly Tree[];
}

const defaults = {
  maxTrees: 200,
  learningRate: 0.1,
  maxLeaves: 31,
  minLeafRows: 20,
  l2: 1,
  patience: 20,
} as const;

/**
 * Both sets need a defect and a good part; the caller sees to it. Without `validation` exactly
 * `maxTrees` are grown.
 */
export function boost(
  train: Rows,
  validation: Rows | null,
  options: BoostOptions = {},
): BoostedModel {
  const settings = { ...defaults, ...options };
  const rules: TreeRules = { ...settings, minLeafHessian: 1e-3 };
  const thresholds = train.columns.map(fitThresholds);
  const bins = train.columns.map((column, index) =>
    binValues(column, thresholds[index] ?? new Float32Array()),
  );
  const baseline = Math.fround(logOdds(train.labels));
  const raw = new Float64Array(train.labels.length).fill(baseline);
  const watch = validation === null ? null : watchLoss(validation, baseline);
  const rows = Uint32Array.from(train.labels, (_, row) => row);
  const trees: Tree[] = [];
  while (trees.length < settings.maxTrees) {
    const data = { bins, thresholds, ...derivatives(raw, train.labels) };
    const tree = growTree(data, rows, rules);
    if (tree.length === 1) break;
    trees.push(tree);
    addTree(raw, tree, train.columns);
    const loss = watch?.add(tree) ?? null;
    options.onTree?.(trees.length, loss);
    if (watch !== null && trees.length - watch.bestTrees() >= settings.patience) break;
  }
  const kept = watch === null ? trees : trees.slice(0, watch.bestTrees());
  return { featureCount: train.columns.length, baseline, trees: kept };
}

/** Follows the loss on rows that the trees are not grown on. */
function watchLoss({ columns, labels }: Rows, baseline: number) {
  const raw = new Float64Array(labels.length).fill(baseline);
  let best = { trees: 0, loss: logLoss(raw, labels) };
  let trees = 0;
  return {
    add(tree: Tree): number {
      addTree(raw, tree, columns);
      trees += 1;
      const loss = logLoss(raw, labels);
      if (loss < best.loss) best = { trees, loss };
      return loss;
    },
    bestTrees: () => best.trees,
  };
}

function derivatives(raw: Float64Array, labels: Uint8Array) {
  const gradients = new Float64Array(raw.length);
  const hessians = new Float64Array(raw.length);
  for (let row = 0; row < raw.length; row += 1) {
    const probability = sigmoid(raw[row] ?? 0);
    gradients[row] = probability - (labels[row] ?? 0);
    hessians[row] = probability * (1 - probability);
  }
  return { gradients, hessians };
}

function addTree(raw: Float64Array, tree: Tree, columns: readonly Float32Array[]): void {
  for (let row = 0; row < raw.length; row += 1) {
    const value = evaluateTree(tree, (feature) => columns[feature]?.[row] ?? Number.NaN);
    raw[row] = (raw[row] ?? 0) + value;
  }
}

/** Probability of a defect for every row. */
export function predict(model: BoostedModel, columns: readonly Float32Array[]): Float64Array {
  const raw = new Float64Array(columns[0]?.length ?? 0).fill(model.baseline);
  for (const tree of model.trees) addTree(raw, tree, columns);
  return raw.map(sigmoid);
}

export function sigmoid(raw: number): number {
  return 1 / (1 + Math.exp(-raw));
}

function logOdds(labels: Uint8Array): number {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  return Math.log(positives / (labels.length - positives));
}

function logLoss(raw: Float64Array, labels: Uint8Array): number {
  let loss = 0;
  for (let row = 0; row < raw.length; row += 1) {
    const margin = labels[row] === 1 ? (raw[row] ?? 0) : -(raw[row] ?? 0);
    loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
  }
  return loss / raw.length;
}
