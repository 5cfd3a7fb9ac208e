/** Which rows a model is judged on: later ones than it learned from, and none of a shared group. */
import { randomFrom } from './random.ts';

export interface Fold {
  readonly train: Uint32Array;
  readonly held: Uint32Array;
}

/** Rows in chronological order; rows of one group carry one number. Null: no row shares a group. */
export type Groups = Int32Array | null;

/** Learns from the first `from` of the rows, is judged on those up to `to` (shares of all rows). */
export function laterFold(count: number, groups: Groups, from: number, to: number): Fold {
  const [cut, end] = [Math.floor(count * from), Math.floor(count * to)];
  const train = Uint32Array.from({ length: cut }, (_, row) => row);
  const later = Uint32Array.from({ length: end - cut }, (_, at) => cut + at);
  if (groups === null) return { train, held: later };
  const seen = new Set(groups.subarray(0, cut));
  return { train, held: later.filter((row) => !seen.has(groups[row] ?? -1)) };
}

const laterStarts = [0.4, 0.6, 0.8] as const;

/** Three growing beginnings, each judged on the fifth that follows it. */
export function laterFolds(count: number, groups: Groups): Fold[] {
  return laterStarts.map((from) => laterFold(count, groups, from, from + 0.2));
}

/** `parts` folds that hold every class alike, drawn by chance; a group stays together. */
export function drawnFolds(
  labels: Uint8Array,
  groups: Groups,
  parts: number,
  seed: number,
): Fold[] {
  const random = randomFrom(seed);
  const units = [...Map.groupBy(labels.keys(), (row) => groups?.[row] ?? row).values()];
  const byClass = Map.groupBy(units, (rows) => Math.max(...rows.map((row) => labels[row] ?? 0)));
  const partOf = new Uint8Array(labels.length);
  let next = 0;
  for (const label of [...byClass.keys()].sort((a, b) => a - b)) {
    const drawn = (byClass.get(label) ?? []).map((rows) => ({ rows, at: random() }));
    for (const { rows } of drawn.sort((a, b) => a.at - b.at)) {
      for (const row of rows) partOf[row] = next % parts;
      next += 1;
    }
  }
  const all = Uint32Array.from(labels, (_, row) => row);
  return Array.from({ length: parts }, (_, part) => ({
    train: all.filter((row) => partOf[row] !== part),
    held: all.filter((row) => partOf[row] === part),
  }));
}

/** Whether a fold teaches and judges every class. */
export function isUseful({ train, held }: Fold, labels: Uint8Array, classCount: number): boolean {
  return [train, held].every((rows) => {
    const seen = new Set(Array.from(rows, (row) => labels[row]));
    return seen.size === classCount;
  });
}
