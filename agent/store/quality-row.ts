/** What counted verdicts and labels say, and what they cannot. */
import { shareOf } from '../../models/share.ts';
import type { QualityRow, Recall } from '../records.ts';

/** Of one group of shots. */
export interface QualityCounts {
  shots: number;
  ok: number;
  defect: number;
  partly: number;
  unjudgedLabelled: number;
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
}

export const noCounts = (): QualityCounts => ({
  shots: 0,
  ok: 0,
  defect: 0,
  partly: 0,
  unjudgedLabelled: 0,
  truePositives: 0,
  falsePositives: 0,
  trueNegatives: 0,
  falseNegatives: 0,
});

/** Labels are even where one verdict is labelled at least this often for once of the other. */
const evenRatio = 0.8;
/** Fewer labelled `ok` shots say too little of those that are not; none is left where all are. */
const leastOkLabels = 30;
const leastOkShare = 0.01;

export function coverageOf(counts: QualityCounts): QualityRow['coverage'] {
  const defect = shareOf(counts.truePositives + counts.falsePositives, counts.defect);
  const ok = shareOf(counts.trueNegatives + counts.falseNegatives, counts.ok);
  return { kind: kindOf(defect, ok), defect, ok };
}

type Part = QualityRow['coverage']['ok'];

function kindOf(defect: Part, ok: Part): QualityRow['coverage']['kind'] {
  if (defect.count + ok.count === 0) return 'none';
  const [ofDefect, ofOk] = [defect.value ?? 0, ok.value ?? 0];
  const enough = ok.count === ok.of || (ok.count >= leastOkLabels && ofOk >= leastOkShare);
  // Only one who labels suspected shots more often is after them.
  if (!enough) return ofDefect > ofOk ? 'suspected-only' : 'too-few';
  if (defect.of === 0 || ok.of === 0) return 'even';
  const [less, more] = [Math.min(ofDefect, ofOk), Math.max(ofDefect, ofOk)];
  return less >= evenRatio * more ? 'even' : 'selective';
}

/**
 * With verdicts labelled unevenly, found and missed defects are scaled up to all shots with their
 * verdict; the interval takes the ends of both shares, and so is rather too wide than too narrow.
 */
function weightedRecall(counts: QualityCounts): Recall | null {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
  const found = shareOf(truePositives, truePositives + falsePositives);
  const missed = shareOf(falseNegatives, trueNegatives + falseNegatives);
  const recall = (hit: number | null, miss: number | null): number | null => {
    if (hit === null || miss === null) return null;
    const all = counts.defect * hit + counts.ok * miss;
    return all === 0 ? null : (counts.defect * hit) / all;
  };
  const value = recall(found.value, missed.value);
  if (value === null) return null;
  const [low, high] = [recall(found.low, missed.high), recall(found.high, missed.low)];
  const share = { count: truePositives, of: truePositives + falseNegatives };
  return { ...share, value, low, high, method: 'weighted' };
}

function recallOf(counts: QualityCounts, kind: QualityRow['coverage']['kind']): Recall | null {
  const { truePositives, falseNegatives } = counts;
  if (kind !== 'even' && kind !== 'selective') return null;
  if (kind === 'selective') return weightedRecall(counts);
  const share = shareOf(truePositives, truePositives + falseNegatives);
  return share.value === null ? null : { ...share, method: 'counted' };
}

export type QualityFigures = Omit<QualityRow, 'machine' | 'mold' | 'model' | 'shiftFromWallMs'>;

export function figuresOf(counts: QualityCounts): QualityFigures {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
  const [alarms, passes] = [truePositives + falsePositives, trueNegatives + falseNegatives];
  const coverage = coverageOf(counts);
  return {
    shots: counts.shots,
    verdicts: { ok: counts.ok, defect: counts.defect },
    labelled: alarms + passes,
    partly: counts.partly,
    unjudgedLabelled: counts.unjudgedLabelled,
    ...{ truePositives, falsePositives, trueNegatives, falseNegatives },
    baseRate: shareOf(truePositives + falseNegatives, alarms + passes),
    precision: shareOf(truePositives, alarms),
    falseAlarms: shareOf(falsePositives, alarms),
    missed: shareOf(falseNegatives, passes),
    recall: recallOf(counts, coverage.kind),
    coverage,
  };
}
