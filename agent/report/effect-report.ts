/** Everything an effect report says, computed from its evidence and from nothing else. */
import { createHash } from 'node:crypto';
import { type AlternationEffect, alternationEffect } from '../effect/alternation.ts';
import { usualPlan } from '../effect/defect-effect.ts';
import { type Effect, effectOf } from '../effect/effect.ts';
import type { Estimate } from '../effect/rates.ts';
import { basisOf, type MeasurementBasis } from './basis.ts';
import { countRows, type Evidence } from './evidence.ts';
import { evidenceCsv } from './evidence-csv.ts';
import { areByTurns } from './periods.ts';

/** Won, above 0 is saved. */
export interface Cost {
  /** Among the shots judged after. */
  readonly scrap: Estimate | null;
  /** Among all shots made after, as if those not judged were like the judged; null: not to be said. */
  readonly scrapOfAll: Estimate | null;
  readonly energy: Estimate | null;
}

export interface EffectReport {
  readonly evidence: Evidence;
  /** Of the CSV of the evidence, hex. */
  readonly sha256: string;
  readonly basis: MeasurementBasis;
  readonly effect: Effect;
  /** Days of both periods by turns, rather than one period after the other. */
  readonly byTurns: boolean;
  /** Null: one period came after the other, or too few pairs of days. */
  readonly alternation: AlternationEffect | null;
  /** Null: no price was given. */
  readonly cost: Cost | null;
}

export function effectReport(evidence: Evidence): EffectReport {
  const { settings, days, energy } = evidence;
  const counts = countRows(evidence);
  const plan = {
    ...usualPlan,
    ...{ blocks: settings.blocks, looks: settings.looks, relativeChange: -settings.aim },
  };
  const effect = effectOf({ counts, energy }, plan);
  const byTurns = areByTurns(days);
  const basis = basisOf(evidence);
  return {
    evidence,
    sha256: createHash('sha256').update(evidenceCsv(evidence)).digest('hex'),
    ...{ basis, effect, byTurns },
    alternation: byTurns ? alternationEffect(counts, plan.seed) : null,
    cost: costOf(evidence, effect, basis),
  };
}

const times = ({ value, low, high }: Estimate, factor: number): Estimate => ({
  ...{ value: value * factor, low: low * factor, high: high * factor },
});

function costOf({ settings }: Evidence, effect: Effect, basis: MeasurementBasis): Cost | null {
  const { scrapKrw, kwhKrw } = settings;
  if (scrapKrw === null && kwhKrw === null) return null;
  const { avoided } = effect.defects;
  const scrap = avoided === null || scrapKrw === null ? null : times(avoided, scrapKrw);
  const { produced, judged } = basis.after;
  // Of a sample that leaned on suspected shots nothing can be said about the others.
  const isLeaning = basis.notes.some(({ kind }) => kind === 'suspected-more');
  const isWhole = judged === 0 || isLeaning || produced === judged;
  const saved = effect.energy?.kind === 'effect' ? effect.energy.saved : null;
  return {
    scrap,
    scrapOfAll: scrap === null || isWhole ? null : times(scrap, produced / judged),
    energy: saved === null || kwhKrw === null ? null : times(saved, kwhKrw),
  };
}
