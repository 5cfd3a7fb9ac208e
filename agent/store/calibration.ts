/** Whether the probabilities that were shown are what inspection found, by machine, mold and model. */
import { shareOf } from '../../models/share.ts';
import type { CalibrationBin, CalibrationRow } from '../records.ts';
import { coverageOf, noCounts, type QualityCounts } from './quality-row.ts';

/** Defects are rare: most shots lie in the first few. */
const edges = [0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1] as const;
/** Fewer labels do not tell whether a model is right. */
const leastLabels = 30;

export interface ScoredShot {
  readonly machine: string;
  readonly mold: string | null;
  readonly model_name: string | null;
  readonly model_version: string | null;
  readonly probability: number | null;
}

interface Bin {
  count: number;
  defects: number;
  sum: number;
}

interface Group {
  readonly place: Pick<CalibrationRow, 'machine' | 'mold' | 'model'>;
  readonly bins: readonly Bin[];
  readonly counts: QualityCounts;
  squares: number;
  isProbability: boolean;
}

export class CalibrationTally {
  readonly #groups = new Map<string, Group>();

  /** Shots with a verdict, labelled or not: they say how the labels were chosen. */
  addShots(shot: Omit<ScoredShot, 'probability'>, outcome: 'ok' | 'defect', shots: number): void {
    const group = this.#of(shot);
    if (group !== null) group.counts[outcome] += shots;
  }

  /** A shot that counts as inspected. */
  add(shot: ScoredShot, outcome: 'ok' | 'defect', isDefect: boolean): void {
    const group = this.#of(shot);
    const { probability } = shot;
    if (group === null || probability === null) return;
    const isAlarm = outcome === 'defect';
    if (isAlarm) group.counts[isDefect ? 'truePositives' : 'falsePositives'] += 1;
    else group.counts[isDefect ? 'falseNegatives' : 'trueNegatives'] += 1;
    if (!(probability >= 0 && probability <= 1)) group.isProbability = false;
    const place = edges.findIndex((edge, at) => at > 0 && probability < edge) - 1;
    const bin = group.bins.at(place < 0 ? -1 : place);
    if (bin === undefined) return;
    bin.count += 1;
    bin.sum += probability;
    if (isDefect) bin.defects += 1;
    group.squares += (probability - Number(isDefect)) ** 2;
  }

  /** Of those that have labels, and whose scores are probabilities. */
  rows(): readonly CalibrationRow[] {
    return [...this.#groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, group]) => {
        const row = group.isProbability ? rowOf(group) : null;
        return row === null ? [] : [row];
      });
  }

  #of(shot: Omit<ScoredShot, 'probability'>): Group | null {
    const { machine, mold, model_name: name, model_version: version } = shot;
    if (name === null) return null;
    const place = { machine, mold, model: { name, version: version ?? '' } };
    const key = JSON.stringify(place);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const bins = edges.slice(1).map(() => ({ count: 0, defects: 0, sum: 0 }));
    const fresh = { place, bins, counts: noCounts(), squares: 0, isProbability: true };
    this.#groups.set(key, fresh);
    return fresh;
  }
}

/** What the model expected, against the interval of what was found. */
function fitOf(expected: number, found: CalibrationBin['found']): CalibrationRow['fit'] {
  if (found.of < leastLabels || found.low === null || found.high === null) return 'too-few';
  if (expected < found.low) return 'too-low';
  return expected > found.high ? 'too-high' : 'fits';
}

function rowOf({ place, bins, counts, squares }: Group): CalibrationRow | null {
  const labelled = bins.reduce((sum, { count }) => sum + count, 0);
  if (labelled === 0) return null;
  const expected = bins.reduce((sum, bin) => sum + bin.sum, 0) / labelled;
  const defects = bins.reduce((sum, bin) => sum + bin.defects, 0);
  const found = shareOf(defects, labelled);
  const told = bins.flatMap((bin, at): CalibrationBin[] => {
    if (bin.count === 0) return [];
    const mean = bin.sum / bin.count;
    const share = shareOf(bin.defects, bin.count);
    const [low, high] = [edges[at] ?? 0, edges[at + 1] ?? 1];
    return [{ low, high, expected: mean, found: share, fit: fitOf(mean, share) }];
  });
  return {
    ...{ ...place, labelled, expected, found, fit: fitOf(expected, found) },
    brier: squares / labelled,
    bins: told,
    coverage: coverageOf(counts).kind,
  };
}
