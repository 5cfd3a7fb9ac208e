/**
 * Simulated plants with a planted effect, thousands of them: do the 95 % intervals hold the truth, is
 * an effect claimed where there is none, also when looked at every week, and what a naive comparison
 * says of the same shots. By hand, all of it:
 *
 *   node test/faults/effect-campaign.ts --runs 1000
 */
import { parseArgs } from 'node:util';
import { alternatingDays, alternationEffect } from '../../agent/effect/alternation.ts';
import { type CountRow, tableOf, totalOf } from '../../agent/effect/counts.ts';
import { defectEffect, usualPlan } from '../../agent/effect/defect-effect.ts';
import { energyEffect } from '../../agent/effect/energy-baseline.ts';
import { lookAt } from '../../agent/effect/looks.ts';
import { newcombe, rateOf } from '../../agent/effect/rates.ts';
import { spendingBounds } from '../../agent/effect/spending.ts';
import { weightsOf } from '../../agent/effect/standardised.ts';
import {
  dayName,
  type EffectPlant,
  type EnergyPlant,
  plantCounts,
  plantEnergy,
  steadyEnergy,
  steadyPlant,
} from '../fixtures/simulated-effect.ts';

/** A bad mold that is made less of afterwards: the plain rate falls though nothing got better. */
const changedMix = [
  { mold: 'A', mode: 'fast', defectRate: 0.01, share: { before: 0.3, after: 0.7 } },
  { mold: 'B', mode: 'slow', defectRate: 0.05, share: { before: 0.7, after: 0.3 } },
];

/** Some so seldom that they run for a day or two of a period. */
const sixMolds = [0.3, 0.25, 0.2, 0.12, 0.08, 0.05].map((before, at) => ({
  ...{ mold: `M${at}`, mode: null, defectRate: 0.015 + 0.008 * at },
  share: { before, after: [0.05, 0.1, 0.2, 0.15, 0.2, 0.3][at] ?? 0 },
}));

const plant = (changes: Partial<EffectPlant>): EffectPlant => ({ ...steadyPlant, ...changes });

export const plants = {
  'no effect': plant({}),
  '3 % to 1.5 %': plant({ factor: 0.5 }),
  'no effect, days differ': plant({ dayDeviation: 0.6 }),
  '3 % to 1.5 %, days differ': plant({ dayDeviation: 0.6, factor: 0.5 }),
  'no effect, mix changed': plant({ molds: changedMix }),
  'halved, mix changed': plant({ molds: changedMix, factor: 0.5 }),
  'no effect, mix changed, days differ': plant({ molds: changedMix, dayDeviation: 0.6 }),
  'no effect, bad weeks': plant({
    ...{ dayDeviation: 0.4, weekDeviation: 0.4, days: { before: 56, after: 56 } },
  }),
  'halved, bad weeks, four of them': plant({
    ...{ dayDeviation: 0.4, weekDeviation: 0.4, days: { before: 28, after: 28 }, factor: 0.5 },
  }),
  '0.9 % to 0.45 %, 20 days': plant({
    molds: [{ mold: 'A', mode: null, defectRate: 0.009, share: { before: 1, after: 1 } }],
    ...{ days: { before: 20, after: 20 }, factor: 0.5 },
  }),
  'no effect, one mold at a time': plant({
    ...{ molds: sixMolds, runDays: 3, dayDeviation: 0.5, days: { before: 60, after: 60 } },
  }),
  'halved, one mold at a time, 40 days': plant({
    ...{ molds: sixMolds, runDays: 2, dayDeviation: 0.5, factor: 0.5 },
    days: { before: 40, after: 40 },
  }),
  'no effect, 10 and 6 days': plant({ days: { before: 10, after: 6 }, dayDeviation: 0.5 }),
} as const satisfies Record<string, EffectPlant>;

export type PlantName = keyof typeof plants;

