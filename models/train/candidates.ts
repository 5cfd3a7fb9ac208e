/** The models that `ppuri train` tries, by how much there is to learn from. */
import type { Member } from './blend.ts';
import { type BoostRecipe, boostClasses, firstRounds } from './boost-classes.ts';
import type { ClassRows } from './class-rows.ts';
import { type ForestRecipe, growForest } from './forest.ts';
import { fitLinear, type LinearRecipe } from './linear.ts';
import { fitNetwork, type NetworkRecipe } from './network.ts';

export interface Candidate {
  readonly name: string;
  /** Candidates of one family learn in the same way from the same inputs, and so err alike. */
  readonly family: string;
  fit(data: ClassRows, seed: number): Member;
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

/** Up to here more candidates are tried, some of which take long on many rows. */
const fewRows = 5000;

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
  const isFew = rows <= fewRows;
  return [
    boost('boosted-15', {}),
    boost('boosted-4', { maxLeaves: 4, learningRate: 0.1 }),
    ...(data.classCount === 2 ? [boost('boosted-15-balanced', {}, 'balanced')] : []),
    ...(isFew
      ? [
          boost('boosted-31', { maxLeaves: 31, l2: 1, featureShare: 0.15 }),
          forest('extra-trees-all', { featureShare: 1, minLeafRows: 1 }),
          forest('random-forest', { splits: 'best', featureShare: 0.3, minLeafRows: 2 }),
        ]
      : []),
    ...(ordered && isFew ? [boost('boosted-15-recent', {}, 'recent')] : []),
    forest('extra-trees', {}),
    forest('extra-trees-coarse', { minLeafRows: isFew ? 8 : 20 }),
    straight('logistic', { pieces: 1, beyond: 0.001, l2: 1e-3 }),
    straight('logistic-bent', { pieces: 2, beyond: 0.001, l2: 1e-2 }),
    straight('logistic-supple', { pieces: 4, beyond: 0.001, l2: 1e-4 }),
    network('network', {
      ...{ pieces: 1, beyond: 0.001, networks: isFew ? 5 : 3, hidden: 16, l2: 1e-3 },
      ...{
        epochs: Math.max(8, Math.min(120, Math.round(120_000 / rows))),
        batch: isFew ? 32 : 128,
      },
    }),
  ];
}

function boosted(name: string, recipe: BoostRecipe, weighing: Weighing): Candidate {
  const third = Math.round(recipe.rounds / 3);
  return {
    name,
    family: 'boosted trees',
    fit: (data, seed) => boostClasses(weigh(data, weighing), recipe, seed),
    earlier: {
      name: `${name}-early`,
      of: (whole) => (whole.kind === 'trees' ? firstRounds(whole, third) : whole),
    },
  };
}

function grown(name: string, recipe: ForestRecipe): Candidate {
  return { name, family: 'forest', fit: (data, seed) => growForest(data, recipe, seed) };
}

function straight(name: string, recipe: LinearRecipe): Candidate {
  return { name, family: 'smooth', fit: (data) => fitLinear(data, recipe) };
}

function network(name: string, recipe: NetworkRecipe): Candidate {
  return { name, family: 'smooth', fit: (data, seed) => fitNetwork(data, recipe, seed) };
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
