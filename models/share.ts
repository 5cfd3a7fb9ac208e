/** Shares of counts, with how sure they are. */

/** All three null where `of` is 0. */
export interface SharedOut {
  readonly count: number;
  readonly of: number;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Standard normal quantile of 97.5 %. */
const z = 1.959963984540054;

/** `count` out of `of`, with Wilson's 95 % interval: honest for few cases and for shares near 0 or 1. */
export function shareOf(count: number, of: number): SharedOut {
  if (of === 0) return { count, of, value: null, low: null, high: null };
  const value = count / of;
  const spread = z * z;
  const middle = value + spread / (2 * of);
  const half = z * Math.sqrt((value * (1 - value) + spread / (4 * of)) / of);
  const scale = 1 + spread / of;
  const low = count === 0 ? 0 : Math.max(0, (middle - half) / scale);
  const high = count === of ? 1 : Math.min(1, (middle + half) / scale);
  return { count, of, value, low, high };
}
