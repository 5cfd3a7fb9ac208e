/** Raw numbers ↔ the signal's unit, without the noise of binary fractions. */

export interface Scale {
  readonly scale: number;
  readonly offset: number;
}

/**
 * From raw numbers to the signal's unit, made once per signal: raw × scale × 10^−decimals + offset,
 * rounded once. `decimals`: what the device's own decimal point says, 0 where it has none.
 */
export function createScaler({ scale, offset }: Scale, decimals = 0): (raw: number) => number {
  const [times, ratio] = asRatio(scale);
  const over = ratio * 10 ** decimals;
  if (times === 1 && over === 1 && offset === 0) return (raw) => raw;
  const shift = offset * over;
  // Over one common denominator 650 × 0.1 − 40 is exactly 25, and 3290 × 0.1 exactly 329.
  if (Number.isSafeInteger(shift)) return (raw) => (raw * times + shift) / over;
  return (raw) => (raw * times) / over + offset;
}

/** `raw` in the signal's unit. For many values of one signal, keep a `createScaler`. */
export function scaled(raw: number, scale: Scale): number {
  return createScaler(scale)(raw);
}

/** The raw number nearest to `value` in the signal's unit; whole for every type but the floats. */
export function unscaled(
  value: number,
  spec: Scale & { readonly type: string },
  decimals = 0,
): number {
  const [times, over] = asRatio(spec.scale);
  const raw = ((value - spec.offset) * over * 10 ** decimals) / times;
  return spec.type === 'float32' || spec.type === 'float64' ? raw : Math.round(raw);
}

/** `scale` as an exact ratio of whole numbers where it is one: 0.1 → 1/10, 0.25 → 25/100, ⅓ → 1/3. */
function asRatio(scale: number): readonly [times: number, over: number] {
  if (Number.isInteger(scale)) return [scale, 1];
  const inverse = Math.round(1 / scale);
  if (Number.isSafeInteger(inverse) && 1 / inverse === scale) return [1, inverse];
  for (let over = 10; over <= 1e9; over *= 10) {
    const times = Math.round(scale * over);
    if (times / over === scale) return [times, over];
  }
  return [scale, 1];
}
