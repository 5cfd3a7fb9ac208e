/** Did the defect rate change, by how much, and how sure is that: all that a report shows. */
import { chooseBlocks } from './block-choice.ts';
import { bootstrapDifference } from './bootstrap.ts';
import type { BlockKind, CountRow, Period, Stratum, Table } from './counts.ts';
import { totalOf } from './counts.ts';
import { chiSquareCdf, tQuantile } from './distributions.ts';
import { type LookPlan, lookAt } from './looks.ts';
import { pooledDifference, pooledRatio } from './mantel-haenszel.ts';
import { needOf } from './need.ts';
import { notesOf } from './notes.ts';
import { type Estimate, newcombe, type Rate, rateOf, relativeRisk, wilson } from './rates.ts';
import type { Compared, DefectEffect, EffectVerdict, PeriodRate, StratumEffect } from './result.ts';
import {
  degreesOfDifference,
  type Mix,
  type StandardisedRate,
  standardisedRate,
  weightsOf,
} from './standardised.ts';

export interface EffectPlan {
  readonly blocks: BlockKind | 'auto';
  /** Change that is hoped for and planned for: −0.5 halves the rate. Above −1, not 0. */
  readonly relativeChange: number;
  /** Chance that the planned shots show it. */
  readonly power: number;
  /** Null: the periods were fixed beforehand and are looked at once. */
  readonly looks: LookPlan | null;
  /** Of the bootstrap; 0: none. */
  readonly draws: number;
  readonly seed: number;
}

export const usualPlan: EffectPlan = {
  blocks: 'auto',
  relativeChange: -0.5,
  power: 0.8,
  looks: null,
  draws: 2000,
  seed: 1,
};

/** Chance of claiming an effect that is none. */
const alpha = 0.05;
/** Blocks of each period, at the least, before the spread between them is believed. */
const fewestBlocks = 3;
const z = 1.959963984540054;

export function defectEffect(rows: readonly CountRow[], plan: EffectPlan): DefectEffect {
  const { table, kind, weekCorrelation } = chooseBlocks(rows, plan.blocks);
  const [was, is] = [totalOf(table, 'before'), totalOf(table, 'after')];
  const isJudged = was.judged > 0 && is.judged > 0;
  const weights = weightsOf(table.strata, 'mantel-haenszel');
  const sameMix = compared(table, 'mantel-haenszel');
  const afterMix = compared(table, 'after');
  const looks =
    plan.looks === null ? null : lookAt(rows, plan.looks, { ...plan, blocks: kind }, alpha);
  const periods = {
    ...{ before: periodRate(rows, table, 'before'), after: periodRate(rows, table, 'after') },
  };
  const days = periods.after?.days ?? 0;
  const need = weights === null ? null : needOf(table, weights, { ...plan, alpha, days });
  const answer = looks === null ? sameMix?.difference : looks.at(-1)?.difference;
  const found = {
    answer: answer ?? null,
    ...{ blocks: kind, weekCorrelation, periods, sameMix, afterMix, need, looks },
    avoided: afterMix === null ? null : avoidedOf(table, afterMix.difference),
    naive: isJudged ? comparedRates(rateOf(was), rateOf(is), z) : null,
    pooled: { difference: pooledDifference(table.strata, z), ratio: pooledRatio(table.strata, z) },
    bootstrap:
      sameMix === null || weights === null
        ? null
        : bootstrapDifference(table, weights, plan.draws, plan.seed),
    strata: table.strata.map((stratum, place) => stratumEffect(table, stratum, place)),
    sameEffectP: sameEffect(table),
  };
  return { ...found, verdict: verdictOf(found), notes: notesOf(found, fewestBlocks) };
}

function comparedRates(before: Rate, after: Rate, critical: number): Compared {
  return {
    before: before.rate,
    after: after.rate,
    difference: newcombe(before, after, critical),
    ratio: relativeRisk(before, after, critical),
  };
}

