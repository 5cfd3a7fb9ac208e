/** What a manifest says of a feature: its range in training, where good parts lay, and its absence. */
import type { ModelFeature } from '../manifest.ts';
import { shortest } from './golden.ts';

/** A feature seldom missing in training is refused when missing: the model never learned it. */
const learnedMissingShare = 0.005;

export interface FeatureRows {
  readonly isGood: (row: number) => boolean;
  /** Whether its absence is encoded; absent: when it was missing in ≥ 0.5 % of the rows. */
  readonly isEncoded?: boolean;
}

/** Null when it has no value in any row. */
export function describeFeature(
  identity: Pick<ModelFeature, 'name' | 'from' | 'unit'>,
  column: Float32Array,
  { isGood, isEncoded }: FeatureRows,
): ModelFeature | null {
  const present = column.filter((value) => !Number.isNaN(value)).sort();
  const good = column.filter((value, row) => !Number.isNaN(value) && isGood(row)).sort();
  const missing = 1 - present.length / Math.max(1, column.length);
  const [lowest, highest] = [present[0], present.at(-1)];
  if (lowest === undefined || highest === undefined) return null;
  const at = (share: number) => shortest(good[Math.round(share * (good.length - 1))] ?? lowest);
  return {
    ...identity,
    missing: (isEncoded ?? missing >= learnedMissingShare) ? 'nan' : 'refuse',
    range: [shortest(lowest), shortest(highest)],
    normal: { low: at(0.05), median: at(0.5), high: at(0.95) },
  };
}
