/** How far a row lies from everything the model was trained on. */
import type { Novelty } from './reference.ts';

/**
 * Distance over its limit: above 1 nothing like it was in the training. Null where `novelty` is not
 * of `features`. Makes nothing per row.
 */
export function compileNovelty(
  novelty: Novelty,
  features: readonly string[],
): ((values: Readonly<Record<string, number | null | undefined>>) => number) | null {
  const { center, scale, inverse, limit } = novelty;
  const size = features.length;
  const isWhole = center.length === size && scale.length === size && inverse.length === size;
  if (!isWhole || inverse.some((row) => row.length !== size)) return null;
  const weights = Float64Array.from(inverse.flat());
  const z = new Float64Array(size);
  return (values) => {
    features.forEach((name, at) => {
      const value = values[name];
      const isThere = typeof value === 'number' && Number.isFinite(value);
      // Missing: as if it were in the middle, so that it neither alarms nor hides the others.
      z[at] = isThere ? (value - (center[at] ?? 0)) / (scale[at] ?? 1) : 0;
    });
    return Math.sqrt(Math.max(0, squared(z, weights))) / limit;
  };
}

function squared(z: Float64Array, weights: Float64Array): number {
  let sum = 0;
  let place = 0;
  for (const one of z) {
    let row = 0;
    for (const other of z) {
      row += other * (weights[place] ?? 0);
      place += 1;
    }
    sum += one * row;
  }
  return sum;
}
