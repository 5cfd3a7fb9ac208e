/**
 * Histogram gradient boosting for two classes or more, with rows and features drawn by chance: many
 * small steps on drawn parts generalise to a later period better than few large ones on all.
 */
import { binValues, fitThresholds } from './bins.ts';
import { type ClassRows, classShares, outputCount, toProbabilities } from './class-rows.ts';
import { addFlatTree, type FlatTree, flattenTree } from './flat-tree.ts';
import { randomFrom } from './random.ts';
import { growTree, type TreeRules } from './tree.ts';

export interface BoostRecipe {
  readonly rounds: number;
  readonly learningRate: number;
  readonly maxLeaves: number;
  readonly minLeafRows: number;
  readonly l2: number;
  /** Share of the features that each node may choose among. */
  readonly featureShare: number;
  /** `random`: each feature is tried at one threshold by chance, which bends more softly. */
  readonly thresholds: 'best' | 'random';
  /** Share of the rows that each round's trees are grown on. */
  readonly rowShare: number;
}

export interface TreeSum {
  readonly kind: 'trees';
  /** `log`: the trees add up to probabilities, whose logarithm (or log-odds) is meant. */
  readonly link: 'identity' | 'log';
  /** Added to the trees' sum, one per output. */
  readonly baseline: readonly number[];
  readonly trees: readonly FlatTree[];
}

/** Every class needs a row. */
export function boostClasses(data: ClassRows, recipe: BoostRecipe, seed: number): TreeSum {
  const random = randomFrom(seed);
  const { learningRate, maxLeaves, minLeafRows, l2 } = recipe;
  const sizes = { learningRate, maxLeaves, minLeafRows, l2, minLeafHessian: 1e-3 };
  const rules: TreeRules = { ...sizes, ...drawing(data, recipe, random) };
  const thresholds = data.columns.map(fitThresholds);
  const bins = data.columns.map((column, at) =>
    binValues(column, thresholds[at] ?? new Float32Array()),
  );
  const baseline = baselineOf(data);
  const sums = baseline.map(() => new Float32Array(data.labels.length));
  const trees: FlatTree[] = [];
  for (let round = 1; round <= recipe.rounds; round += 1) {
    const rows = drawRows(data.labels.length, recipe.rowShare, random);
    for (const [output, derivatives] of derivativesOf(data, sums, baseline).entries()) {
      const tree = flattenTree(growTree({ bins, thresholds, ...derivatives }, rows, rules), output);
      trees.push(tree);
    }
    for (const tree of trees.slice(-baseline.length)) addFlatTree(sums, tree, data.columns);
  }
  return { kind: 'trees', link: 'identity', baseline, trees };
}

/** The same model after fewer rounds. */
export function firstRounds(model: TreeSum, rounds: number): TreeSum {
  return { ...model, trees: model.trees.slice(0, rounds * model.baseline.length) };
}

function drawing(
  data: ClassRows,
  { featureShare, thresholds }: BoostRecipe,
  random: () => number,
): Pick<TreeRules, 'drawFeatures' | 'drawThreshold'> {
  const features = data.columns.length;
  const count = Math.max(1, Math.round(features * featureShare));
  return {
    ...(count < features && { drawFeatures: () => drawSome(features, count, random) }),
    ...(thresholds === 'random' && { drawThreshold: random }),
  };
}

/** `count` different numbers below `from`. */
export function drawSome(from: number, count: number, random: () => number): Uint16Array {
  const all = Uint16Array.from({ length: from }, (_, at) => at);
  for (let at = 0; at < count; at += 1) {
    const other = at + Math.floor(random() * (from - at));
    [all[at], all[other]] = [all[other] ?? 0, all[at] ?? 0];
  }
  return all.subarray(0, count);
}

function drawRows(count: number, share: number, random: () => number): Uint32Array {
  const all = Uint32Array.from({ length: count }, (_, row) => row);
  return share >= 1 ? all : all.filter(() => random() < share);
}

function baselineOf(data: ClassRows): number[] {
  const shares = classShares(data);
  if (outputCount(data.classCount) > 1) return shares.map((share) => Math.log(share));
  const [good = 0, defect = 0] = shares;
  return [Math.log(defect / good)];
}

/** Gradients and hessians of the log loss, per output. */
function derivativesOf(
  { labels, weights }: ClassRows,
  sums: readonly Float32Array[],
  baseline: readonly number[],
) {
  const probabilities = sums.map((sum, output) =>
    Float64Array.from(sum, (value) => value + (baseline[output] ?? 0)),
  );
  toProbabilities(probabilities);
  const single = sums.length === 1;
  return probabilities.map((probability, output) => {
    const gradients = new Float64Array(labels.length);
    const hessians = new Float64Array(labels.length);
    for (let row = 0; row < labels.length; row += 1) {
      const weight = weights?.[row] ?? 1;
      const isClass = labels[row] === (single ? 1 : output) ? 1 : 0;
      const value = probability[row] ?? 0;
      gradients[row] = weight * (value - isClass);
      hessians[row] = weight * value * (1 - value);
    }
    return { gradients, hessians };
  });
}
