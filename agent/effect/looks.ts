/**
 * The comparison as it stood at each planned look, e.g. every week, with bounds that keep the chance
 * of claiming an effect that is none at 5 % over all looks together.
 */
import { chooseBlocks } from './block-choice.ts';
import { mixtureBound } from './confidence-sequence.ts';
import type { BlockKind, CountRow } from './counts.ts';
import { dayNumber, tableOf } from './counts.ts';
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
    const known = rows.filter((row) => row.period === 'before' || dayNumber(row.day) <= look.day);
    const found = compare(known, kind, alpha, ({ variance, before }) =>
      isSpending
        ? (bounds[place] ?? Number.POSITIVE_INFINITY)
        : mixtureBound(variance, Math.abs(wanted.relativeChange) * before, kept),
    );
    return { until: look.until, information: look.information, ...found };
  });
}

/** By days of production: the information of a difference is known before its result. */
function dueLooks(rows: readonly CountRow[], { everyDays, plannedDays, method }: LookPlan): Seen[] {
  const daysOf = (period: 'before' | 'after'): number[] => {
    const own = rows.filter((row) => row.period === period && row.judged > 0);
    return [...new Set(own.map(({ day }) => dayNumber(day)))].sort((a, b) => a - b);
  };
  const [before, after] = [daysOf('before').length, daysOf('after')];
  const first = after[0];
  const last = after.at(-1);
  if (first === undefined || last === undefined || before === 0) return [];
  // Days of production in the plan, as far as they are known: idle days tell nothing.
  const elapsed = last - first + 1;
  const planned = Math.max(after.length, Math.round((plannedDays * after.length) / elapsed));
  const seen: Seen[] = [];
  for (let span = everyDays; span <= elapsed; span += everyDays) {
    if (method === 'spending' && span > plannedDays) break;
    const day = first + span - 1;
    const now = after.filter((one) => one <= day).length;
    const information = (1 / before + 1 / planned) / (1 / before + 1 / now);
    const isLast = method === 'spending' && span + everyDays > plannedDays;
    const until = new Date(day * 86_400_000).toISOString().slice(0, 10);
    if (information > (seen.at(-1)?.information ?? 0))
      seen.push({ until, day, information: isLast ? 1 : information });
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
