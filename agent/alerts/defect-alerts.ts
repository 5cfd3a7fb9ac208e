/**
 * Alerts on defect verdicts. One shot may be a false alarm, so an alert needs two defects among the
 * last three judged cycles of a mold, or a broken rule limit; it lasts until five good ones in a row.
 */
import type { Alert, Cycle, Deviation, Driver, Instant, Verdict } from '../records.ts';
import { featureLook } from '../words.ts';
import { Baseline, type TrainingNormal } from './baseline.ts';
import type { AlertBook, AlertContent } from './book.ts';
import { findCause, isOff, leadOfText, pooled } from './cause.ts';
import { isNearly } from './nearly.ts';
import { FeatureTrend } from './trend.ts';
import type { WhyQuestion } from './why.ts';
import { defectText, type Speaker } from './words.ts';

const WINDOW = 3;
const DEFECTS_IN_WINDOW = 2;
const GOOD_TO_CLEAR = 5;
/** An alert of a mold that has been away for so many shots is no matter of this machine any more. */
const AWAY_TO_CLEAR = 30;

/** A defect id of the profile, or null; the value that points to it, and all that stand off. */
interface DefectCause {
  readonly defect: string | null;
  readonly lead: Deviation | null;
  readonly deviations: readonly Deviation[];
}

/** What is remembered of one mold. */
class MoldState {
  readonly baseline: Baseline;
  readonly trends = new Map<string, FeatureTrend>();
  recent: boolean[] = [];
  defects: (readonly Deviation[])[] = [];
  goodInARow = 0;
  firstDefectShot: number | null = null;
  openKey: string | null = null;
  /** Up to where an alert that was taken over reached; null: none was, or it goes on. */
  adoptedTo: number | null = null;
  /** Shots of other molds since the last one of this. */
  away = 0;
  /** The last cycle that the open alert was told with. */
  told: { readonly cycle: Cycle; readonly verdict: Verdict } | null = null;
  /** What drove the model's answer in the open alert, and the lead it was asked about; null: ask. */
  why: { readonly drivers: readonly Driver[]; readonly lead: string | null } | null = null;

  constructor(baseline: Baseline) {
    this.baseline = baseline;
  }

  trendOf(feature: string): FeatureTrend {
    const trend = this.trends.get(feature) ?? new FeatureTrend();
    this.trends.set(feature, trend);
    return trend;
  }
}

/** Trends are of the values themselves: a shot that was read counts, whether judged or not. */
function watchTrends(state: MoldState, cycle: Cycle): void {
  if (cycle.observed !== 'whole') return;
  if (cycle.suppressed !== null) for (const trend of state.trends.values()) trend.interrupt();
  else
    for (const [feature, { value }] of Object.entries(cycle.features))
      state.trendOf(feature).push({ shot: cycle.shot, value });
}

/** Beyond this band a value is off beyond chance; one in ten good values lies outside its normal one. */
function plainlyOff({ normalLow, normalHigh }: Deviation): readonly [number, number] {
  const margin = (normalHigh - normalLow) / 2;
  return [normalLow - margin, normalHigh + margin];
}

export class DefectAlerts {
  readonly #speaker: Speaker;
  readonly #book: AlertBook;
  readonly #training: ReadonlyMap<string, TrainingNormal>;
  readonly #molds = new Map<string, MoldState>();

  constructor(speaker: Speaker, book: AlertBook, training: ReadonlyMap<string, TrainingNormal>) {
    this.#speaker = speaker;
    this.#book = book;
    this.#training = training;
  }

  observe(cycle: Cycle, verdict: Verdict): readonly Alert[] {
    const state = this.#stateOf(cycle.mold);
    watchTrends(state, cycle);
    if (verdict.outcome === 'unscored') return [];
    const departed = this.#departed(state, cycle);
    state.recent = [...state.recent, verdict.outcome === 'defect'].slice(-WINDOW);
    const raised =
      verdict.outcome === 'ok'
        ? this.#good(cycle, verdict, state)
        : this.#defect(cycle, verdict, state);
    return [...departed, ...raised];
  }

