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

export interface ShareInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's interval of a share 0 to 1 of `of` > 0, which need not be whole (an effective number of
 * parts that resemble their neighbours); `critical`: how many standard errors wide, e.g. 1.96.
 */
export function wilsonInterval(share: number, of: number, critical: number): ShareInterval {
  const spread = critical * critical;
  const middle = share + spread / (2 * of);
  const half = critical * Math.sqrt((share * (1 - share) + spread / (4 * of)) / of);
  const scale = 1 + spread / of;
  const low = share === 0 ? 0 : Math.max(0, (middle - half) / scale);
  const high = share === 1 ? 1 : Math.min(1, (middle + half) / scale);
  return { low, high };
}

/** `count` out of `of`, with Wilson's 95 % interval: honest for few cases and for shares near 0 or 1. */
export function shareOf(count: number, of: number): SharedOut {
  if (of === 0) return { count, of, value: null, low: null, high: null };
  const value = count / of;
  return { count, of, value, ...wilsonInterval(value, of, z) };
}
