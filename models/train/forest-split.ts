/** How one node of a forest's tree may be divided: one feature, one threshold, a side for missing. */
import type { ClassRows } from './class-rows.ts';

export interface NodeSplit {
  readonly gain: number;
  readonly feature: number;
  /** Float32; values ≤ this go left. */
  readonly threshold: number;
  readonly missingLeft: boolean;
}

export const largestFloat = 3.4028234663852886e38;

/** `constant`: the feature tells nothing in this node. Null: no division leaves enough rows. */
export type Found = NodeSplit | 'constant' | null;

/** At one threshold drawn evenly between the lowest and the highest value. */
export function randomThreshold(
  data: ClassRows,
  rows: Uint32Array,
  feature: number,
  counts: readonly number[],
  minLeafRows: number,
  random: () => number,
): Found {
  const column = data.columns[feature] ?? new Float32Array();
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let missing = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const value = column[rows[at] ?? 0] ?? Number.NaN;
    if (Number.isNaN(value)) missing += 1;
    else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (missing === rows.length || (missing === 0 && low === high)) return 'constant';
  const onPresence = missing > 0 && (low === high || random() < 0.5);
  const drawn = Math.fround(low + random() * (high - low));
  const threshold = onPresence ? largestFloat : drawn >= high ? low : Math.max(low, drawn);
  const { left, gone, lefts } = countLeft(data, rows, column, threshold, missing > 0);
  const tried = { feature, threshold, lefts, missing, rows: rows.length, minLeafRows };
  return betterSide(tried, left, gone, counts);
}

function countLeft(
  { labels, classCount, weights }: ClassRows,
  rows: Uint32Array,
  column: Float32Array,
  threshold: number,
  mayMiss: boolean,
) {
  const left = new Float64Array(classCount);
  const gone = new Float64Array(classCount);
  let lefts = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] ?? 0;
    const value = column[row] ?? Number.NaN;
    const label = labels[row] ?? 0;
    const weight = weights === undefined ? 1 : (weights[row] ?? 0);
    if (value <= threshold) {
      left[label] = (left[label] ?? 0) + weight;
      lefts += 1;
    } else if (mayMiss && Number.isNaN(value)) gone[label] = (gone[label] ?? 0) + weight;
  }
  return { left, gone, lefts };
}

interface Tried {
  readonly feature: number;
  readonly threshold: number;
  readonly lefts: number;
  readonly missing: number;
  readonly rows: number;
  readonly minLeafRows: number;
}

/** Missing rows go where they help most. */
function betterSide(
  { feature, threshold, lefts, missing, rows, minLeafRows }: Tried,
  left: Float64Array,
  gone: Float64Array,
  counts: readonly number[],
): NodeSplit | null {
  let best: NodeSplit | null = null;
  for (const missingLeft of missing > 0 ? [false, true] : [lefts * 2 > rows]) {
    const inLeft = lefts + (missingLeft ? missing : 0);
    if (inLeft < minLeafRows || rows - inLeft < minLeafRows) continue;
    const gain = purityGain(missingLeft && missing > 0 ? add(left, gone) : left, counts);
    if (gain > 1e-12 && gain > (best?.gain ?? 0)) best = { gain, feature, threshold, missingLeft };
  }
  return best;
}

function add(left: Float64Array, gone: Float64Array): Float64Array {
  return left.map((value, at) => value + (gone[at] ?? 0));
}

/** By how much Gini's impurity, times weight, falls. */
function purityGain(left: Float64Array, counts: readonly number[]): number {
  let [lefts, rights, leftSquares, rightSquares, squares] = [0, 0, 0, 0, 0];
  for (let at = 0; at < counts.length; at += 1) {
    const whole = counts[at] ?? 0;
    const inLeft = left[at] ?? 0;
    const inRight = whole - inLeft;
    lefts += inLeft;
    rights += inRight;
    leftSquares += inLeft * inLeft;
    rightSquares += inRight * inRight;
    squares += whole * whole;
  }
  if (lefts <= 0 || rights <= 0) return 0;
  return leftSquares / lefts + rightSquares / rights - squares / (lefts + rights);
}

/** At the threshold between two of the node's values that divides the classes best. */
export function bestThreshold(
  data: ClassRows,
  rows: Uint32Array,
  feature: number,
  counts: readonly number[],
  minLeafRows: number,
): Found {
  const column = data.columns[feature] ?? new Float32Array();
  const present = rows.filter((row) => !Number.isNaN(column[row])).sort(byValue(column));
  const missing = rows.length - present.length;
  const [first, last] = [column[present[0] ?? 0] ?? 0, column[present.at(-1) ?? 0] ?? 0];
  if (present.length === 0 || (missing === 0 && first === last)) return 'constant';
  const { left: inPresent, gone } = countLeft(data, rows, column, largestFloat, missing > 0);
  const left = new Float64Array(data.classCount);
  let best: NodeSplit | null = null;
  const consider = (lefts: number, threshold: number, sums: Float64Array): void => {
    const tried = { feature, threshold, lefts, missing, rows: rows.length, minLeafRows };
    const found = betterSide(tried, sums, gone, counts);
    if (found !== null && found.gain > (best?.gain ?? 0)) best = found;
  };
  for (let at = 0; at + 1 < present.length; at += 1) {
    const row = present[at] ?? 0;
    const label = data.labels[row] ?? 0;
    left[label] = (left[label] ?? 0) + (data.weights?.[row] ?? 1);
    const [value, next] = [column[row] ?? 0, column[present[at + 1] ?? 0] ?? 0];
    if (value < next) consider(at + 1, between(value, next), left);
  }
  if (missing > 0) consider(present.length, largestFloat, inPresent);
  return best;
}

function byValue(column: Float32Array): (a: number, b: number) => number {
  return (a, b) => (column[a] ?? 0) - (column[b] ?? 0);
}

function between(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}
