/**
 * An interval that may be looked at as often and as long as one likes, with no planned end: the
 * normal-mixture confidence sequence (Robbins; the mixture SPRT of A/B tests).
 */

/**
 * |z| beyond which an effect is claimed when the difference is known with `variance`. `expected` is
 * the size of difference for which the bound is narrowest; fixed before the first look.
 */
export function mixtureBound(variance: number, expected: number, alpha: number): number {
  const mixing = expected ** 2;
  const whole = variance + mixing;
  return Math.sqrt((whole / mixing) * (Math.log(whole / variance) - 2 * Math.log(alpha)));
}
