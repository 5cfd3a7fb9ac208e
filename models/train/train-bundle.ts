/** From labelled rows to the parts of a bundle and an honest report, or to why there is none. */
import type { BundleParts } from '../bundle.ts';
import type { Manifest, ModelFeature } from '../manifest.ts';
import { thresholdForFalseAlarms } from '../metrics.ts';
import { type Blend, blendProbabilities } from './blend.ts';
import type { Candidate } from './candidates.ts';
import { type Evidence, evidenceOf, type Scored, type Unfit, unfitReason } from './evidence.ts';
import { inputName, outputName } from './export.ts';
import { exportBlend } from './export-blend.ts';
import { describeFeature } from './feature.ts';
import { makeGolden, type Oracle, shortest } from './golden.ts';
import { type Learned, type LearnProgress, learn } from './learn.ts';
import { distanceOutput, exportOneClass, fitOneClass, oneClassScores } from './one-class.ts';
import { type Plan, type PlanOptions, planTraining, unusable } from './plan.ts';
import { referenceOf } from './reference-of.ts';
import { accuracyOf } from './select.ts';
import { defectLabels, groupsOfEqualRows, type TrainingSet } from './training-set.ts';

export interface TrainSpec extends PlanOptions {
  readonly name: string;
  readonly version: string;
  readonly profile: string;
  /** Where the data came from, in words. */
  readonly source: string;
  /** Share of good parts that may be called defects. */
  readonly falseAlarmRate: number;
  readonly candidates?: readonly Candidate[];
  readonly onProgress?: (progress: LearnProgress) => Promise<void> | void;
}

export interface Trained {
  readonly parts: BundleParts;
  readonly plan: Plan;
  /** Null of a one-class model. */
  readonly learned: Learned | null;
  readonly threshold: number;
  /** On rows held back while learning; null of a one-class model without a defect among them. */
  readonly validation: Evidence | null;
  /** On the rows measured on; null when there are too few defects for it. */
  readonly test: Evidence | null;
  /** Share of test rows whose class was right; null for two classes. */
  readonly accuracy: number | null;
  /** Why the model must not be used; null when it may. */
  readonly unfit: Unfit | null;
}

/** Throws `csv-invalid` when there is nothing to learn from. */
export async function trainBundle(data: TrainingSet, spec: TrainSpec): Promise<Trained> {
  const plan = planTraining(data, spec);
  return plan.learner === 'one-class' ? trainOneClass(plan, spec) : trainClasses(plan, spec);
}

async function trainClasses(plan: Plan, spec: TrainSpec): Promise<Trained> {
  const { train, test } = plan;
  const ordered = train.times !== null;
  const groups = ordered ? train.groups : groupsOfEqualRows(train);
  const learned = await learn(train, groups, { ...spec, ordered });
  const held = learned.held.map(({ labels, scores }) => scoredBy(scores, labels, train));
  const threshold = thresholdFrom(held, spec.falseAlarmRate);
  const validation = evidenceOf('held', held, threshold, spec.seed);
  const asked = test === null ? null : blendProbabilities(learned.blend, test.columns);
  const measured =
    test === null || asked === null
      ? null
      : evidenceOf('later', [scoredBy(asked, test.labels, test)], threshold, spec.seed);
  const { blend } = learned;
  const heldScores = held.flatMap(({ scores }) => Array.from(scores));
  const parts = partsOf(plan, spec, threshold, Float64Array.from(heldScores), {
    oracle: oracleOf(blend, train, threshold),
    model: exportBlend(blend, train.columns.length),
    output: { name: outputName, kind: 'probabilities', defectColumns: defectColumns(train) },
  });
  const accuracy =
    test === null || asked === null || blend.classCount === 2
      ? null
      : accuracyOf(asked, test.labels);
  const unfit = unfitReason(
    measured === null || measured.auc.value === null ? validation : measured,
  );
  return { parts, plan, learned, threshold, validation, test: measured, accuracy, unfit };
}

