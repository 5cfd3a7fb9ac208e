/** From rows to a bundle: trees, threshold, ranges, normal bands, golden vectors, honest metrics. */
import { PpuriError } from '../../config/errors.ts';
import type { BundleParts } from '../bundle.ts';
import type { Manifest, ModelFeature } from '../manifest.ts';
import { type Metrics, measure, thresholdForFalseAlarms } from '../metrics.ts';
import { type BoostedModel, type BoostOptions, boost, predict } from './boost.ts';
import { type Dataset, fingerprint, slice } from './dataset.ts';
import { exportOnnx, inputName, outputName } from './export.ts';
import { describeFeature } from './feature.ts';
import { makeGolden, type Oracle, shortest } from './golden.ts';

export interface FitSpec {
  readonly name: string;
  readonly version: string;
  readonly profile: string;
  readonly classes: Manifest['classes'];
  /** Feature → unit. */
  readonly units: Readonly<Record<string, string>>;
  /** Features whose absence is encoded; absent: those missing in ≥ 0.5 % of the rows. */
  readonly nan?: ReadonlySet<string>;
  /** Where the data came from, in words. */
  readonly source: string;
  /** Share of good parts that may be called defects on the validation period. */
  readonly falseAlarmRate?: number;
  /** Last part of the rows by time, which decides the number of trees and the threshold. */
  readonly validationShare?: number;
  /** Chooses the golden vectors; the trees themselves need no chance. */
  readonly seed?: number;
  readonly boost?: BoostOptions;
}

export interface Fit {
  readonly parts: BundleParts;
  readonly boosted: BoostedModel;
  readonly validation: Metrics;
  readonly separate: Metrics;
}

/**
 * Trains on `data`, measures on `separate`, a later or different period. The number of trees and
 * the threshold come from the last rows of `data`; then the trees are grown anew on all of it.
 */
export function fitBundle(data: Dataset, separate: Dataset, spec: FitSpec): Fit {
  const cut = Math.floor(data.labels.length * (1 - (spec.validationShare ?? 0.15)));
  const [early, late] = [slice(data, 0, cut), slice(data, cut, data.labels.length)];
  for (const [part, rows] of Object.entries({ training: early, validation: late, separate }))
    checkBothClasses(part, rows);
  const trial = boost(early, late, spec.boost);
  if (trial.trees.length === 0)
    throw unusable('nothing in these features tells later defects from good parts');
  const lateScores = predict(trial, late.columns);
  const threshold = thresholdForFalseAlarms(lateScores, late.labels, spec.falseAlarmRate ?? 0.01);
  if (threshold === null) throw unusable('the validation rows hold no good part');
  const boosted = boost(data, null, { ...spec.boost, maxTrees: trial.trees.length });
  const validation = measure(lateScores, late.labels, threshold);
  const measured = measure(predict(boosted, separate.columns), separate.labels, threshold);
  const features = data.features.map((name, index) => describe(name, index, data, spec));
  const metrics = { validation: rounded(validation), separatePeriod: rounded(measured) };
  const manifest = manifestOf(spec, features, shortest(threshold, 6), {
    metrics,
    training: trainingFacts(data, separate, boosted, spec),
  });
  const golden = makeGolden(data.columns, oracleOf(boosted), features, spec.seed ?? 1);
  const parts = { manifest, model: exportOnnx(boosted), golden };
  return { parts, boosted, validation, separate: measured };
}

function oracleOf(boosted: BoostedModel): Oracle {
  return {
    outputs: (columns) => {
      const defect = predict(boosted, columns);
      return [defect.map((one) => 1 - one), defect];
    },
    isDefect: ([, defect = 0]) => defect >= 0.5,
  };
}

function manifestOf(
  spec: FitSpec,
  features: ModelFeature[],
  threshold: number,
  facts: Pick<Manifest, 'metrics' | 'training'>,
): Manifest {
  return {
    format: 1,
    name: spec.name,
    version: spec.version,
    task: 'binary',
    profile: spec.profile,
    input: { name: inputName, dtype: 'float32' },
    features,
    output: { name: outputName, kind: 'probabilities', defectColumns: [1] },
    classes: spec.classes,
    threshold,
    outOfRange: 'flag',
    molds: 'any',
    ...facts,
  };
}

function checkBothClasses(part: string, { labels }: Dataset): void {
  const defects = labels.filter((label) => label === 1).length;
  if (defects === 0 || defects === labels.length)
    throw unusable(`the ${part} rows hold ${defects} defects in ${labels.length}`);
}

function unusable(message: string): PpuriError {
  return new PpuriError('csv-invalid', message, {
    operation: 'train a model',
    subject: 'training data',
    hint: 'give a longer period, with both defects and good parts at its beginning and end',
  });
}

function describe(name: string, index: number, data: Dataset, spec: FitSpec): ModelFeature {
  const column = data.columns[index] ?? new Float32Array();
  const feature = describeFeature({ name, from: name, unit: spec.units[name] ?? '' }, column, {
    isGood: (row) => data.labels[row] === 0,
    ...(spec.nan && { isEncoded: spec.nan.has(name) }),
  });
  if (feature === null) throw unusable(`"${name}" has no value in any row`);
  return feature;
}

function trainingFacts(
  data: Dataset,
  separate: Dataset,
  boosted: BoostedModel,
  spec: FitSpec,
): Record<string, unknown> {
  return {
    source: spec.source,
    learner: 'histogram gradient boosting, log loss',
    trees: boosted.trees.length,
    rows: data.labels.length,
    defects: data.labels.filter((label) => label === 1).length,
    leftOut: data.left,
    fingerprint: fingerprint(data),
    separateFingerprint: fingerprint(separate),
  };
}

function rounded(metrics: Metrics): Record<string, number | null> {
  const { n, baseRate, auc, ap, recall, falseAlarmRate, precision, accuracy } = metrics;
  const shares = { baseRate, auc, ap, recall, falseAlarmRate, precision, accuracy };
  const entries = Object.entries(shares).map(([name, value]) => [
    name,
    value === null ? null : Number(value.toFixed(4)),
  ]);
  return { n, ...Object.fromEntries(entries) };
}