  /** A cycle that was kept before this start: it teaches what is normal and raises nothing. */
  recall(cycle: Cycle, outcome: Verdict['outcome']): void {
    const state = this.#stateOf(cycle.mold);
    watchTrends(state, cycle);
    if (outcome === 'ok') state.baseline.learn(cycle.features);
    else if (outcome === 'defect') state.baseline.forgetWaiting();
  }

  /** Takes over an alert that stood when an earlier agent ended; false when it is none of these. */
  adopt(alert: Alert): boolean {
    const { key, mold, cause } = alert;
    if (key !== `${mold ?? ''}:${cause}`) return false;
    const state = this.#stateOf(mold);
    // A slow store tells late: what was raised since is the newer word.
    if (state.openKey !== null) return state.openKey === key;
    state.openKey = key;
    state.firstDefectShot = alert.shots?.from ?? null;
    state.adoptedTo = alert.shots?.to ?? null;
    this.#book.adopt(key, alert);
    return true;
  }

  /** Clears what stands of molds that are long off this machine. */
  #departed(present: MoldState, cycle: Cycle): readonly Alert[] {
    present.away = 0;
    const cleared: Alert[] = [];
    for (const state of this.#molds.values()) {
      if (state === present || state.openKey === null) continue;
      state.away += 1;
      if (state.away >= AWAY_TO_CLEAR) cleared.push(...this.#close(state, cycle));
    }
    return cleared;
  }

