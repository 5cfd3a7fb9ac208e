/** Whether days stand for themselves, or whole weeks are good or bad, so that weeks are the blocks. */
import type { BlockKind, CountRow, Period, Table } from './counts.ts';
import { dayNumber, tableOf } from './counts.ts';
import { pullsOf, weightsOf } from './standardised.ts';

export interface ChosenBlocks {
  readonly table: Table;
  readonly kind: BlockKind;
  /** How much alike two days of a week are, 0 to 1 (below 0: by chance); null: too few to tell. */
  readonly weekCorrelation: number | null;
}

/** Pairs of days of a week, at the least, before their likeness is believed. */
const fewestPairs = 12;
/** With so many weeks in each period, weeks as blocks cost an interval hardly any width. */
const manyWeeks = 6;
/** Fewer weeks of one period than this are no blocks. */
const fewestWeeks = 3;
/**
 * Of normal deviations, so that one time in four a likeness by chance alone widens the interval:
 * less suspicion covers too seldom where there are four bad and good weeks, more is too wide elsewhere.
 */
const suspicion = 0.75;

/**
 * `auto`: weeks where each period has six or more; else days, unless the days of a week are alike.
 * Days would cover the truth far too seldom where weeks differ; weeks never do.
 */
export function chooseBlocks(rows: readonly CountRow[], wanted: BlockKind | 'auto'): ChosenBlocks {
  const byDay = tableOf(rows, 'day');
  const { correlation, pairs } = likeness(byDay);
  const weekCorrelation = pairs < fewestPairs ? null : correlation;
  if (wanted === 'day') return { table: byDay, kind: 'day', weekCorrelation };
  if (wanted !== 'auto') return { table: tableOf(rows, wanted), kind: wanted, weekCorrelation };
  const byWeek = tableOf(rows, 'week');
  const weeks = Math.min(byWeek.blocks.before.length, byWeek.blocks.after.length);
  const isAlike = pairs >= fewestPairs && correlation * Math.sqrt(pairs) > suspicion;
  if (weeks >= manyWeeks || (isAlike && weeks >= fewestWeeks))
    return { table: byWeek, kind: 'week', weekCorrelation };
  return { table: byDay, kind: 'day', weekCorrelation };
}

/** Intraclass correlation of days within weeks, both periods together. */
function likeness(table: Table): { readonly correlation: number; readonly pairs: number } {
  const weights = weightsOf(table.strata, 'mantel-haenszel');
  let [products, pairs] = [0, 0];
  for (const period of ['before', 'after'] satisfies Period[]) {
    const pulls = weights === null ? [] : pullsOf(table, period, weights);
    const size = pulls.reduce((sum, pull) => sum + pull * pull, 0) / Math.max(1, pulls.length);
    if (size === 0) continue;
    const weeks = Map.groupBy(pulls.keys(), (at) =>
      Math.floor((dayNumber(table.blocks[period][at]?.firstDay ?? '1970-01-01') + 3) / 7),
    );
    for (const days of weeks.values()) {
      const sum = days.reduce((whole, at) => whole + (pulls[at] ?? 0), 0);
      const own = days.reduce((whole, at) => whole + (pulls[at] ?? 0) ** 2, 0);
      const count = (days.length * (days.length - 1)) / 2;
      // The period's own mean was taken off, which makes any two days a little unlike.
      products += (sum * sum - own) / 2 / size + count / pulls.length;
      pairs += count;
    }
  }
  return { correlation: pairs === 0 ? 0 : products / pairs, pairs };
}
