/** What is done with the rows before learning: leaks out, repeats out, the last part held back. */
import { PpuriError } from '../../config/errors.ts';
import { fewest } from './evidence.ts';
import { drawnFolds, type Fold, laterFold } from './folds.ts';
import { findLeaks, type LeakWarning } from './leakage.ts';
import {
  defectLabels,
  dropRepeats,
  groupsOfEqualRows,
  pickFeatures,
  pickRows,
  sortByTime,
  type TrainingSet,
} from './training-set.ts';

export interface PlanOptions {
  /** Features the user named one by one: warned of, and kept. */
  readonly forced: ReadonlySet<string>;
  /** Share of the rows, the latest, that is measured on and never learned from. */
  readonly testShare: number;
  readonly seed: number;
}

export interface Plan {
  /** Everything that may be learned from or measured on. */
  readonly whole: TrainingSet;
  readonly train: TrainingSet;
  /** Null when too few defects or good parts are held back to measure anything. */
  readonly test: TrainingSet | null;
  readonly split: 'later' | 'drawn' | 'none';
  readonly repeats: number;
  readonly leaks: readonly LeakWarning[];
  /** `one-class`: next to no defects to learn from. */
  readonly learner: 'classes' | 'one-class';
}

const fewestRows = 60;

/** Throws `csv-invalid` when there is nothing to learn from. */
export function planTraining(data: TrainingSet, options: PlanOptions): Plan {
  requireRows(data);
  const sorted = sortByTime(data);
  const leaks = findLeaks(sorted, options.forced);
  const out = new Set(leaks.flatMap(({ feature, isLeftOut }) => (isLeftOut ? [feature] : [])));
  const names = new Set(sorted.features.map(({ name }) => name).filter((name) => !out.has(name)));
  if (names.size === 0)
    throw unusable('no feature is left', [...leaks.map(({ text }) => text.en)].join('; '));
  const { data: whole, dropped } = dropRepeats(pickFeatures(sorted, names));
  requireRows(whole);
  const { fold, split } = splitOf(whole, options);
  const train = pickRows(whole, fold.train);
  const test = split === 'none' ? null : pickRows(whole, fold.held);
  return { whole, train, test, split, repeats: dropped, leaks, learner: learnerFor(train) };
}

/** Looked at first: of a handful of rows it would be said that no value ever changes. */
function requireRows({ labels }: TrainingSet): void {
  if (labels.length >= fewestRows) return;
  const hint = `at least ${fewestRows} are needed; a model that is worth anything takes thousands of shots`;
  throw unusable(`${labels.length} rows with a label are left`, hint);
}

function splitOf(
  whole: TrainingSet,
  { testShare, seed }: PlanOptions,
): { fold: Fold; split: Plan['split'] } {
  const rows = whole.labels.length;
  const all = { train: Uint32Array.from(whole.labels, (_, row) => row), held: new Uint32Array() };
  const fold =
    whole.times === null
      ? drawnTest(whole, testShare, seed)
      : laterFold(rows, whole.groups, 1 - testShare, 1);
  const split = whole.times === null ? 'drawn' : 'later';
  const defects = defectLabels(whole);
  const enough = [fold.held, fold.train].every((part) => {
    const found = part.reduce((sum, row) => sum + (defects[row] ?? 0), 0);
    return found >= fewest && part.length - found >= fewest;
  });
  // With hardly a defect anywhere the last rows still say how many false alarms there would be.
  const rare = defects.reduce((sum, one) => sum + one, 0) < 2 * fewest;
  return enough || rare ? { fold, split } : { fold: all, split: 'none' };
}

function drawnTest(whole: TrainingSet, share: number, seed: number): Fold {
  const parts = Math.max(2, Math.round(1 / share));
  const [first] = drawnFolds(whole.labels, groupsOfEqualRows(whole), parts, seed);
  return first ?? { train: new Uint32Array(), held: new Uint32Array() };
}

function learnerFor(train: TrainingSet): Plan['learner'] {
  const counts = train.classes.map((_, at) => train.labels.filter((label) => label === at).length);
  const defects = defectLabels(train).reduce((sum, one) => sum + one, 0);
  const good = train.labels.length - defects;
  if (good < fewest)
    throw unusable(`${good} good parts are left`, 'a model needs good parts above all');
  if (defects < fewest) return 'one-class';
  const thin = train.classes.filter((_, at) => (counts[at] ?? 0) < fewest);
  const [first] = thin;
  if (first === undefined) return 'classes';
  throw unusable(
    `class "${first.value}" has fewer than ${fewest} rows`,
    'leave it out with --drop, or tell only good from defect with --positive VALUE,VALUE --binary',
  );
}

export function unusable(message: string, hint: string): PpuriError {
  return new PpuriError('csv-invalid', message, {
    operation: 'train a model',
    subject: 'training data',
    hint,
  });
}
