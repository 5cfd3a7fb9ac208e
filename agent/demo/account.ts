/** Shots that were made against shots that were kept: nothing may be missing, nothing kept twice. */
import type { Quantiles } from '../health/latency.ts';
import type { Alert, Text, Verdict } from '../records.ts';

export interface MadeCycle {
  readonly machine: string;
  readonly shot: number;
  /** What the simulator knows; null where the log does not say. */
  readonly defect: boolean | null;
}

export interface KeptCycle {
  readonly machine: string;
  readonly shot: number | null;
  readonly outcome: Verdict['outcome'];
  readonly reason: string;
}

/** The last line of `ppuri demo --json`. */
export interface DemoSummary {
  readonly cycles: { readonly made: number; readonly kept: number };
  readonly verdicts: {
    readonly ok: number;
    readonly defect: number;
    readonly unscored: Readonly<Record<string, number>>;
  };
  /** Made and not kept; kept more often than made; kept in another order than made. */
  readonly unaccounted: number;
  readonly repeated: number;
  readonly outOfOrder: number;
  readonly alerts: readonly {
    readonly machine: string;
    readonly mold: string | null;
    readonly severity: string;
    readonly cause: string;
    readonly text: Text;
  }[];
  /** Verdicts against what the simulators know; null for a log without labels. */
  readonly truth: Truth | null;
  readonly latencyMs: { readonly snapshotToAlert: Quantiles | null };
  readonly missedDeadlines: number;
  /** Shots that the receiver has; null: the demo had none. */
  readonly delivered: number | null;
}

export interface Truth {
  /** Scored shots that were defects, and how many of them were called so. */
  readonly defects: number;
  readonly caught: number;
  readonly good: number;
  readonly falseAlarms: number;
}

const keyOf = ({ machine, shot }: { machine: string; shot: number | null }): string =>
  `${machine}/${shot}`;

function tally(cycles: readonly { machine: string; shot: number | null }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const cycle of cycles) counts.set(keyOf(cycle), (counts.get(keyOf(cycle)) ?? 0) + 1);
  return counts;
}

/** How often `a` has a shot more than `b` has it. */
function surplus(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [key, count] of a) sum += Math.max(0, count - (b.get(key) ?? 0));
  return sum;
}

/** Per machine, kept shots that come before one kept earlier, in the order they were made. */
function countOutOfOrder(made: readonly MadeCycle[], kept: readonly KeptCycle[]): number {
  const places = new Map<string, number[]>();
  made.forEach((cycle, i) => {
    const list = places.get(keyOf(cycle)) ?? [];
    list.push(i);
    places.set(keyOf(cycle), list);
  });
  const last = new Map<string, number>();
  let count = 0;
  for (const cycle of kept) {
    const place = places.get(keyOf(cycle))?.shift();
    if (place === undefined) continue;
    if (place < (last.get(cycle.machine) ?? -1)) count += 1;
    last.set(cycle.machine, place);
  }
  return count;
}

function sumVerdicts(kept: readonly KeptCycle[]): DemoSummary['verdicts'] {
  const unscored: Record<string, number> = {};
  let ok = 0;
  let defect = 0;
  for (const { outcome, reason } of kept) {
    if (outcome === 'ok') ok += 1;
    else if (outcome === 'defect') defect += 1;
    else unscored[reason] = (unscored[reason] ?? 0) + 1;
  }
  return { ok, defect, unscored };
}

function judgeVerdicts(made: readonly MadeCycle[], kept: readonly KeptCycle[]): Truth | null {
  const known = new Map(
    made.flatMap((cycle) => (cycle.defect === null ? [] : [[keyOf(cycle), cycle.defect] as const])),
  );
  if (known.size === 0) return null;
  const truth = { defects: 0, caught: 0, good: 0, falseAlarms: 0 };
  for (const cycle of kept) {
    const defect = known.get(keyOf(cycle));
    if (defect === undefined || cycle.outcome === 'unscored') continue;
    const called = cycle.outcome === 'defect' ? 1 : 0;
    if (defect) {
      truth.defects += 1;
      truth.caught += called;
    } else {
      truth.good += 1;
      truth.falseAlarms += called;
    }
  }
  return truth;
}

/** `raised`: alerts in the order they were raised. */
export function summarize(
  made: readonly MadeCycle[],
  kept: readonly KeptCycle[],
  raised: readonly Alert[],
  { latency, delivered }: { readonly latency: Quantiles | null; readonly delivered: number | null },
): DemoSummary {
  const [madeCounts, keptCounts] = [tally(made), tally(kept)];
  const verdicts = sumVerdicts(kept);
  return {
    cycles: { made: made.length, kept: kept.length },
    verdicts,
    unaccounted: surplus(madeCounts, keptCounts),
    repeated: surplus(keptCounts, madeCounts),
    outOfOrder: countOutOfOrder(made, kept),
    alerts: raised.map(({ machine, mold, severity, cause, text }) => ({
      machine,
      mold,
      severity,
      cause,
      text,
    })),
    truth: judgeVerdicts(made, kept),
    latencyMs: { snapshotToAlert: latency },
    missedDeadlines: verdicts.unscored['deadline-missed'] ?? 0,
    delivered,
  };
}
