/**
 * What the panel's server and its pages say to each other, as JSON. Texts come in both languages; the
 * page chooses. Times are wall ms for people to read; ages are by the monotonic clock.
 */
import type { Alert, Deed, Handling, Severity, Text, Verdict } from '../records.ts';

export type Role = 'viewer' | 'operator' | 'admin';

/** Who is looking. A kiosk is a screen that may acknowledge and nothing else. */
export interface Visitor {
  readonly name: string;
  readonly role: Role;
  readonly kiosk: boolean;
}

export interface ShotView {
  readonly boot: string;
  readonly seq: number;
  readonly shot: number | null;
  readonly mold: string | null;
  readonly wallMs: number;
  readonly outcome: Verdict['outcome'];
  /** Outcome's reason in words. */
  readonly why: Text;
  /** 0 to 1, null when no model answered. */
  readonly probability: number | null;
  readonly threshold: number | null;
  /** The newest label of each part; empty: none yet. */
  readonly labels: readonly { part: string; result: 'ok' | 'defect'; type: string | null }[];
}

export interface DriverView {
  readonly feature: string;
  readonly title: Text;
  readonly unit: string;
  readonly decimals: number;
  readonly value: number;
  readonly normalLow: number;
  readonly normalHigh: number;
  /** 0 to 1; null: by its distance from normal only, not by the model. */
  readonly share: number | null;
}

export interface AlertView {
  readonly id: string;
  readonly state: Alert['state'];
  readonly machine: string;
  readonly machineName: string;
  readonly mold: string | null;
  readonly severity: Severity;
  readonly cause: string;
  /** The whole sentence as it is logged. */
  readonly text: Text;
  /** `수축공 위험`, `통신두절`: a few words. */
  readonly title: Text;
  /** What to do; empty texts: nothing is known. */
  readonly action: Text;
  readonly shots: Alert['shots'];
  /** Cycles that showed it. */
  readonly count: number;
  readonly drivers: readonly DriverView[];
  readonly handling: Handling;
  readonly raisedWallMs: number;
  readonly updatedWallMs: number;
}

/** Energy of the running shift, as far as it is known; null: not known, never 0 for that. */
export interface ShiftEnergy {
  /** All that the meter counted, kWh. */
  readonly shiftKwh: number | null;
  /** Mean of the shots whose energy is known. */
  readonly kwhPerShot: number | null;
  /** Energy of production for each good part. */
  readonly kwhPerGood: number | null;
  /** Highest demand of a quarter hour so far, kW. */
  readonly peakKw: number | null;
  /** Of the energy that is allocated, how much was used while stopped: idle and hold, 0 to 1. */
  readonly idleShare: number | null;
}

export interface ShiftSummary {
  readonly fromWallMs: number;
  readonly shots: number;
  readonly ok: number;
  readonly defect: number;
  readonly unscored: number;
  /** Alerts raised, those told in a group or put off too; without what was for information. */
  readonly alerts: number;
  /** Of a machine; null or absent: nothing measures it. */
  readonly energy?: ShiftEnergy | null;
  /** Of a machine; null or absent: not known. */
  readonly oee?: ShiftOee | null;
}

/** By ISO 22400, each ratio 0 to 1 (effectiveness may be more); null: not known. */
export interface ShiftOee {
  readonly availability: number | null;
  readonly effectiveness: number | null;
  /** Of the shots that were inspected or judged. */
  readonly quality: number | null;
  readonly oee: number | null;
  /** Where the ideal cycle comes from. */
  readonly paceBasis: 'configured' | 'learned' | 'mixed' | null;
  readonly shots: {
    readonly produced: number;
    readonly good: number;
    readonly defect: number;
    readonly inspected: number;
    /** Neither inspected nor judged. */
    readonly unknown: number;
  };
  /** Stops without a reason. */
  readonly unexplained: number;
  /** Within planned hours: nobody saw whether it produced. */
  readonly unknownMs: number;
}

/** A time without shots. `unknown`: the machine did not answer, or its pace is not known yet. */
export interface StopView {
  readonly id: string;
  readonly kind: 'stop' | 'micro' | 'unknown';
  /** It lasts now. */
  readonly open: boolean;
  readonly fromWallMs: number;
  /** Until now where it is open. */
  readonly lastedMs: number;
  readonly reason: { readonly code: string; readonly title: Text; readonly who: string } | null;
}

/** Medians of this run of a mold that lie outside what was normal in its last run; no causes. */
export interface MoldChangeView {
  readonly mold: string | null;
  /** When the last run ended. */
  readonly beforeWallMs: number;
  readonly shotsNow: number;
  readonly shotsBefore: number;
  /** Features that could be compared, and how many of them differ. */
  readonly compared: number;
  readonly differing: number;
  /** The farthest first, a few. */
  readonly differences: readonly {
    readonly feature: string;
    readonly title: Text;
    readonly unit: string;
    readonly decimals: number;
    readonly now: number;
    readonly before: number;
    readonly normalLow: number;
    readonly normalHigh: number;
  }[];
}

/** A new model on its way to deciding, beside the old one. What it says of a shot is never shown. */
export interface TrialView {
  readonly mold: string | null;
  /** `shadow`: it decides nothing; `trial`: it decides. */
  readonly stage: 'shadow' | 'trial';
  readonly model: { readonly name: string; readonly version: string };
  readonly shots: number;
  /** Shots that the stage takes. */
  readonly of: number;
  readonly compared: number;
  readonly differing: number;
  readonly dropped: number;
  /** Mean ms of an answer of the new model and of the old one; null: not known. */
  readonly candidateMs: number | null;
  readonly currentMs: number | null;
}