function trainOneClass(plan: Plan, spec: TrainSpec): Trained {
  const fitted = fitOneClass(plan.train);
  if (fitted === null)
    throw unusable(
      `too few good parts for ${plan.train.columns.length} features`,
      'give more good shots, or fewer features with --features',
    );
  const { model, held } = fitted;
  const threshold = thresholdFrom(
    [{ scores: held, labels: new Uint8Array(held.length) }],
    spec.falseAlarmRate,
  );
  const measured = (from: Evidence['from'], data: TrainingSet) => {
    const scores = oneClassScores(model, data.columns);
    return evidenceOf(from, [{ scores, labels: defectLabels(data) }], threshold, spec.seed);
  };
  const test = plan.test === null ? null : measured('later', plan.test);
  const parts = partsOf(plan, spec, threshold, held, {
    oracle: {
      outputs: (columns) => [oneClassScores(model, columns)],
      isDefect: ([distance = 0]) => distance >= threshold,
    },
    model: exportOneClass(model),
    output: { name: distanceOutput, kind: 'score', defectColumns: [0] },
  });
  // Not knowing how many defects it finds is said; being known to find none forbids it.
  const unfit = test === null || test.auc.value === null ? null : unfitReason(test);
  return { parts, plan, learned: null, threshold, validation: null, test, accuracy: null, unfit };
}

/** Sums what is said of the classes that are defects. */
function scoredBy(
  probabilities: readonly Float64Array[],
  labels: Uint8Array,
  { classes }: TrainingSet,
): Scored {
  const isDefect = Uint8Array.from(labels, (label) => (classes[label]?.isDefect ? 1 : 0));
  const [single] = probabilities;
  if (probabilities.length === 1 && single !== undefined)
    return { scores: single, labels: isDefect };
  const scores = new Float64Array(labels.length);
  for (const [at, one] of probabilities.entries()) {
    if (classes[at]?.isDefect !== true) continue;
    for (let row = 0; row < scores.length; row += 1)
      scores[row] = (scores[row] ?? 0) + (one[row] ?? 0);
  }
  return { scores, labels: isDefect };
}

/** Six digits, and never 0, which every shot would reach. */
function thresholdFrom(held: readonly Scored[], rate: number): number {
  const scores = Float64Array.from(held.flatMap((part) => Array.from(part.scores)));
  const labels = Uint8Array.from(held.flatMap((part) => Array.from(part.labels)));
  const threshold = thresholdForFalseAlarms(scores, labels, rate);
  if (threshold === null)
    throw unusable('the rows held back hold no good part', 'give a longer period');
  return shortest(Math.max(threshold, 1e-6), 6);
}

function defectColumns({ classes }: TrainingSet): number[] {
  return classes.flatMap(({ isDefect }, at) => (isDefect ? [at] : []));
}

function oracleOf(blend: Blend, data: TrainingSet, threshold: number): Oracle {
  const columns = defectColumns(data);
  return {
    outputs: (asked) => blendProbabilities(blend, asked),
    isDefect: (output) => columns.reduce((sum, at) => sum + (output[at] ?? 0), 0) >= threshold,
  };
}

interface Made {
  readonly oracle: Oracle;
  readonly model: Uint8Array;
  readonly output: Manifest['output'];
}

function partsOf(
  plan: Plan,
  spec: TrainSpec,
  threshold: number,
  heldScores: Float64Array,
  { oracle, model, output }: Made,
): BundleParts {
  const { train } = plan;
  const features = describeAll(train);
  const isScore = output.kind === 'score';
  const manifest: Manifest = {
    format: 1,
    name: spec.name,
    version: spec.version,
    task: !isScore && train.classCount > 2 ? 'multiclass' : 'binary',
    profile: spec.profile,
    input: { name: inputName, dtype: 'float32' },
    features,
    output,
    classes: isScore ? [] : train.classes.map(({ value, title }) => ({ value, title })),
    threshold,
    outOfRange: 'flag',
    molds: train.molds === null ? 'any' : [...train.molds],
    metrics: {},
    training: {},
  };
  return {
    manifest,
    model,
    golden: makeGolden(train.columns, oracle, features, spec.seed),
    reference: referenceOf(train, heldScores),
  };
}

function describeAll(data: TrainingSet): ModelFeature[] {
  const defects = defectLabels(data);
  return data.features.map((feature, at) => {
    const column = data.columns[at] ?? new Float32Array();
    const described = describeFeature(feature, column, { isGood: (row) => defects[row] === 0 });
    if (described === null)
      throw unusable(
        `"${feature.name}" has no value in the rows learned from`,
        `leave it out: --drop ${feature.name}`,
      );
    return described;
  });
}
