/**
 * Watches one machine's values for what makes its model wrong without a word: scales set wrongly,
 * sensors that stand still or creep, values that stay away. State is kept by mold, and lives as long
 * as the agent; kept shots bring it back after a restart.
 */
import type { Profile } from '../../config/profile.ts';
import type { Reference } from '../../models/reference.ts';
import {
  type Cycle,
  type DriftFinding,
  type DriftHealth,
  type DriftKind,
  type DriftStep,
  defectScoreOf,
  type Verdict,
} from '../records.ts';
import { featureLook } from '../words.ts';
import { enough as neededShots } from './baseline.ts';
import { Companions } from './companions.ts';
import { FeatureWatch } from './feature-watch.ts';
import { armedAfter } from './slow-offset.ts';
import { Spread } from './spread.ts';

/** What of the model in force is needed. */
export interface WatchedModel {
  /** Profile features that it reads. */
  readonly features: ReadonlySet<string>;
  readonly reference: Reference | null;
  /** It was made from one kind of part, so that one histogram stands for all shots. */
  readonly population: 'one' | 'several';
  readonly tellsNovelty: boolean;
}

const keptSteps = 5;
const recentShots = 200;
const mostMolds = 40;
/** A mold that was away for so many shots begins anew: nobody knows what was done to it. */
const longAway = 20_000;
/** Commonly called a shift; less is of no matter however sure it is. */
const leastPsi = 0.25;

type Recent = Record<'unscored' | 'outsideTraining' | 'novel', boolean>;

interface MoldState {
  shots: number;
  lastSeen: number;
  readonly spread: Spread;
}

/** Features whose level means something: slopes and spreads over many shots follow from others. */
function watchedFeatures({ features }: Profile): string[] {
  return Object.entries(features)
    .filter(([, { take, over }]) => {
      const isOfShot = typeof over !== 'object' || !('cycles' in over);
      return isOfShot && ['last', 'mean', 'min', 'max'].includes(take);
    })
    .map(([name]) => name);
}

export class DriftWatch {
  readonly #features: readonly FeatureWatch[];
  readonly #companions: Companions;
  readonly #oneMold: boolean;
  readonly #molds = new Map<string | null, MoldState>();
  readonly #machine = new Spread();
  #model: WatchedModel | null;
  #steps: DriftStep[] = [];
  #recent: Recent[] = [];
  #shots = 0;
  #stopped = false;
  #mold: string | null = null;

