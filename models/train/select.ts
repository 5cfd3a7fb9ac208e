/** Which of the candidates, in which mixture: what ranks best on rows that none has learned from. */
import { auc, averagePrecision } from '../metrics.ts';
import { type Calibration, calibrate, mixRaw } from './blend.ts';
import { outputCount } from './class-rows.ts';
import { minimise } from './minimise.ts';

/** One fold's held rows, with what each candidate says of them. */
export interface Judged {
  readonly labels: Uint8Array;
  /** Candidate → raw outputs, one array per output. */
  readonly raw: ReadonlyMap<string, readonly Float64Array[]>;
}

export interface Quality {
  /** Two classes: half AUC, half average precision. More: minus the log loss. */
  readonly score: number;
  readonly auc: number | null;
  readonly ap: number | null;
  readonly accuracy: number | null;
  readonly logLoss: number | null;
}

export interface Selection {
  /** Candidate → weight; the weights sum to 1. */
  readonly weights: ReadonlyMap<string, number>;
  readonly quality: Quality;
  readonly alone: ReadonlyMap<string, Quality>;
}

const picks = 8;
/** A further member must earn its time on the gateway. */
const worthwhile = 2e-4;

/**
 * Greedy: adds, again and again, whatever improves the mixture most (after Caruana, 2004). That is for
 * rows drawn by chance, which are all alike. In the order of time the process moves on, and what was
 * best on a few episodes often is not on the next: there the best of each family have one vote each,
 * unless the greedy mixture is better on the folds with 95 % confidence.
 */
export function selectBlend(
  folds: readonly Judged[],
  classCount: number,
  familyOf: (name: string) => string,
  judgedOn: 'later' | 'drawn',
): Selection {
  const names = [...(folds[0]?.raw.keys() ?? [])];
  const judge = (counts: ReadonlyMap<string, number>) => judgeMixture(folds, counts, classCount);
  const alone = new Map(names.map((name) => [name, judge(new Map([[name, 1]]))] as const));
  const free = grow(names, new Map(), judge);
  const chosen =
    judgedOn === 'drawn' ? free : steadier(free, bestOfEach(alone, familyOf), folds, judge);
  const whole = [...chosen.counts.values()].reduce((sum, one) => sum + one, 0);
  const weights = new Map([...chosen.counts].map(([name, count]) => [name, count / whole]));
  return { weights, quality: chosen.quality, alone };
}

type Judge = (counts: ReadonlyMap<string, number>) => MixtureQuality;

function steadier(
  free: Grown,
  families: ReadonlyMap<string, number>,
  folds: readonly Judged[],
  judge: Judge,
): Grown {
  const even = { counts: families, quality: judge(families) };
  const gains = folds.map(
    (_, at) => (free.quality.byFold[at] ?? Number.NaN) - (even.quality.byFold[at] ?? Number.NaN),
  );
  return isGain(gains) ? free : even;
}

/** Student's t, 97.5 %, by degrees of freedom from 1. */
const studentT = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26] as const;

/** Whether the mean of these is above 0 with 95 % confidence. */
function isGain(gains: readonly number[]): boolean {
  const count = gains.length;
  if (count < 2) return false;
  const mean = gains.reduce((sum, one) => sum + one, 0) / count;
  const squares = gains.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const error = Math.sqrt(squares / (count - 1) / count);
  return mean > (studentT[count - 2] ?? 2.26) * error;
}

interface Grown {
  readonly counts: ReadonlyMap<string, number>;
  readonly quality: MixtureQuality;
}

interface MixtureQuality extends Quality {
  /** Scores, fold by fold. */
  readonly byFold: readonly number[];
}

function grow(names: readonly string[], start: ReadonlyMap<string, number>, judge: Judge): Grown {
  let best: Grown | null = start.size === 0 ? null : { counts: start, quality: judge(start) };
  for (let pick = 0; pick < picks; pick += 1) {
    let better: Grown | null = null;
    for (const name of names) {
      const before = best?.counts ?? start;
      const counts = new Map(before).set(name, (before.get(name) ?? 0) + 1);
      const quality = judge(counts);
      const least = better?.quality.score ?? (best?.quality.score ?? -Infinity) + worthwhile;
      if (quality.score > least) better = { counts, quality };
    }
    if (better === null) break;
    best = better;
  }
  if (best === null) throw new RangeError('no candidate was judged');
  return best;
}

