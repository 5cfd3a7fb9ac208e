/**
 * Turns one machine's snapshots into cycles, in order. Pure but for its own state, so that live
 * machines and histories in a file go the same way. State is keyed by mold where it belongs to one.
 */
import type { Profile } from '../../config/profile.ts';
import type { Cycle, Instant, Reading, StageTimes } from '../records.ts';
import { CycleHistory, computeFeatures, type PastValues, type SamplesBetween } from './features.ts';
import { Suppression } from './suppress.ts';

export interface Snapshot {
  readonly shot: number | null;
  readonly readings: Readonly<Record<string, Reading>>;
  readonly at: Instant;
  readonly triggerMonoMs: number;
  /** Start of a high period; absent: the trigger of the cycle before. */
  readonly fromMonoMs?: number;
}

export interface TrackerOptions {
  readonly machine: string;
  readonly profile: Profile;
  readonly samplesBetween: SamplesBetween;
  /** Simulated seconds per real second, for idle times; 1 on a real machine. */
  readonly timeScale?: number;
  /** Monotonic clock in ms, for the features stage time. */
  readonly clock: () => number;
}

const NO_MOLD = '';

export class CycleTracker {
  readonly #options: TrackerOptions;
  readonly #suppression: Suppression;
  readonly #histories = new Map<string, CycleHistory>();
  #index = 0;
  #lastTriggerMonoMs: number | null = null;

  constructor(options: TrackerOptions) {
    this.#options = options;
    const optional = Object.entries(options.profile.signals)
      .filter(([, spec]) => spec.presence === 'optional')
      .map(([name]) => name);
    this.#suppression = new Suppression(options.profile.suppress, new Set(optional));
  }

  /** A cycle of which nothing consistent could be read. */
  unseen(shot: number | null, observed: 'torn' | 'missed', at: Instant): Cycle {
    this.#index += 1;
    const times = { trigger: at.monoMs, snapshot: at.monoMs };
    return {
      ...this.#identity(null, shot),
      observed,
      at,
      readings: {},
      features: {},
      suppressed: null,
      times,
    };
  }

  /** A cycle from one consistent snapshot. */
  complete(snapshot: Snapshot): Cycle {
    const { clock } = this.#options;
    this.#index += 1;
    const mold = this.#moldOf(snapshot.readings);
    const features = this.#featuresOf(snapshot, this.#historyOf(mold));
    const suppressed = this.#suppression.check(snapshot.readings, this.#idleS(snapshot));
    this.#lastTriggerMonoMs = snapshot.triggerMonoMs;
    const times: StageTimes = {
      trigger: snapshot.triggerMonoMs,
      snapshot: snapshot.at.monoMs,
      features: clock(),
    };
    const { readings, at } = snapshot;
    return {
      ...this.#identity(mold, snapshot.shot),
      observed: 'whole',
      at,
      readings,
      features,
      suppressed,
      times,
    };
  }

  /** The features of a snapshot that is not confirmed yet; changes nothing. */
  foresee(snapshot: Snapshot): Pick<Cycle, 'mold' | 'features'> {
    const mold = this.#moldOf(snapshot.readings);
    return { mold, features: this.#featuresOf(snapshot, this.#historyOf(mold).foreseen()) };
  }

  #featuresOf(snapshot: Snapshot, history: PastValues): Record<string, Reading> {
    const { profile, samplesBetween } = this.#options;
    const window = {
      fromMonoMs: snapshot.fromMonoMs ?? this.#lastTriggerMonoMs ?? Number.NEGATIVE_INFINITY,
      toMonoMs: snapshot.at.monoMs,
    };
    return computeFeatures(profile.features, snapshot.readings, window, samplesBetween, history);
  }

  #identity(mold: string | null, shot: number | null) {
    const { machine, profile } = this.#options;
    return { machine, profile: profile.id, mold, shot, index: this.#index };
  }

  #moldOf(readings: Readonly<Record<string, Reading>>): string | null {
    const signal = this.#options.profile.cycle?.mold;
    const reading = signal === undefined ? undefined : readings[signal];
    const mold = reading?.text ?? reading?.value ?? null;
    return mold === null ? null : String(mold);
  }

  #historyOf(mold: string | null): CycleHistory {
    const key = mold ?? NO_MOLD;
    const history = this.#histories.get(key) ?? new CycleHistory();
    this.#histories.set(key, history);
    return history;
  }

  #idleS(snapshot: Snapshot): number | null {
    if (this.#lastTriggerMonoMs === null) return null;
    const scale = this.#options.timeScale ?? 1;
    return ((snapshot.triggerMonoMs - this.#lastTriggerMonoMs) * scale) / 1000;
  }
}