  constructor(profile: Profile, model: WatchedModel | null) {
    const names = watchedFeatures(profile);
    this.#features = names.map((name, turn) => {
      const step = 10 ** -featureLook(profile, name).decimals;
      return new FeatureWatch(name, step / 2, turn);
    });
    this.#companions = new Companions(names.length);
    this.#oneMold = profile.cycle?.mold === undefined;
    this.#model = model;
  }

  useModel(model: WatchedModel | null): void {
    this.#model = model;
    this.#recent = [];
  }

  /** Each shot, in order. What was not read whole, and what was set aside, only interrupts. */
  observe(
    cycle: Cycle,
    verdict: Pick<Verdict, 'outcome' | 'flags' | 'probability' | 'estimate'>,
  ): void {
    if (cycle.observed !== 'whole') return;
    if (cycle.suppressed !== null) {
      this.#stopped = true;
      return;
    }
    this.#shots += 1;
    this.#mold = cycle.mold;
    const state = this.#stateOf(cycle.mold);
    if (this.#stopped) for (const feature of this.#features) feature.afterStop();
    this.#stopped = false;
    const isGood = verdict.outcome !== 'defect';
    const values = this.#look(cycle, isGood);
    if (isGood) state.shots += 1;
    const score = defectScoreOf(verdict);
    state.spread.add(values, score);
    this.#machine.add(values, score);
    this.#remember(verdict);
  }

  #look({ mold, shot, features }: Cycle, isGood: boolean): (readonly [string, number | null])[] {
    const values = this.#features.map(({ feature }) => features[feature]?.value ?? null);
    const deviations = Float64Array.from(this.#features, (watch, at) =>
      watch.deviation(mold, values[at] ?? null),
    );
    const alone = this.#companions.alone(deviations);
    const moved = this.#features.map((watch) => Math.abs(watch.moved));
    let isSound = isGood;
    this.#features.forEach((watch, at) => {
      const value = values[at] ?? null;
      const own = alone?.[at] ?? Number.NaN;
      const companions = (): number =>
        Math.max(
          0,
          ...moved.filter((_, other) => other !== at && this.#companions.areClose(at, other)),
        );
      const seen = { mold, shot, value, isGood, companions };
      const step = watch.observe({ ...seen, alone: Number.isNaN(own) ? null : own });
      if (step !== null) this.#steps = [step, ...this.#steps].slice(0, keptSteps);
      if (watch.found !== null) isSound = false;
    });
    if (isSound) this.#companions.learn(deviations);
    else if (isGood) this.#companions.forgetWaiting();
    return this.#features.map(({ feature }, at) => [feature, values[at] ?? null]);
  }

  /** What stands now, one for each feature. */
  findings(): readonly DriftFinding[] {
    const inputs = this.#model?.features;
    const found = this.#features.flatMap(({ feature, found: one }): DriftFinding[] =>
      one === null ? [] : [{ ...one, feature, modelInput: inputs?.has(feature) ?? false }],
    );
    return [...found, ...this.#distribution(found)];
  }

  /** Features whose number cannot be what it says it is, while that stands. */
  doubts(): ReadonlyMap<string, DriftKind> {
    const doubts = new Map<string, DriftKind>();
    for (const { feature, found } of this.#features)
      if (found?.kind === 'decimal-shift' || found?.kind === 'frozen')
        doubts.set(feature, found.kind);
    return doubts;
  }

  health(): DriftHealth {
    const inOrder = [...this.#molds].sort(([, a], [, b]) => b.lastSeen - a.lastSeen);
    const armed = Math.min(armedAfter, ...this.#features.map((one) => one.armed));
    return {
      findings: this.findings(),
      molds: inOrder.map(([mold, { shots }]) => ({
        ...{ mold, shots: Math.min(shots, neededShots), needed: neededShots },
      })),
      settled: { shots: armed, needed: armedAfter },
      steps: this.#steps,
      spread: this.#spread(),
      recent: this.#counted(),
    };
  }

  #spread(): DriftHealth['spread'] {
    const reference = this.#model?.reference ?? null;
    if (reference !== null) return this.#machine.tell(reference);
    return this.#molds.get(this.#mold)?.spread.tell(null) ?? null;
  }

  /** Only where one histogram stands for every shot: a part that is one of many differs from them. */
  #distribution(others: readonly DriftFinding[]): readonly DriftFinding[] {
    const reference = this.#model?.reference ?? null;
    const isOne = this.#oneMold || this.#model?.population === 'one';
    if (reference === null || !isOne) return [];
    const known = new Set(others.map(({ feature }) => feature));
    const shifted = this.#machine.tell(reference)?.features.filter(({ psi, chance, feature }) => {
      return psi > Math.max(leastPsi, chance) && !known.has(feature);
    });
    return (shifted ?? []).map(({ feature, psi, chance }) => ({
      ...{ kind: 'distribution', feature, mold: null, sinceShot: null, from: chance, to: psi },
      modelInput: feature === null || (this.#model?.features.has(feature) ?? false),
    }));
  }

  #remember({ outcome, flags }: Pick<Verdict, 'outcome' | 'flags'>): void {
    this.#recent.push({
      unscored: outcome === 'unscored',
      outsideTraining: flags.some((flag) => flag.startsWith('outside-training:')),
      novel: flags.includes('novel'),
    });
    if (this.#recent.length > recentShots) this.#recent.shift();
  }

  #counted(): DriftHealth['recent'] {
    const count = (of: keyof Recent): number => this.#recent.filter((one) => one[of]).length;
    return {
      shots: this.#recent.length,
      unscored: count('unscored'),
      outsideTraining: count('outsideTraining'),
      novel: this.#model?.tellsNovelty === true ? count('novel') : null,
    };
  }

  #stateOf(mold: string | null): MoldState {
    const known = this.#molds.get(mold);
    if (known !== undefined && this.#shots - known.lastSeen > longAway) this.#forget(mold);
    const state = this.#molds.get(mold) ?? { shots: 0, lastSeen: 0, spread: new Spread() };
    state.lastSeen = this.#shots;
    this.#molds.set(mold, state);
    if (this.#molds.size > mostMolds) this.#forgetOldest();
    return state;
  }

  #forget(mold: string | null): void {
    this.#molds.delete(mold);
    for (const feature of this.#features) feature.forget(mold);
  }

  #forgetOldest(): void {
    const [oldest] = [...this.#molds].sort(([, a], [, b]) => a.lastSeen - b.lastSeen);
    if (oldest !== undefined) this.#forget(oldest[0]);
  }
}
