/**
 * Looking at the result again and again without claiming an effect that is none: bounds of a group
 * sequential test that spends its error over the looks (Lan and DeMets), O'Brien–Fleming type.
 */
import { normalCdf, normalQuantile } from './distributions.ts';

/** Points of the numerical integration in one standard deviation of a step; an error below 1e-6. */
const density = 16;
/** Standard deviations that the statistic is followed to. */
const farthest = 9;

/** Error spent until `fraction` of the planned information, two-sided, `alpha` in all at 1. */
export function obrienFlemingSpent(fraction: number, alpha: number): number {
  if (fraction <= 0) return 0;
  if (fraction >= 1) return alpha;
  return 4 * normalCdf(normalQuantile(alpha / 4) / Math.sqrt(fraction));
}

/** Where the score process may be at one look without having crossed, and how likely. */
interface Going {
  readonly information: number;
  /** Score z √information, evenly spaced; density times Simpson's weight. */
  readonly at: Float64Array;
  readonly mass: Float64Array;
}

/**
 * |z| beyond which an effect is claimed at each look. `fractions`: share of the planned information
 * at each look, rising, above 0 and at most 1. The last planned look has all the error that is left.
 */
export function spendingBounds(fractions: readonly number[], alpha: number): number[] {
  const bounds: number[] = [];
  let going: Going | null = null;
  let spent = 0;
  for (const fraction of fractions) {
    const now = obrienFlemingSpent(fraction, alpha);
    const bound = boundOf(going, fraction, Math.max(0, now - spent));
    bounds.push(bound);
    spent = Math.max(spent, now);
    going = onward(going, fraction, bound);
  }
  return bounds;
}

/** The bound that is crossed for the first time with probability `error`, both sides together. */
function boundOf(going: Going | null, information: number, error: number): number {
  if (error < 1e-15) return Number.POSITIVE_INFINITY;
  if (going === null) return -normalQuantile(error / 2);
  // The logarithm of the chance is close to a parabola of the bound: the secant needs few steps.
  const miss = (bound: number): number =>
    Math.log(crossing(going, information, bound * Math.sqrt(information)) / error);
  let [low, high] = [0, farthest];
  let [above, below] = [miss(low), miss(high)];
  for (let step = 0; step < 100 && high - low > 1e-11; step += 1) {
    const secant = low + ((high - low) * above) / (above - below);
    const middle = step % 3 === 2 ? (low + high) / 2 : secant;
    const found = miss(middle);
    if (found > 0) {
      [low, above] = [middle, found];
      below /= 2;
    } else {
      [high, below] = [middle, found];
      above /= 2;
    }
    if (Math.abs(found) < 1e-12) return middle;
  }
  return (low + high) / 2;
}

function crossing(
  { at, mass, information: before }: Going,
  information: number,
  score: number,
): number {
  const deviation = Math.sqrt(information - before);
  let sum = 0;
  for (let i = at.length - 1; i >= 0; i -= 1) {
    const off = ((at[i] ?? 0) - score) / deviation;
    if (off < -farthest) break;
    // Beyond either bound; the process is symmetric, so one side is enough.
    sum += 2 * (mass[i] ?? 0) * normalCdf(off);
  }
  return sum;
}

/** What goes on below `bound` at this look. */
function onward(going: Going | null, information: number, bound: number): Going {
  const score = Math.min(bound, farthest) * Math.sqrt(information);
  const deviation = Math.sqrt(information - (going?.information ?? 0));
  const panels = Math.min(500, Math.max(20, Math.ceil((density * score) / deviation)));
  const at = new Float64Array(2 * panels + 1);
  const mass = new Float64Array(2 * panels + 1);
  const step = score / panels;
  const scale = 1 / (deviation * Math.sqrt(2 * Math.PI));
  for (let i = 0; i < at.length; i += 1) {
    const here = -score + i * step;
    let sum = 0;
    for (let j = 0; j < (going?.at.length ?? 1); j += 1) {
      const off = (here - (going?.at[j] ?? 0)) / deviation;
      sum += (going?.mass[j] ?? 1) * Math.exp(-0.5 * off * off);
    }
    const simpson = i === 0 || i === 2 * panels ? 1 : i % 2 === 1 ? 4 : 2;
    at[i] = here;
    mass[i] = (sum * scale * simpson * step) / 3;
  }
  return { information, at, mass };
}