  #close(state: MoldState, cycle: Cycle): readonly Alert[] {
    state.defects = [];
    state.firstDefectShot = null;
    const cleared = state.openKey === null ? null : this.#book.clear(state.openKey, cycle.at);
    state.openKey = null;
    state.told = null;
    state.why = null;
    return cleared === null ? [] : [cleared];
  }

  #good(cycle: Cycle, verdict: Verdict, state: MoldState): readonly Alert[] {
    state.baseline.learn(cycle.features);
    if (isNearly(verdict) && state.openKey !== null) return [];
    state.goodInARow += 1;
    return state.goodInARow < GOOD_TO_CLEAR ? [] : this.#close(state, cycle);
  }

  #defect(cycle: Cycle, verdict: Verdict, state: MoldState): readonly Alert[] {
    state.goodInARow = 0;
    state.baseline.forgetWaiting();
    this.#beginAnew(state, cycle.shot);
    state.firstDefectShot ??= cycle.shot;
    state.defects = [...state.defects, state.baseline.deviations(cycle.features)].slice(-WINDOW);
    const defects = state.recent.filter((defect) => defect).length;
    const sure = defects >= DEFECTS_IN_WINDOW || verdict.breaches.length > 0;
    if (!sure && state.openKey === null) return [];
    return this.#alert(cycle, verdict, state);
  }

  #alert(cycle: Cycle, verdict: Verdict, state: MoldState): readonly Alert[] {
    const cause = this.#causeOf(verdict, state);
    const { defect, lead } = cause;
    const key = `${cycle.mold ?? ''}:${defect ?? 'defect-unknown'}`;
    const cleared = this.#closeOther(state, key, cycle);
    const known = [state.why?.lead, ...(state.why?.drivers ?? []).map(({ feature }) => feature)];
    // Another cause, or a lead that was not there when the model was asked: it is asked anew.
    if (state.openKey !== key || !known.includes(lead?.feature ?? null)) state.why = null;
    state.openKey = key;
    state.told = { cycle, verdict };
    return [...cleared, this.#book.raise(key, this.#content(cycle, state, cause))];
  }

  #causeOf(verdict: Verdict, state: MoldState): DefectCause {
    const deviations = pooled(state.defects);
    const found = findCause(this.#speaker.profile.defects, deviations);
    const broken = verdict.breaches.find((breach) => breach.defect !== null);
    return { defect: found.defect ?? broken?.defect ?? null, lead: found.lead, deviations };
  }

  #content(cycle: Cycle, state: MoldState, cause: DefectCause): AlertContent {
    const { defect: id, lead: found, deviations } = cause;
    const defect = id === null ? null : (this.#speaker.profile.defects[id] ?? null);
    const drivers = state.why?.drivers ?? [];
    const lead = leadOfText(defect, found, drivers, deviations);
    const shots = this.#shotsToSort(cycle, state, lead);
    const together = drivers
      .filter(({ feature }) => feature !== lead?.feature)
      .flatMap(({ feature }) => deviations.filter((d) => d.feature === feature && isOff(d)));
    const text = defectText(this.#speaker, {
      mold: cycle.mold,
      estimate: state.told?.verdict.estimate ?? null,
      lead,
      trend: lead === null ? null : state.trendOf(lead.feature).trend(),
      defect,
      together,
      shots,
    });
    return {
      machine: cycle.machine,
      mold: cycle.mold,
      severity: 'warning',
      cause: id ?? 'defect-unknown',
      text,
      shots,
      deviations: deviations.slice(0, 5),
      ...(drivers.length === 0 ? {} : { drivers }),
      at: cycle.at,
    };
  }

  /** Only where a model judged: a broken limit needs no more reasons than itself. */
  question(cycle: Cycle, verdict: Verdict): WhyQuestion | null {
    const state = this.#stateOf(cycle.mold);
    const open = state.openKey === null ? null : this.#book.openAlert(state.openKey);
    const wanted = verdict.judge === 'model' && verdict.outcome === 'defect';
    if (!wanted || open === null || state.told?.cycle !== cycle || state.why !== null) return null;
    const values = Object.entries(cycle.features).map(
      ([name, { value }]) => [name, value] as const,
    );
    return {
      alert: open.id,
      mold: cycle.mold,
      values: Object.fromEntries(values),
      normalOf: (feature) => state.baseline.normal(feature),
    };
  }

  explained(question: WhyQuestion, drivers: readonly Driver[], at: Instant): Alert | null {
    const state = this.#stateOf(question.mold);
    const { openKey, told } = state;
    if (openKey === null || told === null) return null;
    if (this.#book.openAlert(openKey)?.id !== question.alert) return null;
    const cause = this.#causeOf(told.verdict, state);
    const { lead } = cause;
    state.why = { drivers, lead: lead?.feature ?? null };
    if (drivers.length === 0) return null;
    return this.#book.amend(openKey, { ...this.#content(told.cycle, state, cause), at });
  }

  /** Long after a restart a defect is no part of what stood before, and good parts lie between. */
  #beginAnew(state: MoldState, shot: number | null): void {
    const { adoptedTo } = state;
    state.adoptedTo = null;
    if (adoptedTo === null || shot === null) return;
    if (shot < adoptedTo || shot - adoptedTo > AWAY_TO_CLEAR) state.firstDefectShot = null;
  }

  /** Another cause took over: the old alert ends where the new one begins. */
  #closeOther(state: MoldState, key: string, cycle: Cycle): readonly Alert[] {
    if (state.openKey === null || state.openKey === key) return [];
    const cleared = this.#book.clear(state.openKey, cycle.at);
    return cleared === null ? [] : [cleared];
  }

  /** From the shot since which the leading value is off, or the first defect, up to this one. */
  #shotsToSort(cycle: Cycle, state: MoldState, lead: Deviation | null): Alert['shots'] {
    if (cycle.shot === null) return null;
    const since =
      lead === null ? null : state.trendOf(lead.feature).outsideSince(...plainlyOff(lead));
    const candidates = [since, state.firstDefectShot].filter(
      (shot) => shot !== null && shot <= (cycle.shot ?? 0),
    );
    return { from: Math.min(cycle.shot, ...(candidates as number[])), to: cycle.shot };
  }

  #stateOf(mold: string | null): MoldState {
    const key = mold ?? '';
    const known = this.#molds.get(key);
    if (known !== undefined) return known;
    const { profile } = this.#speaker;
    const resolution = (feature: string): number => 10 ** -featureLook(profile, feature).decimals;
    const state = new MoldState(new Baseline(this.#training, resolution));
    this.#molds.set(key, state);
    return state;
  }
}
