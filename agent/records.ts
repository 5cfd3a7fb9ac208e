/**
 * The words that rooms of the agent pass to each other: readings, cycles, verdicts, alerts, and the
 * records that are kept. Rooms import this file and not each other; wire.ts connects them.
 */
import type { Instant } from '../drivers/driver.ts';
import type { FuelRecord, HeatRecord } from './carbon-records.ts';
import type { EnergyPeriod, ShotEnergy } from './energy-records.ts';
import type { Stop, StopReason } from './production-records.ts';

// In files of their own, and read as if they were here.
export * from './carbon-records.ts';
export * from './energy-records.ts';
export * from './production-records.ts';
export * from './quality-report.ts';
export type { Instant };

/** A bad value is never a number: `value` is null unless quality is `good`, and null for a text. */
export type Quality = 'good' | 'stale' | 'invalid' | 'missing';

export interface Reading {
  readonly value: number | null;
  /** Of a signal that is text, e.g. a lot number, where quality is `good`; never a number's. */
  readonly text?: string;
  readonly quality: Quality;
  readonly at: Instant;
  /** Why it is not good: `sentinel 1449`, `below range`, `bus-timeout`, `frozen 30 shots`. */
  readonly note?: string;
}

export interface Text {
  readonly ko: string;
  readonly en: string;
}

/** Monotonic ms of each step of one cycle; a step not taken is absent. */
export interface StageTimes {
  /** Reply that showed the new counter value. */
  readonly trigger: number;
  /** Last byte of the last snapshot block. */
  readonly snapshot: number;
  readonly features?: number;
  readonly inference?: number;
  readonly verdict?: number;
  /** Write confirmed by the machine. */
  readonly reject?: number;
  readonly alert?: number;
}

/** One shot, heat, batch or window of one machine. */
export interface Cycle {
  readonly machine: string;
  readonly profile: string;
  readonly mold: string | null;
  /** The machine's own counter; null for window cycles. */
  readonly shot: number | null;
  /** 1, 2, 3 … for this machine since this start of the agent. */
  readonly index: number;
  /** `whole`: one consistent snapshot. `torn`: the counter moved during every try. `missed`: the
   * counter jumped over it, so nothing of it was read. */
  readonly observed: 'whole' | 'torn' | 'missed';
  readonly at: Instant;
  readonly readings: Readonly<Record<string, Reading>>;
  readonly features: Readonly<Record<string, Reading>>;
  /** Why it must not be scored (`try-shot`, `warm-up`, `line-stopped` …), or null. */
  readonly suppressed: string | null;
  readonly times: StageTimes;
}

export interface Breach {
  readonly feature: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly defect: string | null;
}

export interface ModelIdentity {
  readonly name: string;
  readonly version: string;
  /** sha256 of model.onnx, hex. */
  readonly hash: string;
}

/** What a model said that is no probability: a score, or a predicted value in its unit. */
export interface Estimate {
  readonly kind: 'score' | 'value';
  readonly value: number;
  /** Beyond these it is a defect; null: no bound on that side. */
  readonly low: number | null;
  readonly high: number | null;
  readonly unit: string;
  /** What the value is; null: not said. */
  readonly title: Text | null;
  /** Null: not said. */
  readonly decimals: number | null;
}

/** A judgement on one cycle. `ok` is only ever said of a scored cycle. */
export interface Verdict {
  readonly outcome: 'ok' | 'defect' | 'unscored';
  /**
   * `below-threshold`, `above-threshold`, `score-within`, `score-beyond`, `value-within`,
   * `value-beyond`, `within-limits`, `limit`, or why it is unscored.
   */
  readonly reason: string;
  /** More on the reason, e.g. the feature that was missing. */
  readonly detail: string | null;
  readonly judge: 'model' | 'limits' | 'none';
  /** Of a defect, 0 to 1; null where no model answered, or one that gives none: see `estimate`. */
  readonly probability: number | null;
  /** Of the probability; an estimate has its bounds itself. */
  readonly threshold: number | null;
  /** Absent or null: no model answered, or it gave a probability. */
  readonly estimate?: Estimate | null;
  readonly model: ModelIdentity | null;
  /** `outside-training:<feature>` and the like; never changes the outcome by itself. */
  readonly flags: readonly string[];
  readonly breaches: readonly Breach[];
  readonly times: StageTimes;
}

