/** Two ways of charging, compared by the energy that this furnace's own heats took. */
import type { HeatRecord } from '../records.ts';

export interface Group {
  readonly heats: number;
  /** kWh/t. */
  readonly median: number;
}

export interface Comparison {
  readonly better: Group;
  readonly worse: Group;
}

/** Fewer of either say nothing. */
const leastHeats = 5;
/** Two-sided 95 % of the normal approximation. */
const leastZ = 1.96;

function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
}

const sortedOf = (heats: readonly HeatRecord[]): number[] =>
  heats.flatMap(({ kWhPerT }) => (kWhPerT === null ? [] : [kWhPerT])).sort((a, b) => a - b);

/** Mann–Whitney z of how much higher `high` lies, ties counted half. */
function rankZ(low: readonly number[], high: readonly number[]): number {
  let wins = 0;
  for (const a of high) for (const b of low) wins += a > b ? 1 : a === b ? 0.5 : 0;
  const pairs = low.length * high.length;
  return (wins - pairs / 2) / Math.sqrt((pairs * (low.length + high.length + 1)) / 12);
}

/** Null: too few heats of either, or no difference that chance does not explain as well. */
export function compareHeats(
  supposedBetter: readonly HeatRecord[],
  supposedWorse: readonly HeatRecord[],
): Comparison | null {
  const [better, worse] = [sortedOf(supposedBetter), sortedOf(supposedWorse)];
  if (better.length < leastHeats || worse.length < leastHeats) return null;
  if (rankZ(better, worse) < leastZ) return null;
  return {
    better: { heats: better.length, median: median(better) },
    worse: { heats: worse.length, median: median(worse) },
  };
}
