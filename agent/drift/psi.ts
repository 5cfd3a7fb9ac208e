/**
 * Population stability index of a window of shots against a histogram. A small window differs from
 * it by chance, and shots that resemble their neighbours count for fewer: both are told with it.
 */
import { quantileOf } from '../../models/normal.ts';
import type { Histogram } from '../../models/reference.ts';

const bins = 10;
const lags = 20;
/** Standard normal quantile of 1 in 10,000. */
const z = 3.719;

export interface Psi {
  readonly psi: number;
  /** What chance alone stays below, 9,999 times in 10,000. */
  readonly chance: number;
}

/** Bins of equal counts, as far as values that repeat allow it. `values` are not empty. */
export function histogramOf(values: readonly number[]): Histogram {
  const sorted = [...values].sort((a, b) => a - b);
  const cuts = Array.from({ length: bins - 1 }, (_, at) => quantileOf(sorted, (at + 1) / bins));
  const edges = [...new Set(cuts)];
  return { edges, shares: sharesOf(values, edges), missing: 0 };
}

function sharesOf(values: readonly number[], edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of values) {
    let bin = 0;
    while (bin < edges.length && value >= (edges[bin] ?? 0)) bin += 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count) => count / values.length);
}

/** `shots`: how many the histogram was made from. `values` in the order of shots, not empty. */
export function psiOf(values: readonly number[], reference: Histogram, shots: number): Psi {
  const { edges, shares } = reference;
  const now = sharesOf(values, edges);
  const filled = (share: number, of: number): number =>
    (share * of + 0.5) / (of + 0.5 * shares.length);
  let psi = 0;
  for (const [bin, share] of shares.entries()) {
    const [was, is] = [filled(share, shots), filled(now[bin] ?? 0, values.length)];
    psi += (is - was) * Math.log(is / was);
  }
  const fewer = repetition(values);
  const noise = fewer / values.length + fewer / shots;
  return { psi, chance: noise * chiSquare(Math.max(1, shares.length - 1)) };
}

/** How many shots in a row tell as much as one of its own. */
function repetition(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const off = values.map((value) => value - mean);
  const variance = off.reduce((sum, one) => sum + one * one, 0);
  if (variance === 0) return 1;
  let factor = 1;
  for (let lag = 1; lag <= Math.min(lags, values.length / 4); lag += 1) {
    let sum = 0;
    for (let at = lag; at < off.length; at += 1) sum += (off[at] ?? 0) * (off[at - lag] ?? 0);
    if (sum <= 0) break;
    factor += (2 * sum) / variance;
  }
  return factor;
}

/** Quantile of 9,999 in 10,000, by Wilson and Hilferty. */
function chiSquare(degrees: number): number {
  const part = 2 / (9 * degrees);
  return degrees * (1 - part + z * Math.sqrt(part)) ** 3;
}
