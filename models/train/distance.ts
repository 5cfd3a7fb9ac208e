/** How far a row lies from the good ones: Mahalanobis' distance on standardised features. */
import type { Novelty } from '../reference.ts';
import { quantiles } from './inputs.ts';

/** Share of the good rows that lie further away than the limit. */
const beyondLimit = 0.001;
/** Pulls the correlations towards none, so that a redundant feature does not explode the inverse. */
const shrinkage = 0.05;

/** Null with fewer good rows than twice the features: their correlations are not known then. */
export function fitDistance(
  columns: readonly Float32Array[],
  isGood: (row: number) => boolean,
): Novelty | null {
  const rows = Array.from(columns[0] ?? [], (_, row) => row).filter(isGood);
  if (rows.length < 2 * columns.length || rows.length < 30) return null;
  const parts = columns.map((column) => standardise(column, rows));
  const size = parts.length;
  const matrix = parts.map(({ values: a }, i) =>
    parts.map(({ values: b }, j) => (i === j ? 1 : (1 - shrinkage) * meanProduct(a, b))),
  );
  const inverse = invert(matrix);
  if (inverse === null || size === 0) return null;
  const shape = {
    center: parts.map(({ center }) => center),
    scale: parts.map(({ scale }) => scale),
    inverse: inverse.map((row) => row.map((one) => Number(one.toPrecision(9)))),
  };
  const distances = Float32Array.from(distancesOf(shape, columns));
  const good = Float32Array.from(rows, (row) => distances[row] ?? 0);
  const [limit = 0] = quantiles(good, [1 - beyondLimit]);
  return limit > 0 ? { ...shape, limit } : null;
}

export type DistanceShape = Pick<Novelty, 'center' | 'scale' | 'inverse'>;

/** sqrt(zᵀ · inverse · z) of each row, z = (x − center) / scale, 0 where missing. */
export function distancesOf(
  { center, scale, inverse }: DistanceShape,
  columns: readonly Float32Array[],
): Float64Array {
  const rows = columns[0]?.length ?? 0;
  const distances = new Float64Array(rows);
  const z = new Float64Array(columns.length);
  for (let row = 0; row < rows; row += 1) {
    for (const [at, column] of columns.entries()) {
      const value = column[row] ?? Number.NaN;
      z[at] = Number.isNaN(value) ? 0 : (value - (center[at] ?? 0)) / (scale[at] ?? 1);
    }
    let sum = 0;
    for (const [i, line] of inverse.entries()) {
      let part = 0;
      for (const [j, factor] of line.entries()) part += factor * (z[j] ?? 0);
      sum += part * (z[i] ?? 0);
    }
    distances[row] = Math.sqrt(Math.max(0, sum));
  }
  return distances;
}

/** Center and scale are float32, as the exported graph has them. */
function standardise(column: Float32Array, rows: readonly number[]) {
  const present = rows.map((row) => column[row] ?? Number.NaN).filter((one) => !Number.isNaN(one));
  const mean = present.reduce((sum, one) => sum + one, 0) / Math.max(1, present.length);
  const squares = present.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, present.length));
  const center = Math.fround(mean);
  // A feature that never moved must not make every later tremor a novelty beyond measure.
  const least = Math.max(Math.abs(center) * 1e-3, 1e-6);
  const scale = Math.fround(Math.max(deviation, least));
  const values = Float64Array.from(rows, (row) => {
    const value = column[row] ?? Number.NaN;
    return Number.isNaN(value) ? 0 : (value - center) / scale;
  });
  return { center, scale, values };
}

function meanProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum / a.length;
}

/** Gauss–Jordan with row exchange; null for a singular matrix. */
function invert(matrix: readonly (readonly number[])[]): number[][] | null {
  const size = matrix.length;
  const work = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let step = 0; step < size; step += 1) {
    let pivot = step;
    for (let row = step + 1; row < size; row += 1)
      if (Math.abs(work[row]?.[step] ?? 0) > Math.abs(work[pivot]?.[step] ?? 0)) pivot = row;
    const [chosen, other] = [work[pivot], work[step]];
    const head = chosen?.[step] ?? 0;
    if (chosen === undefined || other === undefined || Math.abs(head) < 1e-12) return null;
    work[pivot] = other;
    work[step] = chosen.map((one) => one / head);
    for (let row = 0; row < size; row += 1) {
      if (row === step) continue;
      const factor = work[row]?.[step] ?? 0;
      work[row] = (work[row] ?? []).map((one, at) => one - factor * (work[step]?.[at] ?? 0));
    }
  }
  return work.map((row) => row.slice(size));
}
