/** Two models on the same shots: paired, since what is hard for one is mostly hard for both. */
import type { Interval } from '../../models/auc-interval.ts';
import { auc, averagePrecision } from '../../models/metrics.ts';
import { Random } from '../simulator/random.ts';
import { leastOfAKind } from './figures.ts';
import { isScored, type JudgedShot, type ScoredShot } from './shot.ts';

export interface Difference {
  readonly first: number | null;
  readonly other: number | null;
  /** First minus other. */
  readonly difference: number | null;
  /** 95 %; null where too few blocks hold both kinds. */
  readonly interval: Interval | null;
}

/** Of defects, or of good parts: which model called them defects, at its own threshold. */
export interface Agreement {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlyOther: number;
  readonly neither: number;
}

export interface Comparison {
  readonly other: { readonly name: string; readonly version: string; readonly hash: string };
  readonly otherThreshold: number;
  /** Why the other model did not score shots. */
  readonly otherUnscored: Readonly<Record<string, number>>;
  /** Labelled shots that both scored; figures are over these. */
  readonly n: number;
  readonly auc: Difference;
  readonly ap: Difference;
  readonly defects: Agreement;
  readonly good: Agreement;
  /** Rows of defects that one model found and the other did not, the first thousand. */
  readonly foundOnlyByFirst: readonly number[];
  readonly foundOnlyByOther: readonly number[];
  readonly bootstrap: {
    readonly seed: number;
    readonly draws: number;
    readonly blockShots: number;
  };
}

const draws = 1000;
const seed = 1;
const mostRows = 1000;
/** Shots near in time are alike: whole blocks are drawn, some fifty of them at least. */
const blocksAtLeast = 50;
const longestBlock = 100;

interface Pair {
  readonly row: number;
  readonly label: 0 | 1;
  readonly first: number;
  readonly other: number;
}

export interface Compared {
  readonly shots: readonly JudgedShot[];
  readonly threshold: number;
}

export function compare(first: Compared, other: Compared & { model: Comparison['other'] }) {
  const pairs = pairsOf(first.shots, other.shots);
  const blockShots = Math.max(1, Math.min(longestBlock, Math.floor(pairs.length / blocksAtLeast)));
  const found = agreement(pairs, first.threshold, other.threshold);
  const measures = { auc, ap: averagePrecision };
  const intervals = bootstrap(pairs, blockShots);
  const difference = (name: 'auc' | 'ap'): Difference => {
    const labels = pairs.map(({ label }) => label);
    const [a, b] = [pairs.map((pair) => pair.first), pairs.map((pair) => pair.other)];
    const [ofFirst, ofOther] = [measures[name](a, labels), measures[name](b, labels)];
    return {
      first: ofFirst,
      other: ofOther,
      difference: ofFirst === null || ofOther === null ? null : ofFirst - ofOther,
      interval: intervals[name],
    };
  };
  const comparison: Comparison = {
    other: other.model,
    otherThreshold: other.threshold,
    otherUnscored: countUnscored(other.shots),
    n: pairs.length,
    auc: difference('auc'),
    ap: difference('ap'),
    ...found,
    bootstrap: { seed, draws, blockShots },
  };
  return comparison;
}