/** Shares of the runs, 0 to 1. */
export interface RateReport {
  readonly plant: string;
  readonly runs: number;
  /** 95 % intervals that hold the truth. */
  readonly coverage: number;
  readonly ratioCoverage: number;
  readonly naiveCoverage: number;
  /** An effect was claimed, in whichever direction. */
  readonly claimed: number;
  readonly naiveClaimed: number;
  readonly tooFew: number;
  /** Refused: too few days of molds that both periods made. The intervals are of the others. */
  readonly refused: number;
}

interface Interval {
  readonly low: number;
  readonly high: number | null;
}

const holds = ({ low, high }: Interval, truth: number): boolean =>
  low <= truth && (high === null || truth <= high);

const seedOf = (run: number): number => (run + 1) * 7919;

function shareOf(runs: number, is: (run: number) => boolean): number {
  let count = 0;
  for (let run = 0; run < runs; run += 1) if (is(run)) count += 1;
  return count / runs;
}

export function runRates(name: PlantName, runs: number): RateReport {
  const one: EffectPlant = plants[name];
  const found = Array.from({ length: runs }, (_, run) => run).flatMap((run) => {
    const rows = plantCounts(one, seedOf(run));
    const effect = defectEffect(rows, { ...usualPlan, draws: 0 });
    const { sameMix, naive, strata, verdict } = effect;
    if (sameMix === null || naive === null) return [];
    const weights = weightsOf(strata, 'mantel-haenszel') ?? [];
    const truth = strata.reduce((sum, { mold }, at) => {
      const rate = one.molds.find((own) => own.mold === mold)?.defectRate ?? Number.NaN;
      return sum + (weights[at] ?? 0) * rate * (one.factor - 1);
    }, 0);
    return {
      coverage: holds(sameMix.difference, truth),
      ratioCoverage: holds(sameMix.ratio, one.factor),
      naiveCoverage: holds(naive.difference, truth),
      claimed: verdict === 'better' || verdict === 'worse',
      naiveClaimed: !holds(naive.difference, 0),
      tooFew: verdict === 'too-few',
    };
  });
  const share = (of: keyof (typeof found)[number]): number =>
    shareOf(found.length, (run) => found[run]?.[of] === true);
  return {
    ...{ plant: name, runs, coverage: share('coverage'), ratioCoverage: share('ratioCoverage') },
    ...{ naiveCoverage: share('naiveCoverage'), claimed: share('claimed') },
    ...{ naiveClaimed: share('naiveClaimed'), tooFew: share('tooFew') },
    refused: 1 - found.length / runs,
  };
}

/** Eight weeks before, then twelve that are looked at every Sunday. */
const peeked = { days: { before: 56, after: 84 } };

export const peekedPlants = {
  'no effect': plant(peeked),
  'no effect, few shots': plant({ ...peeked, shotsPerDay: 50 }),
  'no effect, days differ': plant({ ...peeked, dayDeviation: 0.6 }),
  'no effect, bad weeks': plant({ ...peeked, dayDeviation: 0.3, weekDeviation: 0.4 }),
  'no effect, mix changed, days differ': plant({
    ...{ ...peeked, molds: changedMix, dayDeviation: 0.6 },
  }),
  'halved, days differ': plant({ ...peeked, dayDeviation: 0.6, factor: 0.5 }),
  'halved, bad weeks': plant({ ...peeked, dayDeviation: 0.3, weekDeviation: 0.4, factor: 0.5 }),
  'halved, few shots': plant({ ...peeked, shotsPerDay: 50, factor: 0.5 }),
} as const satisfies Record<string, EffectPlant>;

export type PeekedName = keyof typeof peekedPlants;

export interface PeekReport {
  readonly plant: string;
  readonly runs: number;
  /** An effect was claimed at some look. */
  readonly claimed: number;
  readonly mixtureClaimed: number;
  /** By the usual interval at every look, blocks and mix minded. */
  readonly naiveClaimed: number;
  /** By the plain rates at every look. */
  readonly plainClaimed: number;
  /** Every look's interval holds the truth. */
  readonly coverage: number;
  /** Week of the claim, of the runs with one; NaN: none. */
  readonly meanWeek: number;
}

