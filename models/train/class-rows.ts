/** Rows to learn classes from, and the small arithmetic that the learners share. */

export interface ClassRows {
  /** Feature columns of equal length, float32, NaN where missing. */
  readonly columns: readonly Float32Array[];
  /** Class of each row, 0 … classCount − 1; of two classes 1 is the defect. */
  readonly labels: Uint8Array;
  readonly classCount: number;
  /** How much each row counts; absent: all the same. */
  readonly weights?: Float32Array;
}

/** Two classes need one number (the log-odds of a defect), more need one each. */
export function outputCount(classCount: number): number {
  return classCount === 2 ? 1 : classCount;
}

export function takeRows(data: ClassRows, rows: ArrayLike<number>): ClassRows {
  const { weights } = data;
  return {
    classCount: data.classCount,
    columns: data.columns.map((column) => Float32Array.from(rows, (row) => column[row] ?? 0)),
    labels: Uint8Array.from(rows, (row) => data.labels[row] ?? 0),
    ...(weights && { weights: Float32Array.from(rows, (row) => weights[row] ?? 0) }),
  };
}

/** Weighted share of each class. */
export function classShares({ labels, classCount, weights }: ClassRows): number[] {
  const sums = new Array<number>(classCount).fill(0);
  let whole = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const weight = weights?.[row] ?? 1;
    const label = labels[row] ?? 0;
    sums[label] = (sums[label] ?? 0) + weight;
    whole += weight;
  }
  return sums.map((sum) => sum / whole);
}

/** `raw`, one array per output, in place to probabilities: sigmoid of one, softmax of several. */
export function toProbabilities(raw: readonly Float64Array[]): void {
  const [first] = raw;
  if (first === undefined) return;
  for (let row = 0; row < first.length; row += 1) {
    if (raw.length === 1) {
      first[row] = 1 / (1 + Math.exp(-(first[row] ?? 0)));
      continue;
    }
    let highest = Number.NEGATIVE_INFINITY;
    for (const one of raw) highest = Math.max(highest, one[row] ?? 0);
    let sum = 0;
    for (const one of raw) {
      const power = Math.exp((one[row] ?? 0) - highest);
      one[row] = power;
      sum += power;
    }
    for (const one of raw) one[row] = (one[row] ?? 0) / sum;
  }
}
