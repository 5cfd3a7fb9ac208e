/** Verdicts on a history against its labels: shot by shot, mold by mold, in time, and as alerts. */
import type { AlertFigures } from './alert-figures.ts';
import type { Comparison } from './compare.ts';
import { type Costs, costsOf, type Prices, type ThresholdRow, thresholdTable } from './cost.ts';
import { type Figures, figuresOf, type PartFigures, partFigures } from './figures.ts';
import type { Repeats } from './repeats.ts';
import { isScored, type JudgedShot } from './shot.ts';
import { type Gap, gapsOf, type Window, type WindowsBy, windowsOf } from './windows.ts';

export interface ModelName {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
}

/** `n` 0 and metrics null: no row has both a probability and a label. */
export interface BacktestReport extends Figures {
  readonly rows: number;
  /** Rows with a probability; metrics are over those with a label. */
  readonly scored: number;
  readonly unscored: Readonly<Record<string, number>>;
  readonly verdicts: { readonly ok: number; readonly defect: number };
  readonly model: ModelName;
  /** As the bundle says it; figures on these shots flatter. */
  readonly trainedOn: string | null;
  readonly perMold: Readonly<Record<string, PartFigures & { readonly shots: number }>>;
  /** In the history's own order. */
  readonly chronological: readonly Window[];
  readonly windows: WindowsBy;
  readonly gaps: readonly Gap[];
  readonly period: { readonly fromWallMs: number; readonly toWallMs: number } | null;
  readonly repeats: Repeats | null;
  readonly thresholds: readonly ThresholdRow[];
  readonly cost: Costs | null;
  readonly alerts: AlertFigures | null;
  readonly against: Comparison | null;
}

export interface ReportOptions {
  readonly model: ModelName;
  readonly threshold: number;
  readonly trainedOn?: string | null;
  readonly windows?: WindowsBy;
  /** Local times at which shifts begin. */
  readonly shiftStarts?: readonly string[];
  readonly prices?: Prices | null;
  readonly repeats?: Repeats | null;
  readonly alerts?: AlertFigures | null;
  readonly against?: Comparison | null;
}

const defaultBlocks = 5;
const usualShifts = ['08:00', '20:00'] as const;

export function reportOn(shots: readonly JudgedShot[], options: ReportOptions): BacktestReport {
  const { model, threshold, windows = defaultBlocks, shiftStarts = usualShifts } = options;
  const { prices = null, repeats = null, alerts = null, against = null } = options;
  const scored = shots.filter(isScored);
  const byMold = Map.groupBy(shots, ({ mold }) => mold ?? '-');
  const perMold = [...byMold]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([mold, part]) => [
      mold,
      { shots: part.length, ...partFigures(part.filter(isScored), threshold) },
    ]);
  return {
    rows: shots.length,
    scored: shots.filter(({ score }) => score !== null).length,
    ...countOutcomes(shots),
    model,
    trainedOn: options.trainedOn ?? null,
    ...figuresOf(scored, threshold),
    perMold: Object.fromEntries(perMold),
    chronological: windowsOf(shots, windows, threshold, shiftStarts),
    windows,
    gaps: gapsOf(shots),
    period: periodOf(shots),
    repeats,
    thresholds: thresholdTable(scored, threshold, prices),
    cost: prices === null ? null : costsOf(scored, threshold, prices),
    ...{ alerts, against },
  };
}

function countOutcomes(shots: readonly JudgedShot[]) {
  const unscored: Record<string, number> = {};
  const verdicts = { ok: 0, defect: 0 };
  for (const { outcome, reason } of shots) {
    if (outcome === 'unscored') unscored[reason] = (unscored[reason] ?? 0) + 1;
    else verdicts[outcome] += 1;
  }
  return { unscored, verdicts };
}

function periodOf(shots: readonly JudgedShot[]): BacktestReport['period'] {
  let [fromWallMs, toWallMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { wallMs } of shots) {
    if (wallMs === null) return null;
    fromWallMs = Math.min(fromWallMs, wallMs);
    toWallMs = Math.max(toWallMs, wallMs);
  }
  return shots.length === 0 ? null : { fromWallMs, toWallMs };
}