function countUnscored(shots: readonly JudgedShot[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { score, reason } of shots)
    if (score === null) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function pairsOf(first: readonly JudgedShot[], other: readonly JudgedShot[]): Pair[] {
  const scores = new Map(other.filter(isScored).map(({ row, score }) => [row, score]));
  return first.filter(isScored).flatMap(({ row, label, score }: ScoredShot) => {
    const theirs = scores.get(row);
    return theirs === undefined ? [] : [{ row, label, first: score, other: theirs }];
  });
}

function agreement(pairs: readonly Pair[], firstThreshold: number, otherThreshold: number) {
  const count = () => ({ both: 0, onlyFirst: 0, onlyOther: 0, neither: 0 });
  const [good, defects] = [count(), count()];
  const foundOnlyByFirst: number[] = [];
  const foundOnlyByOther: number[] = [];
  for (const { row, label, first, other } of pairs) {
    const counts = label === 1 ? defects : good;
    const [a, b] = [first >= firstThreshold, other >= otherThreshold];
    counts[a ? (b ? 'both' : 'onlyFirst') : b ? 'onlyOther' : 'neither'] += 1;
    if (label === 1 && a && !b && foundOnlyByFirst.length < mostRows) foundOnlyByFirst.push(row);
    if (label === 1 && b && !a && foundOnlyByOther.length < mostRows) foundOnlyByOther.push(row);
  }
  return { good, defects, foundOnlyByFirst, foundOnlyByOther };
}

/** 2.5 and 97.5 % of the differences over blocks drawn with replacement. */
function bootstrap(
  pairs: readonly Pair[],
  blockShots: number,
): Readonly<Record<'auc' | 'ap', Interval | null>> {
  const defects = pairs.filter(({ label }) => label === 1).length;
  if (defects < leastOfAKind || pairs.length - defects < leastOfAKind)
    return { auc: null, ap: null };
  const blocks = Math.ceil(pairs.length / blockShots);
  const random = new Random(seed, 'paired bootstrap');
  const [first, other] = [
    new Ranked(pairs, blockShots, ({ first: score }) => score),
    new Ranked(pairs, blockShots, ({ other: score }) => score),
  ];
  const differences = { auc: [] as number[], ap: [] as number[] };
  const weights = new Uint16Array(blocks);
  for (let draw = 0; draw < draws; draw += 1) {
    weights.fill(0);
    for (let i = 0; i < blocks; i += 1) {
      const block = random.whole(0, blocks - 1);
      weights[block] = (weights[block] ?? 0) + 1;
    }
    const [a, b] = [first.measure(weights), other.measure(weights)];
    if (a === null || b === null) continue;
    differences.auc.push(a.auc - b.auc);
    differences.ap.push(a.ap - b.ap);
  }
  return { auc: middle95(differences.auc), ap: middle95(differences.ap) };
}

function middle95(values: number[]): Interval | null {
  if (values.length < draws / 2) return null;
  values.sort((a, b) => a - b);
  const at = (q: number): number => values[Math.round(q * (values.length - 1))] ?? Number.NaN;
  return { low: at(0.025), high: at(0.975) };
}

/** Sorted once, highest first, so that each draw is one pass over the shots. */
class Ranked {
  readonly #scores: Float64Array;
  readonly #labels: Uint8Array;
  readonly #blocks: Uint32Array;

  constructor(pairs: readonly Pair[], blockShots: number, scoreOf: (pair: Pair) => number) {
    const order = pairs.map((pair, place) => ({ pair, place, score: scoreOf(pair) }));
    order.sort((a, b) => b.score - a.score);
    this.#scores = Float64Array.from(order, ({ score }) => score);
    this.#labels = Uint8Array.from(order, ({ pair }) => pair.label);
    this.#blocks = Uint32Array.from(order, ({ place }) => Math.floor(place / blockShots));
  }

  /** `weights`: how often each block was drawn. Null where one of the kinds was not. */
  measure(weights: Uint16Array): { readonly auc: number; readonly ap: number } | null {
    const { length } = this.#scores;
    let [found, passed, pairs, precision] = [0, 0, 0, 0];
    for (let at = 0; at < length; ) {
      const score = this.#scores[at];
      let [defects, good] = [0, 0];
      for (; at < length && this.#scores[at] === score; at += 1) {
        const weight = weights[this.#blocks[at] ?? 0] ?? 0;
        if (this.#labels[at] === 1) defects += weight;
        else good += weight;
      }
      // Good parts below come later: count those above instead.
      pairs += good * found + (good * defects) / 2;
      found += defects;
      passed += good;
      if (defects > 0) precision += (defects * found) / (found + passed);
    }
    if (found === 0 || passed === 0) return null;
    return { auc: pairs / (found * passed), ap: precision / found };
  }
}