function isPlainlyClaimed(rows: readonly CountRow[], until: string): boolean {
  const table = tableOf(
    rows.filter(({ period, day }) => period === 'before' || day <= until),
    'day',
  );
  const [before, after] = [totalOf(table, 'before'), totalOf(table, 'after')];
  return !holds(newcombe(rateOf(before), rateOf(after), 1.96), 0);
}

export function runPeeks(name: PeekedName, runs: number): PeekReport {
  const one: EffectPlant = peekedPlants[name];
  // Where something changed there is one mold.
  const truth = one.factor === 1 ? 0 : (one.factor - 1) * (one.molds[0]?.defectRate ?? Number.NaN);
  const known = new Map<string, number[]>();
  // The same days, so the same bounds: integrated once.
  const boundsOf = (fractions: readonly number[], alpha: number): number[] => {
    const key = fractions.join();
    const bounds = known.get(key) ?? spendingBounds(fractions, alpha);
    known.set(key, bounds);
    return bounds;
  };
  const found = Array.from({ length: runs }, (_, run) => {
    const rows = plantCounts(one, seedOf(run));
    const wanted = { blocks: 'auto', relativeChange: -0.5 } as const;
    const plan = { everyDays: 7, plannedDays: 84 };
    const looks = lookAt(rows, { ...plan, method: 'spending' }, wanted, 0.05, boundsOf);
    const mixture = lookAt(rows, { ...plan, method: 'mixture' }, wanted, 0.05);
    if (looks.length !== 12) throw new Error(`run ${run}: ${looks.length} looks`);
    const first = looks.findIndex(({ shows }) => shows !== 'nothing');
    return {
      week: first + 1,
      claimed: first >= 0,
      mixtureClaimed: mixture.some(({ shows }) => shows !== 'nothing'),
      naiveClaimed: looks.some(({ naive }) => naive !== null && !holds(naive, 0)),
      plainClaimed: looks.some(({ until }) => isPlainlyClaimed(rows, until)),
      coverage: looks.every(({ difference }) => difference === null || holds(difference, truth)),
    };
  });
  const share = (of: Exclude<keyof (typeof found)[number], 'week'>): number =>
    shareOf(runs, (run) => found[run]?.[of] === true);
  const weeks = found.filter(({ claimed }) => claimed).map(({ week }) => week);
  return {
    ...{ plant: name, runs, claimed: share('claimed'), mixtureClaimed: share('mixtureClaimed') },
    ...{ naiveClaimed: share('naiveClaimed'), plainClaimed: share('plainClaimed') },
    ...{ coverage: share('coverage') },
    meanWeek: weeks.reduce((sum, week) => sum + week, 0) / weeks.length,
  };
}

const energy = (changes: Partial<EnergyPlant>): EnergyPlant => ({ ...steadyEnergy, ...changes });

export const energyPlants = {
  'no effect': energy({}),
  '15 % less': energy({ factor: 0.85 }),
  'no effect, days alike': energy({ memory: 0.5 }),
  '15 % less, days alike': energy({ factor: 0.85, memory: 0.5 }),
  'no effect, days alike, less made': energy({
    ...{ memory: 0.4, production: { before: 3200, after: 2400 } },
  }),
  '15 % less, 40 and 30 days, days alike': energy({
    ...{ factor: 0.85, memory: 0.4, days: { before: 40, after: 30 } },
  }),
} as const satisfies Record<string, EnergyPlant>;

export type EnergyName = keyof typeof energyPlants;

export interface EnergyReport {
  readonly plant: string;
  readonly runs: number;
  readonly coverage: number;
  readonly naiveCoverage: number;
  /** Of base, good kg, hold hours and ambient. */
  readonly coefficients: readonly number[];
  readonly claimed: number;
  /** Mean change of kWh per good kg as it is, which a naive report would show. */
  readonly intensityChange: number;
}

