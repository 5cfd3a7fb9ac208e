/**
 * The figures that were measured last, as ratios that mean the same on another computer: to the
 * budget, or for a figure that is a ratio itself, to what was taken beside it in the same run.
 */
import { type Budget, type Figure, judge } from './figure.ts';
import type { BenchResult, Hardware, Results } from './report.ts';

export interface BaselineFigure {
  readonly benchmark: string;
  readonly name: string;
  /** Null: it could not be measured there, and `note` says why. */
  readonly value: number | null;
  readonly unit: string;
  readonly budget: Budget;
  /** Share of the budget that is used up; above 1 it is missed. */
  readonly ratio: number | null;
  readonly note: string;
  /** Load average over a minute when its benchmark began: what else the computer did. */
  readonly load: number;
}

export interface Baseline {
  readonly at: string;
  readonly hardware: Hardware;
  readonly figures: readonly BaselineFigure[];
}

/** How much of its budget a figure uses; null where it has none, or was not measured. */
export function ratioOf(figure: Figure): number | null {
  const { value, budget } = figure;
  if (value === null || budget === null || judge(figure) === 'not measured') return null;
  if (budget.most !== undefined)
    return budget.most === 0 ? (value === 0 ? 0 : null) : value / budget.most;
  return budget.least === undefined || value === 0 ? null : budget.least / value;
}

/** Budgets of none (nothing lost, nothing repeated) are no ratios: whoever misses one has a fault. */
function isBound({ budget }: Figure): boolean {
  return budget !== null && budget.most !== 0;
}

function boundFigures({ name, figures, load }: BenchResult): BaselineFigure[] {
  return figures.filter(isBound).map((figure) => ({
    benchmark: name,
    ...{ name: figure.name, value: figure.value, unit: figure.unit, note: figure.note },
    budget: figure.budget ?? {},
    ratio: ratioOf(figure),
    load: load.before,
  }));
}

/** Of a benchmark that this run left out, what `before` had stays. */
export function baselineOf(
  { at, hardware, benchmarks }: Results,
  before: Baseline | null,
): Baseline {
  const ran = new Set(benchmarks.map(({ name }) => name));
  const kept = (before?.figures ?? []).filter(({ benchmark }) => !ran.has(benchmark));
  return { at, hardware, figures: [...kept, ...benchmarks.flatMap(boundFigures)] };
}

export interface Worse {
  readonly benchmark: string;
  readonly name: string;
  readonly was: number;
  /** Null: it is not measured any more. */
  readonly is: number | null;
}

/** Figures whose share of the budget has grown by more than `margin` (0.25: a quarter). */
export function worseThan(baseline: Baseline, results: Results, margin: number): Worse[] {
  return results.benchmarks.flatMap((result) => {
    const now = new Map(boundFigures(result).map((figure) => [figure.name, figure.ratio]));
    return baseline.figures
      .filter(({ benchmark, ratio }) => benchmark === result.name && ratio !== null)
      .map(({ benchmark, name, ratio }) => ({
        ...{ benchmark, name, was: ratio ?? Number.NaN },
        is: now.get(name) ?? null,
      }))
      .filter(({ was, is }) => is === null || is > was * (1 + margin));
  });
}

export function worseLines(worse: readonly Worse[], margin: number): string[] {
  const bound = `${Math.round(margin * 100)} %`;
  if (worse.length === 0) return [`nothing is worse than the baseline by more than ${bound}`];
  const share = (ratio: number): string => ratio.toPrecision(3);
  return [
    `worse than the baseline by more than ${bound}, as shares of the budget:`,
    ...worse.map(
      ({ benchmark, name, was, is }) =>
        `  ${benchmark}: ${name}: ${share(was)} → ${is === null ? 'not measured' : share(is)}`,
    ),
  ];
}
