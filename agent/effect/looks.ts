/**
 * The comparison as it stood at each planned look, e.g. every week, with bounds that keep the chance
 * of claiming an effect that is none at 5 % over all looks together.
 */
import { chooseBlocks } from './block-choice.ts';
import { mixtureBound } from './confidence-sequence.ts';
import { type BlockKind, type CountRow, dayMs, dayNumber, type Period, tableOf } from './counts.ts';
import { normalCdf, tQuantile } from './distributions.ts';
import { type Estimate, newcombe } from './rates.ts';
import { spendingBounds } from './spending.ts';
import { degreesOfDifference, standardisedRate, weightsOf } from './standardised.ts';

export interface LookPlan {
  /** Days between two looks. */
  readonly everyDays: number;
  /** Days of the after period that the plan is for; later days are not looked at. */
  readonly plannedDays: number;
  /**
   * `spending`: O'Brien–Fleming bounds over the planned looks. `mixture`: any number of looks,
   * beyond the plan too, for an interval that is wider at its end.
   */
  readonly method: 'spending' | 'mixture';
}

export interface Look {
  /** Last day that it knows. */
  readonly until: string;
  /** Of the planned information; above 1 only by `mixture`. */
  readonly information: number;
  /** Standard errors that an effect must be away from 0 here, for many blocks. */
  readonly bound: number;
  /** Repeated confidence interval of after minus before, same mix. Null: not yet to be told. */
  readonly difference: Estimate | null;
  /** 95 % interval as if this were the only look: it claims too much when looked at often. */
  readonly naive: Estimate | null;
  readonly shows: 'better' | 'worse' | 'nothing';
}

/**
 * Held back of the error: with few weeks, and rates of few defects, the normal distribution that the
 * bounds come from is a little too sure.
 */
const reserve = 0.3;

interface Seen {
  readonly until: string;
  readonly day: number;
  readonly information: number;
}

/** Looks that are due by the rows there are, the first to the last. */
export function lookAt(
  rows: readonly CountRow[],
  plan: LookPlan,
  wanted: { readonly blocks: BlockKind | 'auto'; readonly relativeChange: number },
  alpha: number,
  boundsOf: typeof spendingBounds = spendingBounds,
): Look[] {
  const seen = dueLooks(rows, plan);
  if (seen.length === 0) return [];
  const kept = alpha * (1 - reserve);
  const isSpending = plan.method === 'spending';
  const bounds = isSpending
    ? boundsOf(
        seen.map(({ information }) => information),
        kept,
      )
    : [];
  // The same blocks at every look: those of the whole, so that no look changes the question.
  const { kind } = chooseBlocks(rows, wanted.blocks);
  return seen.map((look, place) => {
    const known = rows.filter((row) => dayNumber(row.day) <= look.day);
    const found = compare(known, kind, alpha, ({ variance, before }) =>
      isSpending
        ? (bounds[place] ?? Number.POSITIVE_INFINITY)
        : mixtureBound(variance, Math.abs(wanted.relativeChange) * before, kept),
    );
    return { until: look.until, information: look.information, ...found };
  });
}

/**
 * By the calendar, so that what a look may claim is known before its data: days without production
 * spend error and tell nothing, which errs on the safe side.
 */
function dueLooks(rows: readonly CountRow[], { everyDays, plannedDays, method }: LookPlan): Seen[] {
  const daysOf = (period: Period): number[] =>
    rows
      .filter((row) => row.period === period && row.judged > 0)
      .map(({ day }) => dayNumber(day))
      .sort((a, b) => a - b);
  const [before, after] = [daysOf('before'), daysOf('after')];
  const [start, first] = [before[0], after[0]];
  const [stop, last] = [before.at(-1), after.at(-1)];
  if (start === undefined || stop === undefined || first === undefined || last === undefined)
    return [];
  // On and off by turns, both periods grow; else the one before is there from the first look on.
  const isByTurns = stop > first;
  const wasOf = (span: number): number => (isByTurns ? span : stop - start + 1);
  const informationOf = (span: number): number => 1 / (1 / wasOf(span) + 1 / span);
  const seen: Seen[] = [];
  for (let span = everyDays; span <= last - first + 1; span += everyDays) {
    if (method === 'spending' && span > plannedDays) break;
    const isLast = method === 'spending' && span + everyDays > plannedDays;
    const information = isLast ? 1 : informationOf(span) / informationOf(plannedDays);
    const day = first + span - 1;
    seen.push({ until: new Date(day * dayMs).toISOString().slice(0, 10), day, information });
  }
  return seen;
}

type Found = Pick<Look, 'bound' | 'difference' | 'naive' | 'shows'>;

function compare(
  rows: readonly CountRow[],
  kind: BlockKind,
  alpha: number,
  boundOf: (known: { readonly variance: number; readonly before: number }) => number,
): Found {
  const table = tableOf(rows, kind);
  const weights = weightsOf(table.strata, 'mantel-haenszel');
  const nothing = { bound: Number.POSITIVE_INFINITY, difference: null, naive: null } as const;
  if (weights === null) return { ...nothing, shows: 'nothing' };
  const before = standardisedRate(table, 'before', weights);
  const after = standardisedRate(table, 'after', weights);
  const variance = before.variance + after.variance;
  if (variance === 0) return { ...nothing, shows: 'nothing' };
  const bound = boundOf({ variance, before: before.rate });
  const degrees = degreesOfDifference(before, after);
  // As rare by Student's t as the bound is by the normal: few blocks make a wide interval.
  const chance = normalCdf(-bound);
  const critical = chance === 0 ? Number.POSITIVE_INFINITY : -tQuantile(chance, degrees);
  const naive = newcombe(before, after, -tQuantile(alpha / 2, degrees));
  if (!Number.isFinite(critical)) return { ...nothing, naive, shows: 'nothing' };
  const difference = newcombe(before, after, critical);
  const shows = difference.high < 0 ? 'better' : difference.low > 0 ? 'worse' : 'nothing';
  return { bound, difference, naive, shows };
}
