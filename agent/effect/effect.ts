/** The one way into this room: two periods in, everything that a report of the effect shows out. */
import { type Chart, chartBaseline, cusumCharts, ewmaChart, pChart } from './control-charts.ts';
import { type CountRow, dayNumber } from './counts.ts';
import { defectEffect, type EffectPlan } from './defect-effect.ts';
import { energyEffect } from './energy-baseline.ts';
import type { EnergyEffect, EnergyRefusal, EnergyRow } from './energy-result.ts';
import type { DefectEffect } from './result.ts';

export interface EffectRows {
  readonly counts: readonly CountRow[];
  /** Empty: no meter. */
  readonly energy: readonly EnergyRow[];
}

/** Limits from the days before, signals over both periods. */
export interface EffectCharts {
  /** Null: all molds together, whose rate also moves with the mix. */
  readonly mold: string | null;
  /** Laney's p′ where days differ more than chance makes them, a p chart otherwise. */
  readonly rate: Chart;
  readonly ewma: Chart;
  readonly cusum: { readonly up: Chart; readonly down: Chart };
  /** Laney's σz of the days before; null: a single day. */
  readonly sigmaZ: number | null;
}

export interface Effect {
  readonly defects: DefectEffect;
  /** All molds first, then each of several; without those that had no defect before. */
  readonly charts: readonly EffectCharts[];
  /** Null: no meter. */
  readonly energy: EnergyEffect | EnergyRefusal | null;
}

/** σz from which days differ by more than chance. */
const overdispersed = 1.1;

export function effectOf({ counts, energy }: EffectRows, plan: EffectPlan): Effect {
  const molds = [...new Set(counts.flatMap(({ mold }) => (mold === null ? [] : [mold])))].sort();
  const several = molds.length > 1 ? molds : [];
  return {
    defects: defectEffect(counts, plan),
    charts: [
      chartsOf(counts, null),
      ...several.map((mold) =>
        chartsOf(
          counts.filter((row) => row.mold === mold),
          mold,
        ),
      ),
    ].filter((charts) => charts !== null),
    energy: energy.length === 0 ? null : energyEffect(energy),
  };
}

/** By day. Null: no limits, for want of a defect before. */
export function chartsOf(rows: readonly CountRow[], mold: string | null): EffectCharts | null {
  const judged = rows.filter((row) => row.judged > 0);
  const days = [...Map.groupBy(judged, ({ day }) => day)]
    .sort(([a], [b]) => dayNumber(a) - dayNumber(b))
    .map(([label, own]) => ({
      label,
      isBefore: own.every(({ period }) => period === 'before'),
      judged: own.reduce((sum, row) => sum + row.judged, 0),
      defects: own.reduce((sum, row) => sum + row.defects, 0),
    }));
  const baseline = chartBaseline(days.filter(({ isBefore }) => isBefore));
  if (baseline === null) return null;
  const { sigmaZ } = baseline;
  const isOver = sigmaZ !== null && sigmaZ > overdispersed;
  const known = isOver ? baseline : { ...baseline, sigmaZ: 1 };
  return {
    ...{ mold, sigmaZ, rate: pChart(days, known, isOver ? 'laney-p' : 'p') },
    ewma: ewmaChart(days, known),
    cusum: cusumCharts(days, known),
  };
}
