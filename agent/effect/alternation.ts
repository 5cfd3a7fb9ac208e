/**
 * The best design: the agent's advice on one day and off the next, by lot. Neighbouring days have
 * the same melt, molds and weather, so that what is left between them is the advice.
 */
import { randomFrom } from '../../models/train/random.ts';
import type { CountRow, Period } from './counts.ts';
import { tableOf } from './counts.ts';
import { tQuantile } from './distributions.ts';
import type { Estimate } from './rates.ts';

export interface AlternationEffect {
  readonly pairs: number;
  /** Days without a neighbour of the other kind. */
  readonly unpaired: number;
  /** On minus off, 95 % interval by the differences of pairs. */
  readonly difference: Estimate;
  /** Share of all ways the days could have been drawn that differ as much, both directions. */
  readonly p: number;
}

/** So many pairs are tried in every way; of more, `draws` ways at random. */
const exactPairs = 14;
const draws = 5000;

/** `on` or `off` for each working day: one of each in every two days, which first by the seed. */
export function alternatingDays(days: number, seed: number): ('on' | 'off')[] {
  const random = randomFrom(seed);
  const plan: ('on' | 'off')[] = [];
  while (plan.length < days) plan.push(...(random() < 0.5 ? pairOn : pairOff));
  return plan.slice(0, days);
}

const pairOn = ['on', 'off'] as const;
const pairOff = ['off', 'on'] as const;

interface Pair {
  readonly difference: number;
  readonly weight: number;
}

/**
 * Of days that were off (`before`) and on (`after`) by turns. The mix of molds is taken off by the
 * rates of both kinds of days together, which keeps the test exact. Null: fewer than five pairs.
 */
export function alternationEffect(
  rows: readonly CountRow[],
  seed: number,
): AlternationEffect | null {
  const { pairs, unpaired } = pairsOf(rows);
  if (pairs.length < 5) return null;
  const weight = pairs.reduce((sum, pair) => sum + pair.weight, 0);
  const pulls = pairs.map((pair) => pair.weight * pair.difference);
  const value = pulls.reduce((sum, pull) => sum + pull, 0) / weight;
  const squares = pairs.reduce(
    (sum, pair) => sum + (pair.weight * (pair.difference - value)) ** 2,
    0,
  );
  const error = Math.sqrt((squares * pairs.length) / (pairs.length - 1)) / weight;
  const half = tQuantile(0.975, pairs.length - 1) * error;
  return {
    ...{ pairs: pairs.length, unpaired, p: signFlips(pulls, seed) },
    difference: { value, low: value - half, high: value + half },
  };
}

/** Days beside each other of different kinds, each day once. */
function pairsOf(rows: readonly CountRow[]): { pairs: Pair[]; unpaired: number } {
  const table = tableOf(rows, 'day');
  const rates = table.strata.map(
    ({ before, after }) => (before.defects + after.defects) / (before.judged + after.judged),
  );
  const days = (['off', 'on'] as const).flatMap((kind) => {
    const period: Period = kind === 'on' ? 'after' : 'before';
    return table.blocks[period].map(({ firstDay, cells }) => {
      let [judged, over] = [0, 0];
      for (const cell of cells) {
        judged += cell.judged;
        over += cell.defects - (rates[cell.stratum] ?? 0) * cell.judged;
      }
      return { kind, day: firstDay, judged, rate: over / judged };
    });
  });
  days.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  const pairs: Pair[] = [];
  for (let at = 1; at < days.length; at += 1) {
    const [one, other] = [days[at - 1], days[at]];
    if (one === undefined || other === undefined || one.kind === other.kind) continue;
    const difference = (other.kind === 'on' ? 1 : -1) * (other.rate - one.rate);
    const weight = (one.judged * other.judged) / (one.judged + other.judged);
    pairs.push({ difference, weight });
    at += 1;
  }
  return { pairs, unpaired: days.length - 2 * pairs.length };
}

/** Share of the ways to swap days within pairs that differ at least as much as they did. */
function signFlips(pulls: readonly number[], seed: number): number {
  const found = Math.abs(pulls.reduce((sum, pull) => sum + pull, 0)) * (1 - 1e-12);
  const isExact = pulls.length <= exactPairs;
  const random = randomFrom(seed);
  const ways = isExact ? 2 ** pulls.length : draws;
  let asFar = 0;
  for (let way = 0; way < ways; way += 1) {
    let sum = 0;
    for (const [at, pull] of pulls.entries()) {
      const isFlipped = isExact ? (way >> at) % 2 === 1 : random() < 0.5;
      sum += isFlipped ? -pull : pull;
    }
    if (Math.abs(sum) >= found) asFar += 1;
  }
  // A way drawn at random might have been the one that happened.
  return isExact ? asFar / ways : (asFar + 1) / (ways + 1);
}
