/** What verdicts cost, and thresholds by what they cost. Money is in the unit it was given in. */
import { thresholdSteps } from '../../models/metrics.ts';
import { type SharedOut, shareOf } from '../../models/share.ts';
import { leastOfAKind } from './figures.ts';
import type { ScoredShot } from './shot.ts';

export interface Prices {
  /** A defect that is called good. */
  readonly miss: number;
  /** A good part that is called a defect. */
  readonly falseAlarm: number;
  /** Inspecting one part; null: not given. Each part called a defect is inspected. */
  readonly inspect: number | null;
}

export interface ThresholdRow {
  readonly threshold: number;
  /** `bundle`: the bundle's own. `false-alarms`: the lowest that keeps false alarms within `target`. */
  readonly by: 'bundle' | 'false-alarms';
  readonly target: number | null;
  readonly recall: SharedOut;
  readonly falseAlarmRate: SharedOut;
  readonly precision: SharedOut;
  readonly costPerThousand: number | null;
}

/** Expected cost of 1,000 shots under each way of working, on the same shots. */
export interface CostOf {
  readonly n: number;
  readonly defects: number;
  readonly bundle: number;
  /** Every defect passes. */
  readonly noModel: number;
  /** Null: the price of an inspection was not given. */
  readonly inspectAll: number | null;
}

export interface Costs {
  readonly prices: Prices;
  readonly whole: CostOf | null;
  /** The cheapest threshold of the earlier half of the time, judged on the later half only. */
  readonly chosen:
    | {
        readonly threshold: number;
        readonly fitted: { readonly fromRow: number; readonly toRow: number } & Fitted;
        readonly judged: { readonly fromRow: number; readonly toRow: number } & CostOf & {
            readonly chosen: number;
          };
      }
    | { readonly threshold: null; readonly why: 'too-few-defects' | 'too-few-good' };
}

interface Fitted {
  readonly n: number;
  readonly defects: number;
  readonly costPerThousand: number;
}

interface Called {
  readonly n: number;
  readonly defects: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

function perThousand(called: Called, { miss, falseAlarm, inspect }: Prices): number {
  const { n, defects, truePositives, falsePositives } = called;
  const inspected = (truePositives + falsePositives) * (inspect ?? 0);
  const total = (defects - truePositives) * miss + falsePositives * falseAlarm + inspected;
  return (total / n) * 1000;
}

function calledAt(shots: readonly ScoredShot[], threshold: number): Called {
  const called = shots.filter(({ score }) => score >= threshold);
  const truePositives = called.filter(({ label }) => label === 1).length;
  return {
    n: shots.length,
    defects: shots.filter(({ label }) => label === 1).length,
    truePositives,
    falsePositives: called.length - truePositives,
  };
}

function costOf(shots: readonly ScoredShot[], threshold: number, prices: Prices): CostOf | null {
  if (shots.length === 0) return null;
  const called = calledAt(shots, threshold);
  const { n, defects } = called;
  const none = { ...called, truePositives: 0, falsePositives: 0 };
  return {
    ...{ n, defects },
    bundle: perThousand(called, prices),
    noModel: perThousand(none, prices),
    inspectAll: prices.inspect === null ? null : prices.inspect * 1000,
  };
}

/** Halfway to the next lower score, so that rounding moves no verdict; `Infinity` calls nothing. */
function cheapest(shots: readonly ScoredShot[], prices: Prices): { at: number; cost: number } {
  const steps = thresholdSteps(
    shots.map(({ score }) => score),
    shots.map(({ label }) => label),
  );
  const { n, defects } = calledAt(shots, Number.POSITIVE_INFINITY);
  const nothing = { n, defects, truePositives: 0, falsePositives: 0 };
  const [first] = steps;
  let best = { at: justAbove(first?.threshold ?? 0), cost: perThousand(nothing, prices) };
  for (const [i, step] of steps.entries()) {
    const cost = perThousand({ ...step, n, defects }, prices);
    const next = steps[i + 1]?.threshold ?? step.threshold;
    if (cost < best.cost) best = { at: (step.threshold + next) / 2, cost };
  }
  return best;
}

function justAbove(score: number): number {
  return score + Math.max(Math.abs(score) * 1e-6, Number.MIN_VALUE);
}

const rowsOf = (shots: readonly ScoredShot[]) => ({
  fromRow: shots[0]?.row ?? 0,
  toRow: shots.at(-1)?.row ?? 0,
});

/** `shots` in the order of time. */
export function costsOf(shots: readonly ScoredShot[], threshold: number, prices: Prices): Costs {
  const half = Math.floor(shots.length / 2);
  const [earlier, later] = [shots.slice(0, half), shots.slice(half)];
  const whole = costOf(shots, threshold, prices);
  const counts = [earlier, later].map((part) => calledAt(part, threshold));
  const judged = costOf(later, threshold, prices);
  const fewDefects = counts.some(({ defects }) => defects < leastOfAKind);
  const fewGood = counts.some(({ n, defects }) => n - defects < leastOfAKind);
  if (fewDefects || fewGood || judged === null) {
    const why = fewDefects ? 'too-few-defects' : 'too-few-good';
    return { prices, whole, chosen: { threshold: null, why } };
  }
  const best = cheapest(earlier, prices);
  const { n, defects } = calledAt(earlier, best.at);
  const chosen = perThousand(calledAt(later, best.at), prices);
  return {
    ...{ prices, whole },
    chosen: {
      threshold: best.at,
      fitted: { ...rowsOf(earlier), n, defects, costPerThousand: best.cost },
      judged: { ...rowsOf(later), ...judged, chosen },
    },
  };
}

const falseAlarmTargets = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1] as const;

/** For looking, not for choosing: they were found on the shots that they are judged on. */
export function thresholdTable(
  shots: readonly ScoredShot[],
  bundleThreshold: number,
  prices: Prices | null,
): readonly ThresholdRow[] {
  const steps = thresholdSteps(
    shots.map(({ score }) => score),
    shots.map(({ label }) => label),
  );
  const last = steps.at(-1);
  if (last === undefined) return [];
  const [defects, good] = [last.truePositives, last.falsePositives];
  const row = (threshold: number, called: Omit<Called, 'n' | 'defects'>) => ({
    threshold,
    recall: shareOf(called.truePositives, defects),
    falseAlarmRate: shareOf(called.falsePositives, good),
    precision: shareOf(called.truePositives, called.truePositives + called.falsePositives),
    costPerThousand:
      prices === null ? null : perThousand({ ...called, n: shots.length, defects }, prices),
  });
  const own = calledAt(shots, bundleThreshold);
  const found = falseAlarmTargets.flatMap((target) => {
    const step = steps.findLast(({ falsePositives }) => falsePositives <= target * good);
    if (step === undefined || good === 0) return [];
    return [{ by: 'false-alarms' as const, target, ...row(step.threshold, step) }];
  });
  return [{ by: 'bundle' as const, target: null, ...row(bundleThreshold, own) }, ...found];
}