/**
 * The one number that ranks a model's answers, more is worse: the probability, a score turned so
 * that high is bad, how far a value lies outside its bounds (negative inside). Null: no answer.
 */
export function defectScoreOf({
  probability,
  estimate = null,
}: Pick<Verdict, 'probability' | 'estimate'>): number | null {
  if (estimate === null) return probability;
  const { kind, value, low, high } = estimate;
  if (kind === 'score') return high === null ? -value : value;
  const below = low === null ? Number.NEGATIVE_INFINITY : low - value;
  return Math.max(below, high === null ? Number.NEGATIVE_INFINITY : value - high);
}

/** How far one feature of a cycle stands from this mold's recent good cycles. */
export interface Deviation {
  readonly feature: string;
  readonly value: number;
  readonly normalLow: number;
  readonly normalHigh: number;
  /** Signed robust z-score. */
  readonly z: number;
}

export type Severity = 'stop' | 'warning' | 'caution' | 'info';

/** A feature that the model's answer hung on in one cycle, against this mold's recent good ones. */
export interface Driver {
  readonly feature: string;
  readonly value: number;
  readonly normalLow: number;
  readonly normalHigh: number;
  /** Its part of all that the drivers together moved the answer by, 0 to 1. */
  readonly share: number;
}

/**
 * A way in which the values of a machine changed so that its model may no longer be right.
 * `decimal-shift`: 10, 100 … times as large or small. `frozen`: it no longer moves.
 * `slow-offset`: it creeps away. `missing-rise`: it is missing far more often. `distribution`: it is
 * spread unlike in the training of the model.
 */
export type DriftKind =
  | 'decimal-shift'
  | 'frozen'
  | 'slow-offset'
  | 'missing-rise'
  | 'distribution';

/** What stands now about one feature of one machine. */
export interface DriftFinding {
  readonly kind: DriftKind;
  /** Null: the model's own scores. */
  readonly feature: string | null;
  /** Of the shot that showed it first. */
  readonly mold: string | null;
  /** Machine counter value since which; null: not known, or no one shot. */
  readonly sinceShot: number | null;
  /**
   * In the feature's unit: what is normal for the mold, and what came. Of `missing-rise` shares, 0 to
   * 1; of `distribution` the largest PSI that chance explains, and the PSI. Null: there is none.
   */
  readonly from: number | null;
  readonly to: number | null;
  /** The model in force reads it. */
  readonly modelInput: boolean;
}

/** A jump within a shot or two: a setting or a repair rather than drift. Listed, no alert. */
export interface DriftStep {
  readonly feature: string;
  readonly mold: string | null;
  readonly shot: number | null;
  readonly from: number;
  readonly to: number;
}

/** Population stability index: 0 alike, above 0.25 commonly called a shift. */
export interface DriftPsi {
  /** Null: the model's scores. */
  readonly feature: string | null;
  readonly psi: number;
  /** What chance alone explains, for as many shots that follow each other as these do. */
  readonly chance: number;
}

/** What a machine's values say about whether its model can still be trusted. */
export interface DriftHealth {
  readonly findings: readonly DriftFinding[];
  /** Molds seen, the last one first. `shots` good ones were learned of `needed`. */
  readonly molds: readonly {
    readonly mold: string | null;
    readonly shots: number;
    readonly needed: number;
  }[];
  /** Shots known of how far values wander by themselves; before, nothing that creeps is found. */
  readonly settled: { readonly shots: number; readonly needed: number };
  /** Newest first, the last few. */
  readonly steps: readonly DriftStep[];
  /** Of the mold of the last shot; null: too few shots yet. `own`: its own first good shots. */
  readonly spread: {
    readonly against: 'training' | 'own';
    readonly shots: number;
    readonly features: readonly DriftPsi[];
  } | null;
  /** Of the last shots that were to be judged: how many, and how many of them were what. */
  readonly recent: {
    readonly shots: number;
    readonly unscored: number;
    readonly outsideTraining: number;
    /** Null: the bundle cannot tell. */
    readonly novel: number | null;
  };
}

/** Who did something with an alert, and when by the wall clock. */
export interface Mark {
  readonly who: string;
  readonly wallMs: number;
}

export interface Shelf extends Mark {
  readonly reason: string;
  /** Running time that is left of it, ms, when this was written. */
  readonly leftMs: number;
}

/**
 * What an alert asks of the operator. `call`: attention now. `grouped`: told together with others,
 * in a flood or beyond the hourly budget. `shelved`: put off by a person. `quiet`: in the list only.
 */
