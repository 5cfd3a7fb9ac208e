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
  for (const [feature, column] of bins.entries()) {
    const base = feature * binStride;
    for (let at = 0; at < rows.length; at += 1) {
      const row = rows[at] ?? 0;
      const slot = base + (column[row] ?? 0);
      into.gradients[slot] = (into.gradients[slot] ?? 0) + (gradients[row] ?? 0);
      into.hessians[slot] = (into.hessians[slot] ?? 0) + (hessians[row] ?? 0);
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
  for (const [feature, count] of binCounts.entries()) {
    const found = bestOfFeature(histogram, feature, count, total, rules);
    if (found !== null && (best === null || found.gain > best.gain)) best = found;
  }
  return best;
}

const minGain = 1e-9;

/** One pass with missing values going right, and where there are any, with them going left. */
function bestOfFeature(
  histogram: Histogram,
  feature: number,
  bins: number,
  total: Sums,
  rules: SplitRules,
): Split | null {
  const base = feature * binStride;
  const missing = slotSums(histogram, base + missingBin);
  const whole = score(total, rules);
  let best: Split | null = null;
  let left: Sums = { gradient: 0, hessian: 0, count: 0 };
  // With missing values the last bin is a split too: all that is there against what is not.
  const last = missing.count > 0 ? bins : bins - 1;
  for (let bin = 0; bin < last; bin += 1) {
    left = add(left, slotSums(histogram, base + bin));
    const sides = missing.count > 0 ? [left, add(left, missing)] : [left];
    for (const [index, side] of sides.entries()) {
      const gain = splitGain(side, total, whole, rules);
      if (gain <= (best?.gain ?? minGain)) continue;
      const missingLeft = missing.count > 0 ? index === 1 : side.count * 2 > total.count;
      best = { gain, feature, bin, missingLeft };
    }
  }
  return best;
}

function splitGain(left: Sums, total: Sums, whole: number, rules: SplitRules): number {
  const right = {
    gradient: total.gradient - left.gradient,
    hessian: total.hessian - left.hessian,
    count: total.count - left.count,
  };
  const allowed = Math.min(left.count, right.count) >= rules.minLeafRows;
  if (!allowed || Math.min(left.hessian, right.hessian) < rules.minLeafHessian) return 0;
  return score(left, rules) + score(right, rules) - whole;
}

function score({ gradient, hessian }: Sums, { l2 }: SplitRules): number {
  return (gradient * gradient) / (hessian + l2);
}

function slotSums(histogram: Histogram, slot: number): Sums {
  return {
    gradient: histogram.gradients[slot] ?? 0,
    hessian: histogram.hessians[slot] ?? 0,
    count: histogram.counts[slot] ?? 0,
  };
}

function add(a: Sums, b: Sums): Sums {
  return {
    gradient: a.gradient + b.gradient,
    hessian: a.hessian + b.hessian,
    count: a.count + b.count,
  };
}
