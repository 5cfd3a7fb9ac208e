import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { admitModel } from '../../models/admit.ts';
import { auc } from '../../models/metrics.ts';
import { type Blend, blendProbabilities, memberRaw } from '../../models/train/blend.ts';
import { boostClasses } from '../../models/train/boost-classes.ts';
import { candidatesFor } from '../../models/train/candidates.ts';
import type { ClassRows } from '../../models/train/class-rows.ts';
import { exportBlend } from '../../models/train/export-blend.ts';
import { drawnFolds, laterFolds } from '../../models/train/folds.ts';
import { growForest } from '../../models/train/forest.ts';
import { fitLinear } from '../../models/train/linear.ts';
import { fitNetwork } from '../../models/train/network.ts';
import { randomFrom } from '../../models/train/random.ts';

/** Two informative features and one without meaning; a missing second one is a defect as a rule. */
function shots(rows: number, seed: number, classCount = 2): ClassRows {
  const random = randomFrom(seed);
  const columns = [0, 1, 2].map(() => new Float32Array(rows));
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const [a, b] = [random() * 10, random() * 10];
    const gone = random() < 0.1;
    const score = (a > 7 ? 2 : 0) + (gone ? 1.5 : b < 2 ? 1 : 0) + random() * 0.5;
    labels[row] =
      classCount === 2 ? (score > 1.4 ? 1 : 0) : Math.min(classCount - 1, Math.floor(score));
    for (const [at, value] of [a, gone ? Number.NaN : b, random()].entries()) {
      const column = columns[at];
      if (column !== undefined) column[row] = value;
    }
  }
  return { columns, labels, classCount };
}

const learners = {
  boosting: (data: ClassRows) =>
    boostClasses(
      data,
      {
        ...{ rounds: 60, learningRate: 0.1, maxLeaves: 8, minLeafRows: 10, l2: 1 },
        ...{ featureShare: 0.7, rowShare: 0.7, thresholds: 'best' },
      },
      1,
    ),
  'boosting at random thresholds': (data: ClassRows) =>
    boostClasses(
      data,
      {
        ...{ rounds: 60, learningRate: 0.1, maxLeaves: 8, minLeafRows: 10, l2: 1 },
        ...{ featureShare: 1, rowShare: 1, thresholds: 'random' },
      },
      1,
    ),
  'extra trees': (data: ClassRows) =>
    growForest(
      data,
      { trees: 30, splits: 'random', featureShare: 0.7, minLeafRows: 3, maxLeaves: 200 },
      1,
    ),
  'random forest': (data: ClassRows) =>
    growForest(
      data,
      { trees: 20, splits: 'best', featureShare: 0.7, minLeafRows: 3, maxLeaves: 200 },
      1,
    ),
  logistic: (data: ClassRows) => fitLinear(data, { pieces: 6, beyond: 0, l2: 1e-4 }),
  network: (data: ClassRows) =>
    fitNetwork(
      data,
      { pieces: 2, beyond: 0, networks: 2, hidden: 8, l2: 1e-4, epochs: 40, batch: 32 },
      1,
    ),
};

test.each(Object.entries(learners))(
  '%s learns what a value and its absence mean, and the same from the same seed',
  (_name, learner) => {
    const [data, later] = [shots(2000, 1), shots(2000, 2)];
    const [raw] = memberRaw(learner(data), later.columns);
    expect(auc(raw ?? [], later.labels)).toBeGreaterThan(0.97);
    expect(memberRaw(learner(data), later.columns)[0]).toEqual(raw);
  },
);

async function runOnnx(blend: Blend, columns: readonly Float32Array[]) {
  const model = exportBlend(blend, columns.length);
  expect(admitModel(model, 'model.onnx').scores).toMatchObject({
    kind: 'probabilities',
    classes: blend.classCount,
  });
  const rows = columns[0]?.length ?? 0;
  const input = new Float32Array(rows * columns.length);
  for (const [at, column] of columns.entries())
    for (const [row, value] of column.entries()) input[row * columns.length + at] = value;
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  const feeds = { features: new Tensor('float32', input, [rows, columns.length]) };
  const output = (await session.run(feeds, ['probabilities'])).probabilities?.data;
  await session.release();
  return output as Float32Array;
}

test.each([2, 4])(
  'the exported blend of all learners equals the trainer to 1e-6 on 10,000 rows of %i classes',
  async (classCount) => {
    const [data, later] = [shots(1500, 3, classCount), shots(10_000, 4, classCount)];
    const fits = Object.values(learners).map((learner) => ({
      model: learner(data),
      weight: 1 / 6,
    }));
    const blend = { classCount, members: fits, calibration: { slope: 1.3, offset: -0.2 } };
    // Values beyond training, and everything missing, too.
    for (const [at, column] of later.columns.entries()) {
      column.set([Number.NaN, -1e30, 1e30, 0], 0);
      column.set([at === 0 ? Number.NaN : 5], 4);
    }
    const theirs = await runOnnx(blend, later.columns);
    let worst = 0;
    for (const [at, ours] of blendProbabilities(blend, later.columns).entries())
      for (const [row, value] of ours.entries())
        worst = Math.max(worst, Math.abs(value - (theirs[row * classCount + at] ?? Number.NaN)));
    expect(worst).toBeLessThan(1e-6);
  },
);

test('rows of one group are never both learned from and judged on', () => {
  const labels = Uint8Array.from({ length: 300 }, (_, row) => (row % 7 === 0 ? 1 : 0));
  const groups = Int32Array.from(labels, (_, row) => Math.floor(row / 4));
  const folds = [...laterFolds(300, groups), ...drawnFolds(labels, groups, 5, 1)];
  expect(folds).toHaveLength(8);
  for (const { train, held } of folds) {
    const learned = new Set(Array.from(train, (row) => groups[row]));
    expect(held.length).toBeGreaterThan(0);
    expect(Array.from(held).filter((row) => learned.has(groups[row]))).toEqual([]);
  }
});

test('folds by time judge on later rows only', () => {
  for (const { train, held } of laterFolds(1000, null))
    expect(Math.max(...train)).toBeLessThan(Math.min(...held));
});

test('every family of learners is among the candidates, for few rows and for many', () => {
  for (const rows of [500, 20_000]) {
    const families = candidatesFor(shots(rows, 1), true).map(({ family }) => family);
    expect(new Set(families)).toEqual(new Set(['boosted trees', 'forest', 'smooth']));
  }
});
