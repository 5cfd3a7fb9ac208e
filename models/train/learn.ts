/** From rows to a calibrated blend: candidates are judged on held rows, the best are fitted on all. */
import { type Blend, calibrate, type Member, memberRaw } from './blend.ts';
import { type Candidate, candidatesFor } from './candidates.ts';
import { type ClassRows, outputCount, takeRows } from './class-rows.ts';
import { drawnFolds, type Fold, type Groups, isUseful, laterFolds } from './folds.ts';
import { fitCalibration, type Judged, mixtureOf, type Selection, selectBlend } from './select.ts';

export interface LearnOptions {
  /** The rows are in the order of time, so that candidates are judged on later rows. */
  readonly ordered: boolean;
  readonly seed: number;
  readonly candidates?: readonly Candidate[];
  /** Awaited between fits, so that a process stays reachable. */
  readonly onProgress?: (progress: LearnProgress) => Promise<void> | void;
}

export interface LearnProgress {
  readonly stage: 'judging' | 'fitting';
  readonly candidate: string;
  /** Of all the work of learning, 0 … 1. */
  readonly done: number;
}

export interface Learned {
  readonly blend: Blend;
  readonly selection: Selection;
  /** `later`: judged on rows after those learned from; `drawn`: on rows drawn by chance. */
  readonly judgedOn: 'later' | 'drawn';
  readonly folds: readonly Fold[];
  /** Calibrated probabilities on each fold's held rows, one array a class (one of two classes). */
  readonly held: readonly { readonly labels: Uint8Array; readonly scores: Float64Array[] }[];
}

const drawnParts = 5;
/** Fewer folds than this say little of what is typical. */
const fewestLater = 2;

/** Every class needs rows enough to be in each of five parts; the caller sees to it. */
export async function learn(
  data: ClassRows,
  groups: Groups,
  options: LearnOptions,
): Promise<Learned> {
  const { folds, judgedOn } = foldsFor(data, groups, options);
  const candidates = options.candidates ?? candidatesFor(data, judgedOn === 'later');
  const work = new Work(data.labels.length, folds, candidates.length, options);
  const judged = await judgeAll(data, folds, candidates, work, options.seed);
  const selection = selectBlend(judged, data.classCount, familyIn(candidates), judgedOn);
  const held = judged.map((fold) => ({
    labels: fold.labels,
    scores: mixtureOf(fold, selection.weights).map((one) => one.slice()),
  }));
  const calibration = fitCalibration(...pooled(held, outputCount(data.classCount)));
  for (const { scores } of held) calibrate(scores, calibration);
  const members: { model: Member; weight: number }[] = [];
  work.chose(fitsOf(selection.weights, candidates).length);
  for (const candidate of fitsOf(selection.weights, candidates)) {
    await work.tell('fitting', candidate.name, data.labels.length);
    for (const [name, model] of stages(candidate, candidate.fit(data, options.seed))) {
      const weight = selection.weights.get(name);
      if (weight !== undefined) members.push({ model, weight });
    }
    work.finish();
  }
  const blend = { classCount: data.classCount, members, calibration };
  return { blend, selection, judgedOn, folds, held };
}

function foldsFor(data: ClassRows, groups: Groups, { ordered, seed }: LearnOptions) {
  const { labels, classCount } = data;
  const useful = (fold: Fold) => isUseful(fold, labels, classCount);
  const later = ordered ? laterFolds(labels.length, groups).filter(useful) : [];
  if (later.length >= fewestLater) return { folds: later, judgedOn: 'later' as const };
  const drawn = drawnFolds(labels, groups, drawnParts, seed).filter(useful);
  return { folds: drawn, judgedOn: 'drawn' as const };
}

/** Fold by fold, so that only one fold's rows are held at a time. */
async function judgeAll(
  data: ClassRows,
  folds: readonly Fold[],
  candidates: readonly Candidate[],
  work: Work,
  seed: number,
): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const { train, held } of folds) {
    const [early, late] = [takeRows(data, train), takeRows(data, held)];
    const raw = new Map<string, readonly Float64Array[]>();
    for (const candidate of candidates) {
      await work.tell('judging', candidate.name, train.length);
      for (const [name, model] of stages(candidate, candidate.fit(early, seed)))
        raw.set(name, memberRaw(model, late.columns));
      work.finish();
    }
    judged.push({ labels: late.labels, raw });
  }
  return judged;
}

function familyIn(candidates: readonly Candidate[]): (name: string) => string {
  const families = new Map(
    candidates.flatMap(({ name, earlier, family }) => [
      [name, family],
      [earlier?.name ?? name, family],
    ]),
  );
  return (name) => families.get(name) ?? name;
}

function stages(candidate: Candidate, whole: Member): [string, Member][] {
  const { earlier } = candidate;
  const all: [string, Member][] = [[candidate.name, whole]];
  if (earlier !== undefined) all.push([earlier.name, earlier.of(whole)]);
  return all;
}

function fitsOf(weights: ReadonlyMap<string, number>, candidates: readonly Candidate[]) {
  return candidates.filter(
    ({ name, earlier }) => weights.has(name) || weights.has(earlier?.name ?? ''),
  );
}

function pooled(held: Learned['held'], outputs: number): [readonly Float64Array[], Uint8Array] {
  const raw = Array.from({ length: outputs }, (_, output) =>
    Float64Array.from(held.flatMap(({ scores }) => Array.from(scores[output] ?? []))),
  );
  return [raw, Uint8Array.from(held.flatMap(({ labels }) => Array.from(labels)))];
}

/** How much is done, counting rows learned from. */
class Work {
  readonly #options: LearnOptions;
  readonly #rows: number;
  #whole: number;
  #done = 0;
  #now = 0;

  constructor(rows: number, folds: readonly Fold[], candidates: number, options: LearnOptions) {
    this.#options = options;
    this.#rows = rows;
    const judging = folds.reduce((sum, { train }) => sum + train.length, 0) * candidates;
    // How many are fitted in the end is not known yet; a third of them is usual.
    this.#whole = judging + rows * Math.ceil(candidates / 3);
  }

  chose(fits: number): void {
    this.#whole = this.#done + fits * this.#rows;
  }

  async tell(stage: LearnProgress['stage'], candidate: string, rows: number): Promise<void> {
    this.#now = rows;
    const done = Math.min(1, this.#done / this.#whole);
    await this.#options.onProgress?.({ stage, candidate, done });
  }

  finish(): void {
    this.#done += this.#now;
  }
}
