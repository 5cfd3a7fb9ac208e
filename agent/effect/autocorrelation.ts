/**
 * Errors that resemble the day before: what they do to the variance of whatever is computed from a
 * regression.
 */
import { bilinear, dot, type Fit, type Matrix } from './least-squares.ts';

/** Newey and West's rule of thumb for how many rows back errors are taken as alike. */
export function lagsFor(rows: number): number {
  return Math.floor(4 * (rows / 100) ** (2 / 9));
}

/**
 * Newey and West's covariance of the coefficients, Bartlett kernel over `lags`, with the factor
 * rows / degrees of freedom for few rows.
 */
export function neweyWest(design: Matrix, fit: Fit, lags: number): number[][] {
  const scores = design.map((row, at) => row.map((value) => value * (fit.residuals[at] ?? 0)));
  const width = fit.coefficients.length;
  const factor = design.length / fit.degrees;
  const middle = Array.from({ length: width }, (_, i) =>
    Array.from({ length: width }, (_, j) => {
      let sum = 0;
      for (let lag = 0; lag <= lags; lag += 1) {
        const weight = (1 - lag / (lags + 1)) * (lag === 0 ? 0.5 : 1);
        for (let at = lag; at < scores.length; at += 1) {
          const [now, then] = [scores[at] ?? [], scores[at - lag] ?? []];
          sum += weight * ((now[i] ?? 0) * (then[j] ?? 0) + (now[j] ?? 0) * (then[i] ?? 0));
        }
      }
      return factor * sum;
    }),
  );
  return fit.inverse.map((a) => fit.inverse.map((b) => bilinear(a, middle, b)));
}

/** Errors of which each keeps the share `memory` of the one before. */
export interface SerialErrors {
  /** 0: independent; never below, which would make intervals narrower. */
  readonly memory: number;
  readonly variance: number;
  /** How many independent errors tell the variance as well. */
  readonly degrees: number;
  /** The same for the variance of a sum over many rows, where the memory's own error weighs too. */
  readonly degreesOfSum: number;
}

/**
 * R v, R the correlation matrix of errors that follow each other. Runs from both ends carry what all
 * other rows add, so that no matrix is needed.
 */
export function correlated(vector: readonly number[], memory: number): number[] {
  const result = [...vector];
  let [forth, back] = [0, 0];
  for (let at = 0; at < vector.length; at += 1) {
    result[at] = (result[at] ?? 0) + forth;
    forth = memory * (forth + (vector[at] ?? 0));
    const end = vector.length - 1 - at;
    result[end] = (result[end] ?? 0) + back;
    back = memory * (back + (vector[end] ?? 0));
  }
  return result;
}

/**
 * Memory and variance of the errors from the residuals of a fit. Residuals are less alike than the
 * errors are, the more so with few rows: the memory is the one under which residuals of this very
 * design would on average be as alike as these.
 */
export function serialErrors(design: Matrix, fit: Fit): SerialErrors {
  const { residuals } = fit;
  const own = dot(residuals, residuals);
  const alike = own === 0 ? 0 : dot(residuals.slice(1), residuals.slice(0, -1)) / own;
  let [low, high] = [0, 0.98];
  let moments = expected(design, fit, 0);
  if (moments.next / moments.own < alike) {
    for (let step = 0; step < 30; step += 1) {
      const middle = (low + high) / 2;
      moments = expected(design, fit, middle);
      if (moments.next / moments.own < alike) low = middle;
      else high = middle;
    }
  }
  const degrees = moments.own ** 2 / moments.squares;
  // The variance of a sum goes with (1 + memory) / (1 − memory), and the memory is known to about
  // √((1 − memory²) / rows); taking its bias off makes it less sure by some √(1 + memory).
  const unsure = 2 / degrees + 4 / (residuals.length * (1 - low));
  return { memory: low, variance: own / moments.own, degrees, degreesOfSum: 2 / unsure };
}

/**
 * Sums that residuals have on average when the errors have variance 1 and this memory: of squares,
 * of products with the next, and of all squared covariances. Residuals are M e, M = I − X G X′; the
 * traces are taken apart so that only matrices as small as G are multiplied.
 */
function expected(design: Matrix, { inverse }: Fit, memory: number) {
  const rows = design.length;
  const columns = inverse.map((_, at) => design.map((row) => row[at] ?? 0));
  const spread = columns.map((column) => correlated(column, memory));
  const shifted = columns.map((column) =>
    column.map((_, at) => ((column[at - 1] ?? 0) + (column[at + 1] ?? 0)) / 2),
  );
  const gram = (a: Matrix, b: Matrix): number[][] =>
    multiply(
      inverse,
      a.map((one) => b.map((other) => dot(one, other))),
    );
  const near = gram(columns, spread);
  const next = gram(columns, shifted);
  const square = memory ** 2;
  const pairs = (rows - 1 - rows * square + square ** rows) / (1 - square) ** 2;
  return {
    own: rows - trace(near),
    next: (rows - 1) * memory - 2 * trace(gram(spread, shifted)) + trace(multiply(next, near)),
    squares:
      rows + 2 * square * pairs - 2 * trace(gram(spread, spread)) + trace(multiply(near, near)),
  };
}

const multiply = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) =>
    b.map((_, j) => b.reduce((sum, one, k) => sum + (row[k] ?? 0) * (one[j] ?? 0), 0)),
  );

const trace = (matrix: Matrix): number => matrix.reduce((sum, row, at) => sum + (row[at] ?? 0), 0);
