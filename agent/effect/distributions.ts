/** Cumulative probabilities and quantiles of the distributions that intervals are made from. */
import { incompleteBeta, incompleteGamma } from './special-functions.ts';

interface Rational {
  /** Of the powers 0, 1, 2 … */
  readonly top: readonly number[];
  readonly bottom: readonly number[];
}

// Hart's algorithm 5666 as West printed it: integrals over whole grids ask for it often.
const hart = {
  top: [
    220.206867912376, 221.213596169931, 112.079291497871, 33.912866078383, 6.37396220353165,
    0.700383064443688, 0.0352624965998911,
  ],
  bottom: [
    440.413735824752, 793.826512519948, 637.333633378831, 296.564248779674, 86.7807322029461,
    16.064177579207, 1.75566716318264, 0.0883883476483184,
  ],
};

/** P(Z ≤ x) of the standard normal; exact in the far tails too. */
export function normalCdf(x: number): number {
  const size = Math.abs(x);
  const outside =
    size < 4
      ? Math.exp((-size * size) / 2) * rational(hart, size)
      : incompleteGamma(0.5, (size * size) / 2).upper / 2;
  return x < 0 ? outside : 1 - outside;
}

// Wichura's AS 241, relative error about 1e-16.
const centre = {
  top: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  bottom: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597,
    39307.89580009271, 28729.085735721943, 5226.495278852854,
  ],
};
const tail = {
  top: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  bottom: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
    0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const farTail = {
  top: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  bottom: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

function rational({ top, bottom }: Rational, x: number): number {
  return polynomial(top, x) / polynomial(bottom, x);
}

function polynomial(factors: readonly number[], x: number): number {
  let sum = 0;
  for (let at = factors.length - 1; at >= 0; at -= 1) sum = sum * x + (factors[at] ?? 0);
  return sum;
}

/** z with P(Z ≤ z) = p. */
export function normalQuantile(p: number): number {
  const off = p - 0.5;
  if (Math.abs(off) <= 0.425) return off * rational(centre, 0.180625 - off * off);
  const rare = Math.min(p, 1 - p);
  if (rare <= 0) return off < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const root = Math.sqrt(-Math.log(rare));
  const size = root <= 5 ? rational(tail, root - 1.6) : rational(farTail, root - 5);
  return off < 0 ? -size : size;
}

/** P(T ≤ t) of Student's t with `df` > 0 degrees of freedom, not necessarily whole. */
export function tCdf(t: number, df: number): number {
  const whole = df + t * t;
  const outside = incompleteBeta(df / whole, df / 2, 0.5, (t * t) / whole) / 2;
  return t < 0 ? outside : 1 - outside;
}

/** t with P(T ≤ t) = p. */
export function tQuantile(p: number, df: number): number {
  if (df === Number.POSITIVE_INFINITY) return normalQuantile(p);
  if (p === 0.5) return 0;
  const rare = Math.min(p, 1 - p);
  // Solved in the tail, where small probabilities keep their digits.
  const size = solve((t) => rare - tCdf(-t, df), 0, Math.max(1, -normalQuantile(rare)));
  return p < 0.5 ? -size : size;
}

/** P(X ≤ x) of chi-squared with `df` degrees of freedom. */
export function chiSquareCdf(x: number, df: number): number {
  return incompleteGamma(df / 2, x / 2).lower;
}

/** x with P(X ≤ x) = p. */
export function chiSquareQuantile(p: number, df: number): number {
  if (p <= 0) return 0;
  const f = (x: number): number => {
    const { lower, upper } = incompleteGamma(df / 2, x / 2);
    return p < 0.5 ? lower - p : 1 - p - upper;
  };
  return solve(f, 0, Math.max(1, df));
}

/** P(X ≤ x) of the beta distribution. */
export function betaCdf(x: number, a: number, b: number): number {
  return incompleteBeta(x, a, b);
}

/** x with P(X ≤ x) = p. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  return solve((x) => incompleteBeta(x, a, b) - p, 0, 1);
}

/**
 * Where the rising `f` passes 0, from `low` on, where it is below; `high` is where to look first
 * for a place where it is above. Steps as ITP's cheaper cousin: the secant, kept inside by halving.
 */
function solve(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  let [fa, fb] = [f(a), f(b)];
  while (fb < 0) {
    [a, fa] = [b, fb];
    b *= 2;
    fb = f(b);
  }
  for (let step = 0; step < 200 && b - a > 1e-15 * Math.abs(b); step += 1) {
    const isSecant = step % 3 !== 2;
    const at = isSecant ? a + ((b - a) * -fa) / (fb - fa) : a / 2 + b / 2;
    const x = at > a && at < b ? at : a / 2 + b / 2;
    if (x <= a || x >= b) break;
    const fx = f(x);
    if (fx === 0) return x;
    if (fx < 0) {
      [a, fa] = [x, fx];
      // Illinois: an end that stays is weighed half, so that both ends move.
      fb /= isSecant ? 2 : 1;
    } else {
      [b, fb] = [x, fx];
      fa /= isSecant ? 2 : 1;
    }
  }
  return a / 2 + b / 2;
}
