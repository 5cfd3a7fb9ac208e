/**
 * How well scores tell defects from good parts. `scores` are higher for defects; `labels` are 1 for
 * a defect, 0 for good. A measure that the data cannot give (no defects, no good parts) is null.
 */

export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

export interface ThresholdMetrics extends Confusion {
  /** Share of defects found. */
  readonly recall: number | null;
  /** Share of good parts called defects. */
  readonly falseAlarmRate: number | null;
  /** Share of alarms that are defects. */
  readonly precision: number | null;
  readonly accuracy: number | null;
}

export interface Metrics extends ThresholdMetrics {
  readonly n: number;
  /** Share of defects in the data. */
  readonly baseRate: number | null;
  readonly auc: number | null;
  readonly ap: number | null;
  readonly threshold: number;
}

type Scores = ArrayLike<number>;
type Labels = ArrayLike<number>;

/** Probability that a defect scores above a good part; ties count half. */
export function auc(scores: Scores, labels: Labels): number | null {
  let below = 0;
  let pairs = 0;
  let positives = 0;
  let negatives = 0;
  for (const group of scoreGroups(scores, labels).reverse()) {
    pairs += group.positives * (below + group.negatives / 2);
    below += group.negatives;
    positives += group.positives;
    negatives += group.negatives;
  }
  return positives === 0 || negatives === 0 ? null : pairs / (positives * negatives);
}

/** Σ (recallₖ − recallₖ₋₁) · precisionₖ over distinct scores, as scikit-learn defines it. */
export function averagePrecision(scores: Scores, labels: Labels): number | null {
  const groups = scoreGroups(scores, labels);
  const total = groups.reduce((sum, group) => sum + group.positives, 0);
  if (total === 0) return null;
  let found = 0;
  let called = 0;
  let sum = 0;
  for (const group of groups) {
    found += group.positives;
    called += group.positives + group.negatives;
    sum += (group.positives / total) * (found / called);
  }
  return sum;
}

/** A score at or above `threshold` is called a defect. */
export function atThreshold(scores: Scores, labels: Labels, threshold: number): ThresholdMetrics {
  // [good, defect] called good, then [good, defect] called a defect.
  const counts = [0, 0, 0, 0];
  for (let index = 0; index < scores.length; index += 1) {
    const cell = ((scores[index] ?? 0) >= threshold ? 2 : 0) + (labels[index] === 1 ? 1 : 0);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const [trueNegatives = 0, falseNegatives = 0, falsePositives = 0, truePositives = 0] = counts;
  return {
    truePositives,
    falsePositives,
    trueNegatives,
    falseNegatives,
    recall: ratio(truePositives, truePositives + falseNegatives),
    falseAlarmRate: ratio(falsePositives, falsePositives + trueNegatives),
    precision: ratio(truePositives, truePositives + falsePositives),
    accuracy: ratio(truePositives + trueNegatives, scores.length),
  };
}

/** Everything at once, as reports and manifests show it. */
export function measure(scores: Scores, labels: Labels, threshold: number): Metrics {
  const positives = Array.from(labels).filter((label) => label === 1).length;
  return {
    n: scores.length,
    baseRate: ratio(positives, scores.length),
    auc: auc(scores, labels),
    ap: averagePrecision(scores, labels),
    threshold,
    ...atThreshold(scores, labels, threshold),
  };
}

/**
 * The lowest threshold at which at most `rate` of the good parts are called defects; null without
 * good parts. It lies halfway to the next lower score, so that rounding does not move a verdict.
 */
export function thresholdForFalseAlarms(
  scores: Scores,
  labels: Labels,
  rate: number,
): number | null {
  const groups = scoreGroups(scores, labels);
  const negatives = groups.reduce((sum, group) => sum + group.negatives, 0);
  if (negatives === 0) return null;
  let alarms = 0;
  let lowest: number | null = null;
  for (const { score, negatives: good } of groups) {
    alarms += good;
    if (alarms > rate * negatives) return lowest === null ? justAbove(score) : (score + lowest) / 2;
    lowest = score;
  }
  return lowest;
}

/** No score reaches it: not even the highest ones can be called without too many alarms. */
function justAbove(score: number): number {
  return score + Math.max(Math.abs(score) * 1e-6, Number.MIN_VALUE);
}

/** What a threshold calls a defect: everything at or above it. */
export interface ThresholdStep {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** One step for each distinct score, highest first. */
export function thresholdSteps(scores: Scores, labels: Labels): readonly ThresholdStep[] {
  let [truePositives, falsePositives] = [0, 0];
  return scoreGroups(scores, labels).map(({ score, positives, negatives }) => {
    truePositives += positives;
    falsePositives += negatives;
    return { threshold: score, truePositives, falsePositives };
  });
}

interface ScoreGroup {
  readonly score: number;
  readonly positives: number;
  readonly negatives: number;
}

/** Equal scores together, highest first. */
function scoreGroups(scores: Scores, labels: Labels): ScoreGroup[] {
  const order = Uint32Array.from({ length: scores.length }, (_, index) => index);
  order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const groups: { score: number; positives: number; negatives: number }[] = [];
  for (const index of order) {
    const score = scores[index] ?? 0;
    let group = groups.at(-1);
    if (group === undefined || group.score !== score) {
      group = { score, positives: 0, negatives: 0 };
      groups.push(group);
    }
    if (labels[index] === 1) group.positives += 1;
    else group.negatives += 1;
  }
  return groups;
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
