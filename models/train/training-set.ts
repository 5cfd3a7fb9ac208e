/** Rows to train on, whatever they came from: a CSV, a CSV through a profile, or the agent's store. */
import { createHash } from 'node:crypto';
import type { ClassRows } from './class-rows.ts';
import type { Groups } from './folds.ts';

export interface TrainingFeature {
  readonly name: string;
  /** The profile feature it will be fed from. */
  readonly from: string;
  readonly unit: string;
}

export interface TrainingClass {
  /** As the label says it. */
  readonly value: number | string;
  readonly title: { readonly ko: string; readonly en: string };
  readonly isDefect: boolean;
}

export interface TrainingSet extends ClassRows {
  readonly features: readonly TrainingFeature[];
  /** In the order of the labels' numbers; of two classes the second is the defect. */
  readonly classes: readonly TrainingClass[];
  /** Epoch ms, ascending; null where nothing says when the rows were made. */
  readonly times: Float64Array | null;
  readonly groups: Groups;
  /** Rows of the source left out, by reason. */
  readonly left: Readonly<Record<string, number>>;
  /** Molds among the rows; null where nothing says so. */
  readonly molds: readonly string[] | null;
}

export const goodAndDefect: readonly TrainingClass[] = [
  { value: 0, title: { ko: '양품', en: 'good' }, isDefect: false },
  { value: 1, title: { ko: '불량', en: 'defect' }, isDefect: true },
];

/** The same with only these rows, in this order. */
export function pickRows(data: TrainingSet, rows: ArrayLike<number>): TrainingSet {
  const { times, groups } = data;
  return {
    ...data,
    columns: data.columns.map((column) => Float32Array.from(rows, (row) => column[row] ?? 0)),
    labels: Uint8Array.from(rows, (row) => data.labels[row] ?? 0),
    times: times && Float64Array.from(rows, (row) => times[row] ?? 0),
    groups: groups && Int32Array.from(rows, (row) => groups[row] ?? 0),
  };
}

/** The same with only these features. */
export function pickFeatures(data: TrainingSet, names: ReadonlySet<string>): TrainingSet {
  const kept = data.features.flatMap(({ name }, at) => (names.has(name) ? [at] : []));
  return {
    ...data,
    features: kept.flatMap((at) => data.features[at] ?? []),
    columns: kept.map((at) => data.columns[at] ?? new Float32Array()),
  };
}

/** 1 where the row's class is a defect. */
export function defectLabels({ labels, classes }: TrainingSet): Uint8Array {
  return labels.map((label) => (classes[label]?.isDefect ? 1 : 0));
}

/** In the order of time; rows of one time stay as they came. */
export function sortByTime(data: TrainingSet): TrainingSet {
  const { times } = data;
  if (times === null) return data;
  const order = Uint32Array.from(data.labels, (_, row) => row);
  return pickRows(
    data,
    order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b),
  );
}

/**
 * Leaves out rows that repeat the row before in every feature and in the label: a log written
 * twice. Rows of one declared group are parts of one shot, and stay.
 */
export function dropRepeats(data: TrainingSet): {
  readonly data: TrainingSet;
  readonly dropped: number;
} {
  const { columns, labels, groups } = data;
  const same = (column: Float32Array, row: number) => Object.is(column[row], column[row - 1]);
  const rows = Uint32Array.from(labels, (_, row) => row).filter((row) => {
    const repeats = row > 0 && labels[row] === labels[row - 1];
    if (!repeats || (groups !== null && groups[row] === groups[row - 1])) return true;
    return !columns.every((column) => same(column, row));
  });
  const dropped = labels.length - rows.length;
  return { data: dropped === 0 ? data : pickRows(data, rows), dropped };
}

/**
 * Groups that also hold together rows equal in every feature: drawn by chance, one of them would
 * be learned and the other one asked.
 */
export function groupsOfEqualRows({ columns, groups, labels }: TrainingSet): Int32Array {
  const root = Int32Array.from(labels, (_, row) => row);
  const find = (row: number): number => {
    let at = row;
    while (root[at] !== at) at = root[at] = root[root[at] ?? at] ?? at;
    return at;
  };
  const join = (seen: Map<string, number>, key: string, row: number): void => {
    const first = seen.get(key);
    if (first === undefined) seen.set(key, row);
    else root[find(row)] = find(first);
  };
  const [byValues, byGroup] = [new Map<string, number>(), new Map<string, number>()];
  for (let row = 0; row < labels.length; row += 1) {
    join(byValues, columns.map((column) => column[row]).join(), row);
    if (groups !== null) join(byGroup, String(groups[row]), row);
  }
  return root.map((_, row) => find(row));
}

/** sha256 over names, values and labels: says whether two models saw the same data. */
export function trainingFingerprint(data: TrainingSet): string {
  const names = data.features.map(({ name }) => name);
  const hash = createHash('sha256').update(JSON.stringify(names));
  for (const column of data.columns)
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  return hash.update(data.labels).digest('hex');
}