export function runEnergy(name: EnergyName, runs: number): EnergyReport {
  const one: EnergyPlant = energyPlants[name];
  const planted = [one.base, one.perKg, one.perHoldHour, one.perDegree];
  const found = Array.from({ length: runs }, (_, run) => {
    const { rows, expectedKwh, actualKwh } = plantEnergy(one, seedOf(run));
    const effect = energyEffect(rows);
    if (effect.kind !== 'effect') throw new Error(`run ${run}: ${effect.reason}`);
    const { saved, naiveSaved, coefficients, verdict, intensity } = effect;
    const truth = expectedKwh - actualKwh;
    return {
      coverage: holds(saved, truth),
      naiveCoverage: holds(naiveSaved, truth),
      coefficients: planted.map((value, at) => {
        const own = coefficients[at];
        return own !== undefined && holds(own, value);
      }),
      claimed: verdict !== 'unknown',
      change: intensity === null ? Number.NaN : intensity.after / intensity.before - 1,
    };
  });
  const share = (of: 'coverage' | 'naiveCoverage' | 'claimed'): number =>
    shareOf(runs, (run) => found[run]?.[of] === true);
  return {
    ...{ plant: name, runs, coverage: share('coverage'), naiveCoverage: share('naiveCoverage') },
    coefficients: planted.map((_, at) =>
      shareOf(runs, (run) => found[run]?.coefficients[at] === true),
    ),
    claimed: share('claimed'),
    intensityChange: found.reduce((sum, { change }) => sum + change, 0) / runs,
  };
}

export interface AlternationReport {
  readonly plant: string;
  readonly runs: number;
  readonly coverage: number;
  /** By the permutation test, p ≤ 0.05. */
  readonly claimed: number;
}

/** Advice on and off by turns on 60 days; good and bad weeks come and go beneath it. */
export function runAlternation(factor: number, runs: number): AlternationReport {
  const days = { before: 0, after: 60 };
  const off = plant({ days, dayDeviation: 0.3, weekDeviation: 0.5 });
  const found = Array.from({ length: runs }, (_, run) => {
    const plan = alternatingDays(60, seedOf(run));
    const isOn = new Map(plan.map((kind, day) => [dayName(day), kind === 'on']));
    // The same days with and without the advice; each is seen as its lot says.
    const rows = ([1, factor] as const).flatMap((own, at) =>
      plantCounts({ ...off, factor: own }, seedOf(run))
        .filter(({ day }) => isOn.get(day) === (at === 1))
        .map((row) => ({ ...row, period: at === 1 ? ('after' as const) : ('before' as const) })),
    );
    const effect = alternationEffect(rows, 1);
    if (effect === null) throw new Error(`run ${run}: no pairs`);
    return { coverage: holds(effect.difference, (factor - 1) * 0.03), claimed: effect.p <= 0.05 };
  });
  return {
    ...{ plant: factor === 1 ? 'no effect' : '3 % to 1.5 %', runs },
    coverage: shareOf(runs, (run) => found[run]?.coverage === true),
    claimed: shareOf(runs, (run) => found[run]?.claimed === true),
  };
}

function main(): void {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000' } } });
  const runs = Number(values.runs);
  const print = (what: string, found: object): void =>
    console.log(
      JSON.stringify({ what, ...found }, (_, value) =>
        typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value,
      ),
    );
  for (const name of Object.keys(plants)) print('rates', runRates(name as PlantName, runs));
  for (const name of Object.keys(peekedPlants))
    print('weekly looks', runPeeks(name as PeekedName, runs));
  for (const name of Object.keys(energyPlants))
    print('energy', runEnergy(name as EnergyName, runs));
  for (const factor of [1, 0.5]) print('by turns', runAlternation(factor, runs));
}

if (import.meta.main) main();
