/**
 * Cycle → verdict. First what can be said without the model (`prepare`), then the verdict once the
 * model has answered or failed to (`conclude`). Never a guess: what is not scored says why.
 */
import type {
  Breach,
  Cycle,
  DriftKind,
  Estimate,
  ModelIdentity,
  Reading,
  StageTimes,
  Verdict,
} from '../records.ts';
import { findBreaches, type LimitTable, uncheckedLimits } from './limits.ts';

/** What the judge needs of a model bundle; see models/encode.ts. */
export interface JudgeModel {
  readonly identity: ModelIdentity;
  readonly threshold: number;
  readonly molds: 'any' | readonly string[];
  readonly outOfRange: 'flag' | 'abstain';
  /** Distance from the training over its limit; absent, null: the bundle does not say. */
  readonly novelty?: ((features: Readonly<Record<string, number | null>>) => number) | null;
  readonly onNovelty?: 'flag' | 'abstain';
  /** While an input is known to be wrong. */
  readonly onDrift?: 'flag' | 'abstain';
  /** The profile features that its row is made of. */
  readonly features: readonly string[];
  /** What its `defectScore` is: a score need not lie between 0 and 1. */
  readonly scale: 'probability' | 'score';
  /** Model input row, or the features that are missing and may not be. */
  encode(
    features: Readonly<Record<string, number | null>>,
  ): { readonly input: Float32Array } | { readonly refused: readonly string[] };
  /** Features outside the range seen in training. */
  outsideTraining(features: Readonly<Record<string, number | null>>): readonly string[];
  /** What the model's output row says; null when it says nothing. */
  answer(outputs: ArrayLike<number>): ModelAnswer | null;
}

export interface ModelAnswer {
  readonly probability: number | null;
  /** Null for a probability. */
  readonly estimate: Estimate | null;
  /** Ranks answers; more is worse. */
  readonly defectScore: number;
  readonly isDefect: boolean;
}

/** What inference answered; see agent/infer. */
export type Answer =
  | { readonly kind: 'scored'; readonly outputs: ArrayLike<number> }
  | { readonly kind: 'unscored'; readonly reason: string; readonly detail?: string | null };

export interface Prepared {
  /** The model that was in force when the row was made; a swap in between changes nothing. */
  readonly model: JudgeModel | null;
  readonly breaches: readonly Breach[];
  readonly flags: readonly string[];
  /** The row to score, or null when the verdict does not wait for the model. */
  readonly input: Float32Array | null;
  /** Why it is not scored, when it is not. */
  readonly unscored: { readonly reason: string; readonly detail: string | null } | null;
}

const unscored = (reason: string, detail: string | null = null) => ({ reason, detail });

function plainValues(features: Readonly<Record<string, Reading>>): Record<string, number | null> {
  const values: Record<string, number | null> = {};
  for (const [name, reading] of Object.entries(features)) values[name] = reading.value;
  return values;
}

function whyMissing(names: readonly string[], cycle: Cycle): string {
  return names
    .map((name) => {
      const reading = cycle.features[name];
      return reading === undefined
        ? `${name}: not in the profile`
        : `${name}: ${reading.note ?? reading.quality}`;
    })
    .join('; ');
}

/** Which model judges: a mold's own, else the default; without either, limits alone. */
export interface ModelChoice {
  readonly byDefault: JudgeModel | null;
  readonly molds: ReadonlyMap<string, JudgeModel>;
}

export class Judge {
  readonly #limits: LimitTable;
  readonly #moldExpected: boolean;
  #models: ModelChoice;
  #lastMold: string | null = null;
  #doubts: ReadonlyMap<string, DriftKind> = new Map();

  /** `moldExpected`: the profile names a mold signal, so a cycle without one is in doubt. */
  constructor(limits: LimitTable, model: JudgeModel | null, moldExpected: boolean) {
    this.#limits = limits;
    this.#models = { byDefault: model, molds: new Map() };
    this.#moldExpected = moldExpected;
  }

  /** Of the mold of the last cycle. */
  get model(): JudgeModel | null {
    return this.#modelFor(this.#lastMold);
  }

  /** From the next cycle on. */
  useModels(models: ModelChoice): void {
    this.#models = models;
  }

