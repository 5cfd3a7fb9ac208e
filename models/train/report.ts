/** What a training came to, as `--json` prints it and as the manifest and the card tell it. */
import type { Manifest } from '../manifest.ts';
import type { SharedOut } from '../share.ts';
import type { Evidence, Interval, Unfit } from './evidence.ts';
import type { LeakWarning } from './leakage.ts';
import type { Quality } from './select.ts';
import type { Trained, TrainSpec } from './train-bundle.ts';
import { type TrainingSet, trainingFingerprint } from './training-set.ts';

export interface EvidenceReport {
  readonly rows: number;
  readonly defects: number;
  readonly auc: Interval;
  readonly ap: Interval;
  readonly recall: SharedOut;
  readonly falseAlarms: SharedOut;
  readonly precision: SharedOut;
}

export interface CandidateReport extends Omit<Quality, 'score'> {
  readonly name: string;
  /** In the mixture; 0: not chosen. */
  readonly weight: number;
}

export interface PartReport {
  readonly rows: number;
  readonly defects: number;
  readonly from: string | null;
  readonly to: string | null;
}

export interface TrainReport {
  readonly name: string;
  readonly version: string;
  /** False: the data cannot support a model; `unfit` says why. */
  readonly fit: boolean;
  readonly unfit: Unfit | null;
  readonly learner: 'blend' | 'one-class';
  readonly source: string;
  readonly features: readonly string[];
  readonly classes: Readonly<Record<string, number>>;
  readonly left: Readonly<Record<string, number>>;
  readonly repeats: number;
  readonly warnings: readonly LeakWarning[];
  /** `later`: the last rows by time; `drawn`: by chance, for want of times; `none`: too few defects. */
  readonly split: 'later' | 'drawn' | 'none';
  readonly train: PartReport;
  readonly held: PartReport | null;
  readonly judgedOn: 'later' | 'drawn' | null;
  readonly candidates: readonly CandidateReport[];
  readonly validation: EvidenceReport | null;
  readonly test: EvidenceReport | null;
  readonly accuracy: number | null;
  readonly threshold: number;
  readonly falseAlarmBudget: number;
  readonly seed: number;
  readonly modelBytes: number;
}

export function reportOn(trained: Trained, spec: TrainSpec): TrainReport {
  const { plan, learned, parts } = trained;
  const { selection } = learned ?? {};
  return {
    name: spec.name,
    version: spec.version,
    fit: trained.unfit === null,
    unfit: trained.unfit,
    learner: learned === null ? 'one-class' : 'blend',
    source: spec.source,
    features: plan.whole.features.map(({ name }) => name),
    classes: Object.fromEntries(
      plan.whole.classes.map(({ value }, at) => [String(value), countOf(plan.whole, at)]),
    ),
    left: plan.whole.left,
    repeats: plan.repeats,
    warnings: plan.leaks,
    split: plan.split,
    train: partOf(plan.train),
    held: plan.test && partOf(plan.test),
    judgedOn: learned?.judgedOn ?? null,
    candidates: [...(selection?.alone ?? [])]
      .map(([name, { auc, ap, accuracy, logLoss }]) => ({
        ...{ name, auc, ap, accuracy, logLoss },
        weight: selection?.weights.get(name) ?? 0,
      }))
      .sort((a, b) => b.weight - a.weight),
    validation: trained.validation && shown(trained.validation),
    test: trained.test && shown(trained.test),
    accuracy: trained.accuracy,
    threshold: trained.threshold,
    falseAlarmBudget: spec.falseAlarmRate,
    seed: spec.seed,
    modelBytes: parts.model.length,
  };
}

/** The manifest's `metrics` and `training`. */
export function manifestFacts(
  report: TrainReport,
  data: TrainingSet,
): Pick<Manifest, 'metrics' | 'training'> {
  const { validation, test, accuracy, candidates } = report;
  const evidence = (one: EvidenceReport | null) =>
    one && {
      n: one.rows,
      defects: one.defects,
      auc: rounded(one.auc.value),
      aucLow: rounded(one.auc.low),
      aucHigh: rounded(one.auc.high),
      ap: rounded(one.ap.value),
      recall: rounded(one.recall.value),
      falseAlarmRate: rounded(one.falseAlarms.value),
      precision: rounded(one.precision.value),
    };
  return {
    metrics: {
      validation: evidence(validation),
      later: evidence(test),
      ...(accuracy === null ? {} : { accuracy: rounded(accuracy) }),
      ...(report.unfit === null ? {} : { unfit: report.unfit }),
    },
    training: {
      source: report.source,
      learner: report.learner,
      members: Object.fromEntries(
        candidates.filter(({ weight }) => weight > 0).map(({ name, weight }) => [name, weight]),
      ),
      rows: report.train.rows,
      defects: report.train.defects,
      from: report.train.from,
      to: report.train.to,
      repeatsLeftOut: report.repeats,
      leftOut: report.left,
      split: report.split,
      falseAlarmBudget: report.falseAlarmBudget,
      seed: report.seed,
      fingerprint: trainingFingerprint(data),
    },
  };
}

function shown({ rows, defects, auc, ap, recall, falseAlarms, precision }: Evidence) {
  return { rows, defects, auc, ap, recall, falseAlarms, precision };
}

function countOf({ labels }: TrainingSet, label: number): number {
  return labels.filter((one) => one === label).length;
}

function partOf(data: TrainingSet): PartReport {
  const at = (index: number) => {
    const time = data.times?.at(index);
    return time === undefined ? null : new Date(time).toISOString();
  };
  const defects = data.classes.flatMap(({ isDefect }, label) => (isDefect ? [label] : []));
  return {
    rows: data.labels.length,
    defects: defects.reduce((sum, label) => sum + countOf(data, label), 0),
    from: at(0),
    to: at(-1),
  };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(4));
}
