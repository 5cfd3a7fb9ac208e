/**
 * What differs between this run of a mold and the last time it was in: medians of its shots that lie
 * outside what was normal then. They differ; what caused what is not said.
 */
import type { MoldRuns } from '../records.ts';

export interface Difference {
  readonly feature: string;
  /** Medians. */
  readonly now: number;
  readonly before: number;
  /** The middle 90 % of the shots then. */
  readonly normalLow: number;
  readonly normalHigh: number;
}

export interface MoldChange {
  readonly mold: string | null;
  /** When it was taken out the last time. */
  readonly beforeWallMs: number;
  readonly shotsNow: number;
  readonly shotsBefore: number;
  /** The largest, against what was normal, first. */
  readonly differences: readonly Difference[];
  /** Features that could be compared. */
  readonly compared: number;
}

const fewestNow = 10;
const fewestBefore = 20;

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
}

const inOrder = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** `resolution`: the least step in which a feature is shown. Null: too few shots to say. */
export function moldChange(
  { mold, now, before }: MoldRuns,
  resolution: (feature: string) => number,
): MoldChange | null {
  if (before === null || now.shots < fewestNow || before.shots < fewestBefore) return null;
  const compared: (Difference & { readonly far: number })[] = [];
  for (const [feature, values] of Object.entries(now.values)) {
    const past = before.values[feature] ?? [];
    if (values.length < fewestNow || past.length < fewestBefore) continue;
    const sorted = inOrder(past);
    const [normalLow, normalHigh] = [quantile(sorted, 0.05), quantile(sorted, 0.95)];
    const [median, medianNow] = [quantile(sorted, 0.5), quantile(inOrder(values), 0.5)];
    const step = resolution(feature);
    const beyond = Math.max(normalLow - medianNow, medianNow - normalHigh);
    // What is shown as the same number is no difference.
    const far = beyond <= step / 2 ? 0 : beyond / Math.max(normalHigh - normalLow, step);
    compared.push({ feature, now: medianNow, before: median, normalLow, normalHigh, far });
  }
  const differences = compared
    .filter(({ far }) => far > 0)
    .sort((a, b) => b.far - a.far)
    .map(({ far: _far, ...difference }) => difference);
  return {
    ...{ mold, beforeWallMs: before.toWallMs, shotsNow: now.shots, shotsBefore: before.shots },
    ...{ differences, compared: compared.length },
  };
}
