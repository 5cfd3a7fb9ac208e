/** A quality report as the panel's server would give it: one whole row, one of suspected shots, one of none. */
import type { QualityReport, QualityRow, Share } from '../../agent/records.ts';
import { now } from './plant.ts';

function share(part: number, of: number, low: number, high: number): Share {
  return { count: part, of, value: part / of, low, high };
}

export function qualityOf(): QualityReport {
  const recall = { ...share(7, 9, 0.453, 0.937), method: 'counted' as const };
  const row: QualityRow = {
    machine: 'dc-01',
    mold: '8412',
    model: { name: 'diecast-defect', version: '1.4.0' },
    shiftFromWallMs: now - 6 * 3_600_000,
    shots: 420,
    verdicts: { ok: 401, defect: 11 },
    labelled: 118,
    partly: 0,
    unjudgedLabelled: 0,
    truePositives: 7,
    falsePositives: 4,
    trueNegatives: 105,
    falseNegatives: 2,
    baseRate: share(9, 118, 0.041, 0.139),
    precision: share(7, 11, 0.354, 0.848),
    falseAlarms: share(4, 11, 0.152, 0.646),
    missed: share(2, 107, 0.005, 0.066),
    recall,
    coverage: {
      kind: 'even',
      defect: share(11, 11, 0.741, 1),
      ok: share(107, 401, 0.226, 0.312),
    },
  };
  const suspected = { ...row.coverage, kind: 'suspected-only' as const };
  const none = { count: 0, of: 0, value: null, low: null, high: null };
  const unjudged: QualityRow = {
    ...{ ...row, mold: null, verdicts: { ok: 0, defect: 0 }, labelled: 0, recall: null },
    ...{ baseRate: none, precision: none, falseAlarms: none, missed: none },
    coverage: { kind: 'none', defect: none, ok: none },
  };
  return {
    fromWallMs: now - 7 * 86_400_000,
    toWallMs: now,
    by: ['machine', 'mold', 'model', 'shift'],
    rows: [row, { ...row, machine: 'dc-02', recall: null, coverage: suspected }, unjudged],
    calibration: [],
    labelsWithoutShot: 0,
  };
}