function bestOfEach(
  alone: ReadonlyMap<string, Quality>,
  familyOf: (name: string) => string,
): Map<string, number> {
  const best = new Map<string, string>();
  for (const [name, { score }] of alone) {
    const held = best.get(familyOf(name));
    const heldScore = held === undefined ? -Infinity : (alone.get(held)?.score ?? -Infinity);
    if (score > heldScore) best.set(familyOf(name), name);
  }
  return new Map([...best.values()].map((name) => [name, 1]));
}

/** Raw outputs of the mixture on one fold's rows. */
export function mixtureOf(
  { raw }: Judged,
  weights: ReadonlyMap<string, number>,
): readonly Float64Array[] {
  return mixRaw([...weights].map(([name, weight]) => ({ raw: raw.get(name) ?? [], weight })));
}

/** Later folds resemble what comes next, and their models have seen more: the n-th counts n times. */
function judgeMixture(
  folds: readonly Judged[],
  counts: ReadonlyMap<string, number>,
  classCount: number,
): MixtureQuality {
  const whole = [...counts.values()].reduce((sum, one) => sum + one, 0);
  const shares = new Map([...counts].map(([name, count]) => [name, count / whole]));
  const judged = folds.map((fold) => judgeRaw(mixtureOf(fold, shares), fold.labels, classCount));
  const mean = (of: (quality: Quality) => number | null): number | null => {
    let [sum, weights] = [0, 0];
    for (const [at, quality] of judged.entries()) {
      const value = of(quality);
      if (value === null) return null;
      sum += (at + 1) * value;
      weights += at + 1;
    }
    return sum / weights;
  };
  return {
    score: mean((one) => one.score) ?? Number.NEGATIVE_INFINITY,
    auc: mean((one) => one.auc),
    ap: mean((one) => one.ap),
    accuracy: mean((one) => one.accuracy),
    logLoss: mean((one) => one.logLoss),
    byFold: judged.map(({ score }) => score),
  };
}

function judgeRaw(raw: readonly Float64Array[], labels: Uint8Array, classCount: number): Quality {
  const [first] = raw;
  if (outputCount(classCount) === 1 && first !== undefined) {
    const [area, precision] = [auc(first, labels), averagePrecision(first, labels)];
    const score = area === null || precision === null ? Number.NaN : (area + precision) / 2;
    return { score, auc: area, ap: precision, accuracy: null, logLoss: null };
  }
  const probabilities = raw.map((one) => one.slice());
  calibrate(probabilities, { slope: 1, offset: 0 });
  const logLoss = logLossOf(probabilities, labels);
  const accuracy = accuracyOf(probabilities, labels);
  return { score: -logLoss, auc: null, ap: null, accuracy, logLoss };
}

export function accuracyOf(probabilities: readonly Float64Array[], labels: Uint8Array): number {
  let right = 0;
  for (let row = 0; row < labels.length; row += 1) {
    let likeliest = 0;
    for (const [at, one] of probabilities.entries())
      if ((one[row] ?? 0) > (probabilities[likeliest]?.[row] ?? 0)) likeliest = at;
    if (likeliest === labels[row]) right += 1;
  }
  return right / labels.length;
}

function logLossOf(probabilities: readonly Float64Array[], labels: Uint8Array): number {
  let loss = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const one = probabilities.length === 1 ? defectShare(probabilities, labels, row) : null;
    loss -= Math.log(Math.max(1e-12, one ?? probabilities[labels[row] ?? 0]?.[row] ?? 0));
  }
  return loss / labels.length;
}

function defectShare([first]: readonly Float64Array[], labels: Uint8Array, row: number): number {
  const defect = first?.[row] ?? 0;
  return labels[row] === 1 ? defect : 1 - defect;
}

/** Platt's sigmoid for two classes, one temperature for more, on rows that none has learned from. */
export function fitCalibration(raw: readonly Float64Array[], labels: Uint8Array): Calibration {
  const single = raw.length === 1;
  const value = (at: Float64Array): number => {
    const probabilities = raw.map((one) => one.slice());
    calibrate(probabilities, { slope: Math.exp(at[0] ?? 0), offset: at[1] ?? 0 });
    return logLossOf(probabilities, labels);
  };
  const step = 1e-4;
  const best = minimise(
    new Float64Array(single ? 2 : 1),
    (at, gradient) => {
      for (let index = 0; index < at.length; index += 1) {
        const [up, down] = [at.slice(), at.slice()];
        up[index] = (up[index] ?? 0) + step;
        down[index] = (down[index] ?? 0) - step;
        gradient[index] = (value(up) - value(down)) / (2 * step);
      }
      return value(at);
    },
    60,
  );
  return { slope: Math.exp(best[0] ?? 0), offset: best[1] ?? 0 };
}
