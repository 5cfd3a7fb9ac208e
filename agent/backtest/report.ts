/** Verdicts on a history against its labels: the numbers, by mold and by time too. */
import { type Metrics, measure } from '../../models/metrics.ts';
import { type Cycle, defectScoreOf, type Verdict } from '../records.ts';

export interface JudgedRow {
  /** 1-based data row of the file. */
  readonly row: number;
  readonly cycle: Cycle;
  readonly verdict: Verdict;
  /** null: not inspected. */
  readonly label: 0 | 1 | null;
}

/** `n` 0 and metrics null: no row has both a probability and a label. */
export interface BacktestReport extends Metrics {
  readonly rows: number;
  /** Rows with a probability; metrics are over those with a label. */
  readonly scored: number;
  readonly unscored: Readonly<Record<string, number>>;
  readonly verdicts: { readonly ok: number; readonly defect: number };
  readonly model: { readonly name: string; readonly version: string; readonly hash: string };
  readonly perMold: Readonly<Record<string, Metrics>>;
  /** Fifths of the history in its own order. */
  readonly chronological: readonly (Metrics & {
    readonly fromRow: number;
    readonly toRow: number;
  })[];
}

interface Scored {
  readonly row: number;
  readonly mold: string | null;
  readonly score: number;
  readonly label: 0 | 1;
}

function scoredRows(judged: readonly JudgedRow[]): Scored[] {
  return judged.flatMap(({ row, cycle, verdict, label }) => {
    const score = defectScoreOf(verdict);
    return score === null || label === null ? [] : [{ row, mold: cycle.mold, score, label }];
  });
}

function metricsOf(rows: readonly Scored[], threshold: number): Metrics {
  return measure(
    rows.map(({ score }) => score),
    rows.map(({ label }) => label),
    threshold,
  );
}

function fifths(rows: readonly Scored[], threshold: number): BacktestReport['chronological'] {
  const size = Math.ceil(rows.length / 5);
  return Array.from({ length: size === 0 ? 0 : Math.ceil(rows.length / size) }, (_, i) => {
    const part = rows.slice(i * size, (i + 1) * size);
    const [fromRow, toRow] = [part[0]?.row ?? 0, part.at(-1)?.row ?? 0];
    return { fromRow, toRow, ...metricsOf(part, threshold) };
  });
}

export function reportOn(
  judged: readonly JudgedRow[],
  model: BacktestReport['model'],
  threshold: number,
): BacktestReport {
  const unscored: Record<string, number> = {};
  const verdicts = { ok: 0, defect: 0 };
  for (const { verdict } of judged) {
    if (verdict.outcome === 'unscored') {
      unscored[verdict.reason] = (unscored[verdict.reason] ?? 0) + 1;
    } else verdicts[verdict.outcome] += 1;
  }
  const rows = scoredRows(judged);
  const byMold = Map.groupBy(rows, ({ mold }) => mold ?? '-');
  const perMold = Object.fromEntries(
    [...byMold].map(([mold, part]) => [mold, metricsOf(part, threshold)]),
  );
  return {
    rows: judged.length,
    scored: judged.filter(({ verdict }) => defectScoreOf(verdict) !== null).length,
    unscored,
    verdicts,
    model,
    ...metricsOf(rows, threshold),
    perMold,
    chronological: fifths(rows, threshold),
  };
}