export interface MachineView {
  readonly id: string;
  readonly name: string;
  readonly cycleWord: Text;
  readonly link: 'up' | 'lost' | 'unknown';
  readonly mold: string | null;
  /** The worst alert that stands and is not shelved; null: nothing is wrong. */
  readonly worst: Severity | null;
  readonly openAlerts: number;
  readonly model: { readonly name: string; readonly version: string } | null;
  /** New models under way; absent: none. */
  readonly trials?: readonly TrialView[];
  readonly last: ShotView | null;
  /** Since the last shot, ms, at `sentMonoMs`; null: none yet. */
  readonly lastAgeMs: number | null;
  /** Outcomes of the last shots, oldest first, at most 40. */
  readonly recent: readonly Verdict['outcome'][];
  /** That lasts now; absent: none. */
  readonly stop?: StopView;
  readonly shift: ShiftSummary;
}

export interface Overview {
  readonly gateway: string;
  readonly site: string;
  readonly locale: 'ko' | 'en';
  readonly sentWallMs: number;
  /** False: the gateway's clock is not set, so wall times are to be read with care. */
  readonly clockKnown: boolean;
  /** How long ago the loop was last heard; null: not since `keep` started. */
  readonly loopSilentMs: number | null;
  readonly machines: readonly MachineView[];
  /** Worst first, then newest; cleared ones of the last ten minutes that nobody acknowledged too. */
  readonly alerts: readonly AlertView[];
  readonly buses: readonly {
    readonly name: string;
    readonly up: boolean;
    readonly detail: string;
  }[];
  readonly cloud: readonly {
    readonly name: string;
    readonly up: boolean;
    readonly pending: number;
    readonly detail: string;
  }[];
  readonly store: 'ok' | 'full' | 'down';
  readonly outputs: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
  readonly buzzer: 'off' | 'sounding' | 'silenced';
  readonly shift: ShiftSummary;
}

export interface FeatureView {
  readonly feature: string;
  readonly title: Text;
  readonly unit: string;
  readonly decimals: number;
  readonly normalLow: number | null;
  readonly normalHigh: number | null;
  /** One for each shot of `MachinePage.shots`; null: no good value, or another mold than the last. */
  readonly values: readonly (number | null)[];
}

/** Whether the model of a machine can be trusted. */
export interface HealthView {
  /** `collecting`: too little is known yet to say. `unknown`: the agent has not said. */
  readonly state: 'good' | 'attention' | 'collecting' | 'unknown';
  readonly line: Text;
  /** What stands, what is collected, what was seen; most important first. */
  readonly details: readonly Text[];
}

/** `GET /api/machines/<id>?shots=60`. */
export interface MachinePage {
  readonly machine: MachineView;
  readonly health: HealthView;
  readonly defects: readonly { readonly id: string; readonly title: Text }[];
  /** Parts of one shot, e.g. cavities; one '' where nothing was configured. */
  readonly parts: readonly string[];
  /** Oldest first. */
  readonly shots: readonly ShotView[];
  /** Driving features of open alerts first, then the others by how far they stand from normal. */
  readonly features: readonly FeatureView[];
  /** Newest first, the last ones; no micro-stops. */
  readonly stops: readonly StopView[];
  /** One button each. */
  readonly stopReasons: readonly { readonly code: string; readonly title: Text }[];
  /** Null: not known, or this mold was not in before. */
  readonly moldChange: MoldChangeView | null;
}

/** `GET /api/history?machine=…`; newest first, no `machine`: of all. */
export interface HistoryPage {
  readonly alerts: readonly AlertView[];
  readonly deeds: readonly (Omit<Deed, 'at'> & { readonly wallMs: number })[];
}

/**
 * Requests. Reads: `GET /api/me` → Me, `/api/overview` → Overview, `/api/machines/<id>`,
 * `/api/quality?from=…` → QualityReport, `/api/history?machine=…` → HistoryPage;
 * `GET /events`: server-sent events `overview` (an Overview, on every change and each second) and
 * `shot` ({machine, shot: ShotView}). Changes are POST with a JSON body, answered `{}` or `{error}`.
 */
export interface Posts {
  '/api/alerts/acknowledge': { readonly id: string };
  '/api/alerts/shelve': { readonly id: string; readonly minutes: number; readonly reason: string };
  '/api/alerts/unshelve': { readonly id: string };
  '/api/alerts/false': { readonly id: string };
  '/api/buzzer/silence': Record<string, never>;
  '/api/labels': {
    readonly boot: string;
    readonly seq: number;
    readonly part: string;
    readonly result: 'ok' | 'defect';
    readonly type: string | null;
  };
  '/api/stops/reason': { readonly id: string; readonly code: string };
  '/api/login': { readonly name: string; readonly password: string };
  '/api/logout': Record<string, never>;
  /** The first user of this gateway, by the code that its log shows. */
  '/api/claim': { readonly code: string; readonly name: string; readonly password: string };
  '/api/users/put': {
    readonly name: string;
    readonly role: Role;
    readonly password: string | null;
  };
  '/api/users/remove': { readonly name: string };
}

export interface Me {
  readonly visitor: Visitor | null;
  /** No user is there yet: the page asks for the claim code. */
  readonly claimable: boolean;
  /** What is to be sent as `X-Ppuri-Token` with every POST of this session. */
  readonly token: string | null;
}

export interface PanelError {
  readonly error: { readonly code: string; readonly message: Text; readonly retryAfterS?: number };
}