export type Attention = 'call' | 'grouped' | 'shelved' | 'quiet';

/** What people and the rules of the whole plant made of an alert. */
export interface Handling {
  readonly attention: Attention;
  readonly acknowledged: Mark | null;
  readonly shelved: Shelf | null;
  /** Somebody said that there was nothing. */
  readonly falseAlarm: Mark | null;
  /** It has stood for a day. */
  readonly stale: boolean;
  /** How often its cause came back while the alert stood. */
  readonly returns: number;
}

export interface Alert {
  /** Stable while the same cause lasts. */
  readonly id: string;
  readonly state: 'raised' | 'updated' | 'cleared';
  readonly machine: string;
  readonly mold: string | null;
  readonly severity: Severity;
  /** A defect id of the profile, or `bus-lost`, `model-unavailable`, `sensor-invalid` … */
  readonly cause: string;
  readonly text: Text;
  /** Shots to sort out, machine counter values, inclusive. */
  readonly shots: { readonly from: number; readonly to: number } | null;
  readonly count: number;
  readonly deviations: readonly Deviation[];
  /** Tells alerts of one machine and cause apart, e.g. by mold or sensor; absent as `handling`. */
  readonly key?: string;
  /** When it was raised, by the wall clock; absent as `handling`. */
  readonly sinceWallMs?: number;
  /** Told later than the alert itself; absent: not known, or no model answered. */
  readonly drivers?: readonly Driver[];
  /** Absent in records of an older ppuri. */
  readonly handling?: Handling;
  readonly at: Instant;
}

/** What inspection found on one part of one shot; often late. A later label of a part replaces it. */
export interface Label {
  readonly machine: string;
  readonly mold: string | null;
  /** Machine counter value. */
  readonly shot: number | null;
  /** Key of the cycle it is about. */
  readonly cycle: { readonly boot: string; readonly seq: number };
  /** Cavity or part name; '' where the shot makes one part. */
  readonly part: string;
  readonly result: 'ok' | 'defect';
  /** A defect id of the profile; null: not said, or ok. */
  readonly type: string | null;
  readonly who: string;
  readonly from: 'panel' | 'cli' | 'import';
  readonly at: Instant;
}

/** What a person did: alerts acknowledged, logins, users changed. The audit of this gateway. */
export interface Deed {
  /** `alert-acknowledged`, `alert-shelved`, `alert-unshelved`, `alert-false`, `buzzer-silenced`,
   * `login`, `login-failed`, `logout`, `claimed`, `user-changed` … */
  readonly what: string;
  /** Id of the alert, name of the user, and the like. */
  readonly subject: string;
  readonly who: string;
  readonly from: 'panel' | 'cli';
  /** Reason, minutes, address; null: nothing to add. */
  readonly detail: string | null;
  readonly at: Instant;
}

/** Health events: a child restarted, a device lost, a model set aside. */
export interface AgentEvent {
  readonly kind: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly subject: string;
  readonly text: string;
  readonly at: Instant;
}

export interface GapRecord {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
  readonly reason: string;
}

export type RecordBody =
  | { readonly kind: 'cycle'; readonly cycle: Cycle; readonly verdict: Verdict }
  | { readonly kind: 'alert'; readonly alert: Alert }
  | { readonly kind: 'event'; readonly event: AgentEvent }
  | { readonly kind: 'label'; readonly label: Label }
  | { readonly kind: 'deed'; readonly deed: Deed }
  | { readonly kind: 'shot-energy'; readonly energy: ShotEnergy }
  | { readonly kind: 'energy'; readonly period: EnergyPeriod }
  | { readonly kind: 'heat'; readonly heat: HeatRecord }
  | { readonly kind: 'fuel'; readonly fuel: FuelRecord }
  | { readonly kind: 'stop'; readonly stop: Stop }
  | { readonly kind: 'stop-reason'; readonly reason: StopReason }
  | { readonly kind: 'gap'; readonly gap: GapRecord };

/** What is kept and delivered. (boot, seq) is its key for ever; wall time never orders anything. */
export interface StoredRecord {
  readonly boot: string;
  readonly seq: number;
  readonly at: Instant;
  readonly clockSynced: boolean;
  /** The wall time was put right once the clock was known; `clockSynced` is false. */
  readonly clockFilled?: boolean;
  readonly body: RecordBody;
}
