/**
 * Mantel and Haenszel's pooled risk difference and ratio with the usual variances, which take every
 * shot as independent. The version that does not is the standardised rate with the same weights.
 */
import type { Stratum } from './counts.ts';
import type { Estimate, RatioEstimate } from './rates.ts';

type Two = Pick<Stratum, 'before' | 'after'>;

/** Strata that both periods made. */
const shared = (strata: readonly Two[]): Two[] =>
  strata.filter(({ before, after }) => before.judged > 0 && after.judged > 0);

/** After minus before, variance by Sato (1989). Null: no stratum was made in both periods. */
export function pooledDifference(
  strata: readonly Two[],
  critical: number,
): (Estimate & { readonly variance: number }) | null {
  let [weights, value, p, q] = [0, 0, 0, 0];
  for (const { before, after } of shared(strata)) {
    const [n1, n0, a, b] = [after.judged, before.judged, after.defects, before.defects];
    const n = n1 + n0;
    weights += (n1 * n0) / n;
    value += (a * n0 - b * n1) / n;
    p += (n1 ** 2 * b - n0 ** 2 * a + (n1 * n0 * (n0 - n1)) / 2) / n ** 2;
    q += (a * (n0 - b) + b * (n1 - a)) / (2 * n);
  }
  if (weights === 0) return null;
  value /= weights;
  const variance = (value * p + q) / weights ** 2;
  const half = critical * Math.sqrt(variance);
  return { value, variance, low: value - half, high: value + half };
}

/**
 * After divided by before, variance of the logarithm by Greenland and Robins (1985). Null: no
 * stratum was made in both periods, or one of them has no defect.
 */
export function pooledRatio(
  strata: readonly Two[],
  critical: number,
): (RatioEstimate & { readonly value: number; readonly logVariance: number }) | null {
  let [r, s, p] = [0, 0, 0];
  for (const { before, after } of shared(strata)) {
    const [n1, n0, a, b] = [after.judged, before.judged, after.defects, before.defects];
    const n = n1 + n0;
    r += (a * n0) / n;
    s += (b * n1) / n;
    p += (n1 * n0 * (a + b) - a * b * n) / n ** 2;
  }
  if (r === 0 || s === 0) return null;
  const logVariance = p / (r * s);
  const factor = Math.exp(critical * Math.sqrt(logVariance));
  return { value: r / s, logVariance, low: r / s / factor, high: (r / s) * factor };
}
