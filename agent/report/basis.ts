/** On what the defect rates of both periods rest: who judged, how many of how many, what was left out. */

import type { SharedOut } from '../../models/share.ts';
import { shareOf } from '../../models/share.ts';
import type { Period } from '../effect/counts.ts';
import { defectsOf, type Evidence, type EvidenceRow, judgedOf } from './evidence.ts';

export interface PeriodBasis {
  readonly days: number;
  /** Days with a shot that counts. */
  readonly daysWithShots: number;
  /** Shots made, without those left out below. */
  readonly produced: number;
  readonly judged: number;
  readonly defects: number;
  /** Shots of which only some parts were inspected. */
  readonly partly: number;
  /** Counted as good, and once called a defect. */
  readonly reworked: number;
  readonly missed: number;
  /** By reason, the most first. */
  readonly suppressed: readonly (readonly [reason: string, shots: number])[];
  readonly unscored: number;
  readonly labelledFrom: EvidenceRow['labelledFrom'];
  /** Of the shots with that verdict, how many were inspected. */
  readonly inspectedOf: { readonly ok: SharedOut; readonly defect: SharedOut };
}

/**
 * `judges-differ`: verdicts of another model, or another threshold, are another measure. `suspected-more`:
 * inspection looked at shots called a defect more often than at others, so that the rate is not that
 * of all shots. `judges-itself`: the model that the report is about also did the judging.
 */
export type BasisNote =
  | { readonly kind: 'judges-differ' }
  | { readonly kind: 'judges-itself' }
  | { readonly kind: 'suspected-more'; readonly period: Period }
  | { readonly kind: 'reworked'; readonly before: number; readonly after: number };

export interface MeasurementBasis {
  readonly before: PeriodBasis;
  readonly after: PeriodBasis;
  readonly notes: readonly BasisNote[];
}

export function basisOf(evidence: Evidence): MeasurementBasis {
  const [before, after] = [periodBasis(evidence, 'before'), periodBasis(evidence, 'after')];
  return { before, after, notes: notesOf(evidence, { before, after }) };
}

function periodBasis({ shots, days, settings }: Evidence, period: Period): PeriodBasis {
  const own = shots.filter((row) => row.period === period);
  const sum = (of: (row: EvidenceRow) => number): number =>
    own.reduce((total, row) => total + of(row), 0);
  const reasons = new Map<string, number>();
  for (const { suppressed } of own)
    for (const [reason, count] of Object.entries(suppressed))
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  return {
    days: days[period].length,
    daysWithShots: new Set(own.flatMap(({ day, shots: made }) => (made > 0 ? [day] : []))).size,
    produced: sum((row) => row.shots),
    judged: sum((row) => judgedOf(row, settings.basis)),
    defects: sum((row) => defectsOf(row, settings.basis)),
    ...{ partly: sum((row) => row.partly), reworked: sum((row) => row.reworked) },
    missed: sum((row) => row.missed),
    suppressed: [...reasons].sort(([, a], [, b]) => b - a),
    unscored: sum((row) => row.verdicts.unscored),
    labelledFrom: {
      panel: sum((row) => row.labelledFrom.panel),
      cli: sum((row) => row.labelledFrom.cli),
      import: sum((row) => row.labelledFrom.import),
    },
    inspectedOf: {
      ok: shareOf(
        sum((row) => row.labelledOf.ok),
        sum((row) => row.verdicts.ok),
      ),
      defect: shareOf(
        sum((row) => row.labelledOf.defect),
        sum((row) => row.verdicts.defect),
      ),
    },
  };
}

function notesOf(
  { settings, models }: Evidence,
  both: Readonly<Record<Period, PeriodBasis>>,
): BasisNote[] {
  const notes: BasisNote[] = [];
  if (settings.basis === 'verdicts') {
    const judges = (period: Period): string =>
      JSON.stringify(
        [
          ...new Set(
            models
              .filter((use) => use.period === period)
              .map(({ machine, hash, threshold }) => JSON.stringify([machine, hash, threshold])),
          ),
        ].sort(),
      );
    if (judges('before') !== judges('after')) notes.push({ kind: 'judges-differ' });
    notes.push({ kind: 'judges-itself' });
    return notes;
  }
  for (const period of ['before', 'after'] as const)
    if (isLeaning(both[period])) notes.push({ kind: 'suspected-more', period });
  const [before, after] = [both.before.reworked, both.after.reworked];
  if (before + after > 0) notes.push({ kind: 'reworked', before, after });
  return notes;
}

/** Even where the rarer kind is inspected at least this often for once of the other. */
const evenRatio = 0.8;

function isLeaning({ inspectedOf: { ok, defect } }: PeriodBasis): boolean {
  return defect.count > 0 && ok.value !== null && ok.value < evenRatio * (defect.value ?? 0);
}
