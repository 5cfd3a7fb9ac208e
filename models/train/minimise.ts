/** Limited-memory BFGS for smooth convex functions. */

/** Value at a point; writes the gradient there into `gradient`. */
export type Smooth = (at: Float64Array, gradient: Float64Array) => number;

const memory = 10;
const enough = 1e-7;

interface Step {
  readonly moved: Float64Array;
  readonly turned: Float64Array;
  readonly product: number;
}

/** The point at which the gradient vanishes, or the best after `maxSteps`. */
export function minimise(start: Float64Array, smooth: Smooth, maxSteps: number): Float64Array {
  let at = start.slice();
  let gradient = new Float64Array(at.length);
  let value = smooth(at, gradient);
  const steps: Step[] = [];
  for (let step = 0; step < maxSteps; step += 1) {
    if (Math.sqrt(dot(gradient, gradient)) < enough * Math.max(1, Math.sqrt(dot(at, at)))) break;
    const direction = descend(gradient, steps);
    const found = search(at, value, gradient, direction, smooth, steps.length === 0);
    if (found === null) break;
    const moved = found.at.map((one, index) => one - (at[index] ?? 0));
    const turned = found.gradient.map((one, index) => one - (gradient[index] ?? 0));
    const product = dot(moved, turned);
    if (product > 1e-14) steps.push({ moved, turned, product });
    if (steps.length > memory) steps.shift();
    const gained = value - found.value;
    [at, gradient, value] = [found.at, found.gradient, found.value];
    if (gained < 1e-10 * Math.max(1e-3, Math.abs(value))) break;
  }
  return at;
}

/** The two-loop recursion: minus the inverse curvature times the gradient. */
function descend(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const direction = gradient.map((one) => -one);
  const factors: number[] = [];
  for (const { moved, turned, product } of steps.toReversed()) {
    const factor = dot(moved, direction) / product;
    factors.push(factor);
    add(direction, turned, -factor);
  }
  const last = steps.at(-1);
  if (last !== undefined) {
    const scale = last.product / dot(last.turned, last.turned);
    for (let at = 0; at < direction.length; at += 1) direction[at] = (direction[at] ?? 0) * scale;
  }
  for (const { moved, turned, product } of steps)
    add(direction, moved, (factors.pop() ?? 0) - dot(turned, direction) / product);
  return direction;
}

/** Backs off until the value falls as the slope promises (Armijo). Null where it never does. */
function search(
  at: Float64Array,
  value: number,
  gradient: Float64Array,
  direction: Float64Array,
  smooth: Smooth,
  isFirst: boolean,
) {
  const slope = dot(gradient, direction);
  let length = isFirst ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
  for (let trial = 0; trial < 40; trial += 1) {
    const next = at.map((one, index) => one + length * (direction[index] ?? 0));
    const nextGradient = new Float64Array(at.length);
    const nextValue = smooth(next, nextGradient);
    if (nextValue <= value + 1e-4 * length * slope)
      return { at: next, gradient: nextGradient, value: nextValue };
    length /= 2;
  }
  return null;
}

function add(into: Float64Array, values: Float64Array, factor: number): void {
  for (let at = 0; at < into.length; at += 1)
    into[at] = (into[at] ?? 0) + factor * (values[at] ?? 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
