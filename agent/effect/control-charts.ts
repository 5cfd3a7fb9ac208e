/** Control charts of a defect rate over shifts, days or weeks: limits and signals as numbers. */
import type { Counts } from './counts.ts';

/** One subgroup, in the order of time. `judged` > 0. */
export interface ChartGroup extends Counts {
  readonly label: string;
}

export interface ChartPoint {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly signal: 'above' | 'below' | null;
}

export interface Chart {
  readonly kind: 'p' | 'laney-p' | 'ewma' | 'cusum-up' | 'cusum-down';
  readonly centre: number;
  readonly points: readonly ChartPoint[];
}

/** Centre and spread of the baseline groups, which the limits of every chart come from. */
export interface ChartBaseline {
  /** Defect rate. */
  readonly rate: number;
  /** Laney's σz: 1 where groups differ as chance alone makes them. Null: fewer than two groups. */
  readonly sigmaZ: number | null;
}

/** d₂ of a moving range of two. */
const movingRange = 1.128;

/** Null where the baseline has no shot, no defect or nothing but defects: there is no spread. */
export function chartBaseline(groups: readonly ChartGroup[]): ChartBaseline | null {
  const judged = groups.reduce((sum, group) => sum + group.judged, 0);
  const rate = groups.reduce((sum, group) => sum + group.defects, 0) / judged;
  if (!(rate > 0 && rate < 1)) return null;
  const z = groups.map((group) => zOf(group, rate));
  const ranges = z.slice(1).map((value, at) => Math.abs(value - (z[at] ?? 0)));
  const mean = ranges.reduce((sum, range) => sum + range, 0) / ranges.length;
  return { rate, sigmaZ: ranges.length === 0 || mean === 0 ? null : mean / movingRange };
}

const sigmaOf = (judged: number, rate: number): number => Math.sqrt((rate * (1 - rate)) / judged);

const zOf = ({ judged, defects }: Counts, rate: number): number =>
  (defects / judged - rate) / sigmaOf(judged, rate);

function pointOf(label: string, value: number, low: number, high: number): ChartPoint {
  return { label, value, low, high, signal: value > high ? 'above' : value < low ? 'below' : null };
}

/** Limits three sigma away: `p` for groups that differ by chance, `laney-p` widened by σz. */
export function pChart(
  groups: readonly ChartGroup[],
  { rate, sigmaZ }: ChartBaseline,
  kind: 'p' | 'laney-p',
): Chart {
  const factor = 3 * (kind === 'p' ? 1 : (sigmaZ ?? 1));
  const points = groups.map(({ label, judged, defects }) => {
    const half = factor * sigmaOf(judged, rate);
    return pointOf(label, defects / judged, Math.max(0, rate - half), Math.min(1, rate + half));
  });
  return { kind, centre: rate, points };
}

/**
 * Exponentially weighted mean of the groups' standard scores, in units of σ (Laney's, so that days
 * that differ anyway do not signal). λ 0.2 and L 2.7 find a lasting shift of 1 σ in about ten groups.
 */
export function ewmaChart(
  groups: readonly ChartGroup[],
  { rate, sigmaZ }: ChartBaseline,
  lambda = 0.2,
  width = 2.7,
): Chart {
  let mean = 0;
  const points = groups.map((group, at) => {
    mean = lambda * (zOf(group, rate) / (sigmaZ ?? 1)) + (1 - lambda) * mean;
    const grown = 1 - (1 - lambda) ** (2 * (at + 1));
    const half = width * Math.sqrt((lambda / (2 - lambda)) * grown);
    return pointOf(group.label, mean, -half, half);
  });
  return { kind: 'ewma', centre: 0, points };
}

/**
 * Cumulative sums of what lies beyond `slack` σ, upwards and downwards; a signal beyond `decision`.
 * Starts again after a signal.
 */
export function cusumCharts(
  groups: readonly ChartGroup[],
  { rate, sigmaZ }: ChartBaseline,
  slack = 0.5,
  decision = 5,
): { readonly up: Chart; readonly down: Chart } {
  const along = (sign: 1 | -1): ChartPoint[] => {
    let sum = 0;
    return groups.map((group) => {
      const z = zOf(group, rate) / (sigmaZ ?? 1);
      sum = Math.max(0, sum + sign * z - slack);
      const value = sum;
      if (value > decision) sum = 0;
      return sign === 1
        ? pointOf(group.label, value, 0, decision)
        : pointOf(group.label, -value, -decision, 0);
    });
  };
  return {
    up: { kind: 'cusum-up', centre: 0, points: along(1) },
    down: { kind: 'cusum-down', centre: 0, points: along(-1) },
  };
}
