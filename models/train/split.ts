/** Histograms of gradients over bins, and the best split that they show. */
import { binStride, missingBin } from './bins.ts';

/** Per bin: sum of gradients, sum of hessians, rows; `binStride` bins for each feature. */
export interface Histogram {
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
  readonly counts: Uint32Array;
}

export interface SplitRules {
  readonly minLeafRows: number;
  readonly minLeafHessian: number;
  readonly l2: number;
  /** Features that a node may be split on; asked anew for each node. Absent: all. */
  readonly drawFeatures?: () => ArrayLike<number>;
  /** 0 … 1: tries one threshold of a feature, so far along its bins in this node. Absent: all. */
  readonly drawThreshold?: () => number;
}

export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

export interface Split {
  readonly gain: number;
  readonly feature: number;
  /** Bins up to this one go left. */
  readonly bin: number;
  readonly missingLeft: boolean;
}

export function createHistogram(features: number): Histogram {
  const size = features * binStride;
  return {
    gradients: new Float64Array(size),
    hessians: new Float64Array(size),
    counts: new Uint32Array(size),
  };
}

/** Adds up `rows` into `into`, which is cleared first. */
export function fillHistogram(
  into: Histogram,
  bins: readonly Uint8Array[],
  rows: Uint32Array,
  gradients: Float64Array,
  hessians: Float64Array,
): void {
  into.gradients.fill(0);
  into.hessians.fill(0);
  into.counts.fill(0);
  // Gathered once, since rows of a node lie far apart and each feature needs them all.
  const ownGradients = new Float64Array(rows.length);
  const ownHessians = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] ?? 0;
    ownGradients[at] = gradients[row] ?? 0;
    ownHessians[at] = hessians[row] ?? 0;
  }
  for (const [feature, column] of bins.entries()) {
    const base = feature * binStride;
    for (let at = 0; at < rows.length; at += 1) {
      const slot = base + (column[rows[at] ?? 0] ?? 0);
      into.gradients[slot] = (into.gradients[slot] ?? 0) + (ownGradients[at] ?? 0);
      into.hessians[slot] = (into.hessians[slot] ?? 0) + (ownHessians[at] ?? 0);
      into.counts[slot] = (into.counts[slot] ?? 0) + 1;
    }
  }
}

/** Turns `parent` into the sibling of `child`: what is in the one is not in the other. */
export function subtractHistogram(parent: Histogram, child: Histogram): void {
  for (let slot = 0; slot < parent.counts.length; slot += 1) {
    parent.gradients[slot] = (parent.gradients[slot] ?? 0) - (child.gradients[slot] ?? 0);
    parent.hessians[slot] = (parent.hessians[slot] ?? 0) - (child.hessians[slot] ?? 0);
    parent.counts[slot] = (parent.counts[slot] ?? 0) - (child.counts[slot] ?? 0);
  }
}

/** The split that lowers the loss most, or null when none does within the rules. */
export function bestSplit(
  histogram: Histogram,
  binCounts: readonly number[],
  total: Sums,
  rules: SplitRules,
): Split | null {
  let best: Split | null = null;
  const drawn = rules.drawFeatures?.() ?? null;
  for (let at = 0; at < (drawn ?? binCounts).length; at += 1) {
    const feature = drawn?.[at] ?? at;
    const found = bestOfFeature(histogram, feature, binCounts[feature] ?? 0, total, rules);
    if (found !== null && (best === null || found.gain > best.gain)) best = found;
  }
  return best;
}

const minGain = 1e-9;

/** One pass over the bins, with missing values going right and, where there are any, left. */
function bestOfFeature(
  { gradients, hessians, counts }: Histogram,
  feature: number,
  bins: number,
  total: Sums,
  rules: SplitRules,
): Split | null {
  const base = feature * binStride;
  const missing = base + missingBin;
  const missingCount = counts[missing] ?? 0;
  const gainOf = gainBy(total, rules);
  let best: Split | null = null;
  let [gradient, hessian, count] = [0, 0, 0];
  // With missing values the last bin is a split too: all that is there against what is not.
  const last = base + (missingCount > 0 ? bins : bins - 1);
  const drawn = drawSlot(counts, base, last, rules);
  for (let slot = base; slot < last; slot += 1) {
    gradient += gradients[slot] ?? 0;
    hessian += hessians[slot] ?? 0;
    count += counts[slot] ?? 0;
    if (drawn !== null && slot !== drawn) continue;
    const gain = gainOf(gradient, hessian, count);
    if (gain > (best?.gain ?? minGain)) {
      const missingLeft = missingCount === 0 && count * 2 > total.count;
      best = { gain, feature, bin: slot - base, missingLeft };
    }
    if (missingCount === 0) continue;
    const withMissing = gainOf(
      gradient + (gradients[missing] ?? 0),
      hessian + (hessians[missing] ?? 0),
      count + missingCount,
    );
    if (withMissing > (best?.gain ?? minGain))
      best = { gain: withMissing, feature, bin: slot - base, missingLeft: true };
  }
  return best;
}

/** One bin between the first and the last that hold rows, or null to try them all. */
function drawSlot(
  counts: Uint32Array,
  base: number,
  last: number,
  { drawThreshold }: SplitRules,
): number | null {
  if (drawThreshold === undefined) return null;
  let [low, high] = [base, last];
  while (low < high && counts[low] === 0) low += 1;
  while (high > low && (counts[high] ?? 0) === 0) high -= 1;
  return low + Math.floor(drawThreshold() * (high - low));
}

/** What a split gains by the sums of its left side; 0 where the rules forbid it. */
function gainBy(total: Sums, { l2, minLeafRows, minLeafHessian }: SplitRules) {
  const whole = total.gradient ** 2 / (total.hessian + l2);
  return (gradient: number, hessian: number, count: number): number => {
    const rightHessian = total.hessian - hessian;
    if (count < minLeafRows || total.count - count < minLeafRows) return 0;
    if (hessian < minLeafHessian || rightHessian < minLeafHessian) return 0;
    const rightGradient = total.gradient - gradient;
    const left = (gradient * gradient) / (hessian + l2);
    return left + (rightGradient * rightGradient) / (rightHessian + l2) - whole;
  };
}