function compared(table: Table, mix: Mix): Compared | null {
  const pair = ratesUnder(table, weightsOf(table.strata, mix));
  if (pair === null) return null;
  return comparedRates(
    pair.before,
    pair.after,
    tQuantile(1 - alpha / 2, degreesOfDifference(pair.before, pair.after)),
  );
}

/** Null: not comparable under these weights, or too few blocks. */
function ratesUnder(
  table: Table,
  weights: readonly number[] | null,
): { readonly before: StandardisedRate; readonly after: StandardisedRate } | null {
  if (weights === null) return null;
  const before = standardisedRate(table, 'before', weights);
  const after = standardisedRate(table, 'after', weights);
  return Math.min(before.blocks, after.blocks) < fewestBlocks ? null : { before, after };
}

function periodRate(rows: readonly CountRow[], table: Table, period: Period): PeriodRate | null {
  const counts = totalOf(table, period);
  if (counts.judged === 0) return null;
  const own = rows.filter((row) => row.period === period);
  const mix = table.strata.map((stratum) => stratum[period].judged / counts.judged);
  const rate = standardisedRate(table, period, mix);
  return {
    ...counts,
    unjudged: own.reduce((sum, { unjudged = 0 }) => sum + unjudged, 0),
    days: new Set(own.filter(({ judged }) => judged > 0).map(({ day }) => day)).size,
    rate: wilson(rate, tQuantile(1 - alpha / 2, rate.degrees)),
    blocks: rate.blocks,
    ...{ designEffect: rate.designEffect, effectiveShots: rate.effectiveShots },
  };
}

const only = (table: Table, place: number): number[] =>
  table.strata.map((_, at) => (at === place ? 1 : 0));

const isShared = ({ before, after }: Stratum): boolean => before.judged > 0 && after.judged > 0;

function stratumEffect(table: Table, stratum: Stratum, place: number): StratumEffect {
  const pair = isShared(stratum) ? ratesUnder(table, only(table, place)) : null;
  const shareOf = (period: Period): number =>
    stratum[period].judged / Math.max(1, totalOf(table, period).judged);
  const share = { before: shareOf('before'), after: shareOf('after') };
  if (pair === null) return { ...stratum, share, difference: null };
  const critical = tQuantile(1 - alpha / 2, degreesOfDifference(pair.before, pair.after));
  return { ...stratum, share, difference: newcombe(pair.before, pair.after, critical) };
}

function avoidedOf(table: Table, { value, low, high }: Estimate): Estimate {
  const shots = table.strata.filter(isShared).reduce((sum, { after }) => sum + after.judged, 0);
  return { value: -value * shots, low: -high * shots, high: -low * shots };
}

/** Cochran's Q over the logarithms of the ratios of strata with defects in both periods. */
function sameEffect(table: Table): number | null {
  const own = table.strata.flatMap((stratum, place) => {
    const pair = isShared(stratum) ? ratesUnder(table, only(table, place)) : null;
    if (pair === null || Math.min(stratum.before.defects, stratum.after.defects) < 5) return [];
    const variance =
      pair.before.variance / pair.before.rate ** 2 + pair.after.variance / pair.after.rate ** 2;
    return [{ weight: 1 / variance, log: Math.log(pair.after.rate / pair.before.rate) }];
  });
  if (own.length < 2) return null;
  const weight = own.reduce((sum, one) => sum + one.weight, 0);
  const mean = own.reduce((sum, one) => sum + one.weight * one.log, 0) / weight;
  const q = own.reduce((sum, one) => sum + one.weight * (one.log - mean) ** 2, 0);
  return 1 - chiSquareCdf(q, own.length - 1);
}

function verdictOf({ answer, need }: Pick<DefectEffect, 'answer' | 'need'>): EffectVerdict {
  if (answer !== null && answer.high < 0) return 'better';
  if (answer !== null && answer.low > 0) return 'worse';
  return answer !== null && need?.moreAfter === 0 ? 'no-difference-shown' : 'too-few';
}
