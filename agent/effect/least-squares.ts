/** Ordinary least squares of a handful of columns. */

export type Matrix = readonly (readonly number[])[];

export interface Fit {
  /** One for each column of the design. */
  readonly coefficients: readonly number[];
  /** Actual minus fitted, in the order of the rows. */
  readonly residuals: readonly number[];
  /** (X′X)⁻¹. */
  readonly inverse: Matrix;
  /** Rows less columns. */
  readonly degrees: number;
  /** Residual variance, as if rows were independent. */
  readonly variance: number;
  /** Share of the variance about the mean that the fit explains; null: the target never varied. */
  readonly rSquared: number | null;
}

export function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

export const times = (matrix: Matrix, vector: readonly number[]): number[] =>
  matrix.map((row) => dot(row, vector));

/** a′ M b. */
export const bilinear = (a: readonly number[], matrix: Matrix, b: readonly number[]): number =>
  dot(a, times(matrix, b));

/** Inverse of a symmetric positive definite matrix; null where it is none, or nearly so. */
export function inverseOf(matrix: Matrix): number[][] | null {
  // Scaled to a unit diagonal: columns in kg and in °C are equally far from being singular.
  const scale = matrix.map((row, at) => Math.sqrt(row[at] ?? 0));
  if (scale.some((one) => !(one > 0))) return null;
  const size = matrix.length;
  const work = matrix.map((row, i) => [
    ...row.map((value, j) => value / (scale[i] ?? 1) / (scale[j] ?? 1)),
    ...Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)),
  ]);
  for (const [at, pivot] of work.entries()) {
    const head = pivot[at] ?? 0;
    if (head < 1e-12) return null;
    for (let j = 0; j < 2 * size; j += 1) pivot[j] = (pivot[j] ?? 0) / head;
    for (const [i, row] of work.entries()) {
      const factor = row[at] ?? 0;
      if (i === at || factor === 0) continue;
      for (let j = 0; j < 2 * size; j += 1) row[j] = (row[j] ?? 0) - factor * (pivot[j] ?? 0);
    }
  }
  return work.map((row, i) =>
    row.slice(size).map((value, j) => value / (scale[i] ?? 1) / (scale[j] ?? 1)),
  );
}

/** `design`: one row for each target, with its column of ones. Null: columns depend on each other. */
export function leastSquares(design: Matrix, target: readonly number[]): Fit | null {
  const width = design[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, at) => design.map((row) => row[at] ?? 0));
  const inverse = inverseOf(columns.map((a) => columns.map((b) => dot(a, b))));
  const degrees = design.length - width;
  if (inverse === null || degrees < 1) return null;
  const residualsOf = (coefficients: readonly number[]): number[] =>
    design.map((row, at) => (target[at] ?? 0) - dot(row, coefficients));
  const solve = (of: readonly number[]): number[] =>
    times(
      inverse,
      columns.map((column) => dot(column, of)),
    );
  const first = solve(target);
  // What rounding left in the first solution is fitted once more.
  const rest = solve(residualsOf(first));
  const coefficients = first.map((value, at) => value + (rest[at] ?? 0));
  const residuals = residualsOf(coefficients);
  const mean = target.reduce((sum, one) => sum + one, 0) / target.length;
  const whole = target.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const left = dot(residuals, residuals);
  return {
    ...{ coefficients, residuals, inverse, degrees },
    variance: left / degrees,
    rSquared: whole === 0 ? null : 1 - left / whole,
  };
}
