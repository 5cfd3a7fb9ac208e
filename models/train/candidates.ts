/** The models that `ppuri train` tries, by how much there is to learn from. */
import type { Member } from './blend.ts';
import { type BoostRecipe, boostClasses, firstRounds } from './boost-classes.ts';
import type { ClassRows } from './class-rows.ts';
import { type ForestRecipe, growForest } from './forest.ts';
import { fitLinear, type LinearRecipe } from './linear.ts';

export interface Candidate {
  readonly name: string;
  /** `onPart` is told from time to time what share of the fit is done. */
  fit(data: ClassRows, seed: number, onPart?: (share: number) => void): Member;
  /** What the same fit gives when it is stopped earlier. */
  readonly earlier?: {
    readonly name: string;
    readonly of: (whole: Member) => Member;
  };
}

/** How the rows count in the fit. */
type Weighing = 'alike' | 'balanced' | 'recent';

const boosting: BoostRecipe = {
  rounds: 300,
  learningRate: 0.05,
  maxLeaves: 15,
  minLeafRows: 50,
  l2: 5,
  featureShare: 0.3,
  thresholds: 'best',
  rowShare: 0.7,
};

/** Sorting every node's rows is dear; beyond this, random thresholds do as well. */
const maxSortedRows = 12_000;

export function candidatesFor(data: ClassRows, ordered: boolean): Candidate[] {
  const rows = data.labels.length;
  const leaf = Math.max(3, Math.min(50, Math.round(rows / 400)));
  const boost = (name: string, recipe: Partial<BoostRecipe>, weighing: Weighing = 'alike') =>
    boosted(name, { ...boosting, minLeafRows: leaf, ...recipe }, weighing);
  const forest = (name: string, recipe: Partial<ForestRecipe>) =>
    grown(name, {
      ...{ trees: 100, splits: 'random', featureShare: 0.5, minLeafRows: 3, maxLeaves: 1000 },
      ...recipe,
    });
  return [
    boost('boosted-15', {}),
    boost('boosted-4', { maxLeaves: 4, learningRate: 0.1 }),
    boost('boosted-31', { maxLeaves: 31, l2: 1, minLeafRows: Math.max(3, leaf >> 1) }),
    ...(data.classCount === 2 ? [boost('boosted-15-balanced', {}, 'balanced')] : []),
    ...(ordered ? [boost('boosted-15-recent', {}, 'recent')] : []),
    forest('extra-trees', {}),
    forest('extra-trees-all', { featureShare: 1, minLeafRows: rows < 5000 ? 1 : 8 }),
    forest('extra-trees-coarse', { minLeafRows: rows < 5000 ? 8 : 20 }),
    ...(rows <= maxSortedRows
      ? [forest('random-forest', { splits: 'best', featureShare: 0.3, minLeafRows: 2 })]
      : []),
    straight('logistic', { pieces: 1, beyond: 0.001, l2: 1e-5 }),
    straight('logistic-held', { pieces: 1, beyond: 0.01, l2: 1e-3 }),
    straight('logistic-bent', { pieces: 4, beyond: 0.001, l2: 1e-4 }),
  ];
}

function boosted(name: string, recipe: BoostRecipe, weighing: Weighing): Candidate {
  const third = Math.round(recipe.rounds / 3);
  return {
    name,
    fit: (data, seed, onPart) =>
      boostClasses(weigh(data, weighing), recipe, seed, (round) => onPart?.(round / recipe.rounds)),
    earlier: {
      name: `${name}-early`,
      of: (whole) => (whole.kind === 'trees' ? firstRounds(whole, third) : whole),
    },
  };
}

function grown(name: string, recipe: ForestRecipe): Candidate {
  return {
    name,
    fit: (data, seed, onPart) =>
      growForest(data, recipe, seed, (trees) => onPart?.(trees / recipe.trees)),
  };
}

function straight(name: string, recipe: LinearRecipe): Candidate {
  return { name, fit: (data) => fitLinear(data, recipe) };
}

/** Share of a row's weight that is left over the whole length of the data. */
const oldestWeight = 0.1;

function weigh(data: ClassRows, weighing: Weighing): ClassRows {
  if (weighing === 'alike') return data;
  const rows = data.labels.length;
  if (weighing === 'recent') {
    const decay = (row: number) => oldestWeight ** (1 - row / rows);
    return { ...data, weights: Float32Array.from(data.labels, (_, row) => decay(row)) };
  }
  const defects = data.labels.reduce((sum, label) => sum + label, 0);
  const more = Math.sqrt(Math.max(1, (rows - defects) / Math.max(1, defects)));
  return { ...data, weights: Float32Array.from(data.labels, (label) => (label === 1 ? more : 1)) };
}