  #modelFor(mold: string | null): JudgeModel | null {
    const { byDefault, molds } = this.#models;
    return (mold === null ? undefined : molds.get(mold)) ?? byDefault;
  }

  /** Features whose values are known to be wrong, from the next cycle on. */
  doubt(features: ReadonlyMap<string, DriftKind>): void {
    this.#doubts = features;
  }

  get doubts(): ReadonlyMap<string, DriftKind> {
    return this.#doubts;
  }

  prepare(cycle: Cycle): Prepared {
    if (cycle.mold !== null) this.#lastMold = cycle.mold;
    const model = this.#modelFor(cycle.mold);
    const blank = { model, breaches: [], flags: [], input: null };
    if (cycle.observed !== 'whole')
      return { ...blank, unscored: unscored(`shot-${cycle.observed}`) };
    if (cycle.suppressed !== null) return { ...blank, unscored: unscored(cycle.suppressed) };
    const breaches = findBreaches(this.#limits, cycle.features);
    if (model === null) return { ...blank, breaches, unscored: this.#whyWithoutModel(cycle) };
    return { ...this.#encode(cycle, model), model, breaches };
  }

  /** Where other molds have models, limits alone say too little of this one. */
  #whyWithoutModel(cycle: Cycle): Prepared['unscored'] {
    if (this.#models.molds.size === 0) return this.#whyLimitsCannotSay(cycle);
    return cycle.mold === null
      ? unscored('mold-unknown', 'the mold signal has no good value')
      : unscored('unknown-mold', `mold ${cycle.mold} has no model`);
  }

  /** The row of a shot whose features are these, if it comes to asking the model. */
  rowOf(features: Readonly<Record<string, Reading>>): Float32Array | null {
    const encoded = this.model?.encode(plainValues(features));
    return encoded !== undefined && 'input' in encoded ? encoded.input : null;
  }

  #encode(cycle: Cycle, model: JudgeModel): Omit<Prepared, 'breaches' | 'model'> {
    const values = plainValues(cycle.features);
    const outside = model.outsideTraining(values);
    const doubted = model.features.filter((name) => this.#doubts.has(name));
    const isNovel = (model.novelty?.(values) ?? 0) > 1;
    const flags = [
      ...outside.map((name) => `outside-training:${name}`),
      ...(isNovel ? ['novel'] : []),
      ...doubted.map((name) => `drift:${this.#doubts.get(name)}:${name}`),
    ];
    const stop = (reason: string, detail: string | null = null) => ({
      flags,
      input: null,
      unscored: unscored(reason, detail),
    });
    if (model.molds !== 'any' || this.#moldExpected) {
      if (cycle.mold === null) return stop('mold-unknown', 'the mold signal has no good value');
      if (model.molds !== 'any' && !model.molds.includes(cycle.mold)) {
        return stop('unknown-mold', `mold ${cycle.mold} was not in training`);
      }
    }
    const encoded = model.encode(values);
    if ('refused' in encoded) return stop('missing-input', whyMissing(encoded.refused, cycle));
    if (outside.length > 0 && model.outOfRange === 'abstain')
      return stop('outside-training', outside.join(', '));
    if (doubted.length > 0 && model.onDrift === 'abstain') {
      const why = doubted.map((name) => `${name}: ${this.#doubts.get(name)}`);
      return stop('input-doubtful', why.join('; '));
    }
    if (isNovel && model.onNovelty === 'abstain') return stop('novel');
    return { flags, input: encoded.input, unscored: null };
  }

  #whyLimitsCannotSay(cycle: Cycle): Prepared['unscored'] {
    if (Object.keys(this.#limits).length === 0)
      return unscored('no-model', 'no model and no limits');
    const unchecked = uncheckedLimits(this.#limits, cycle.features);
    return unchecked.length === 0 ? null : unscored('missing-input', whyMissing(unchecked, cycle));
  }

  /** `answer` is null when `prepared.input` was. `now` is the monotonic time of the verdict. */
  conclude(cycle: Cycle, prepared: Prepared, answer: Answer | null, now: number): Verdict {
    const times: StageTimes = {
      ...cycle.times,
      ...(answer === null ? {} : { inference: now }),
      verdict: now,
    };
    const { model } = prepared;
    const said = answer?.kind === 'scored' && model !== null ? model.answer(answer.outputs) : null;
    const decided = decide(prepared, answer, said);
    const isChance = model === null || model.scale === 'probability';
    return {
      ...decided,
      probability: said?.probability ?? null,
      threshold: isChance ? (model?.threshold ?? null) : null,
      ...(isChance ? {} : { estimate: said?.estimate ?? null }),
      model: model?.identity ?? null,
      flags: prepared.flags,
      breaches: prepared.breaches,
      times,
    };
  }
}

function decide(
  prepared: Prepared,
  answer: Answer | null,
  said: ModelAnswer | null,
): Pick<Verdict, 'outcome' | 'reason' | 'detail' | 'judge'> {
  if (said?.isDefect === true) {
    return { outcome: 'defect', reason: reasonOf(said), detail: null, judge: 'model' };
  }
  const [breach] = prepared.breaches;
  if (breach !== undefined) {
    const detail = `${breach.feature} ${breach.value}`;
    return { outcome: 'defect', reason: 'limit', detail, judge: 'limits' };
  }
  if (prepared.unscored !== null)
    return { outcome: 'unscored', ...prepared.unscored, judge: 'none' };
  if (answer?.kind === 'unscored') {
    return {
      outcome: 'unscored',
      reason: answer.reason,
      detail: answer.detail ?? null,
      judge: 'none',
    };
  }
  if (answer !== null && said === null) {
    const detail = 'the model gave no probability, score or value';
    return { outcome: 'unscored', reason: 'model-failed', detail, judge: 'none' };
  }
  if (said !== null) {
    return { outcome: 'ok', reason: reasonOf(said), detail: null, judge: 'model' };
  }
  return { outcome: 'ok', reason: 'within-limits', detail: null, judge: 'limits' };
}

function reasonOf({ estimate, isDefect }: ModelAnswer): string {
  if (estimate === null) return isDefect ? 'above-threshold' : 'below-threshold';
  return `${estimate.kind}-${isDefect ? 'beyond' : 'within'}`;
}
