/**
 * The plant as the panel shows it, kept in memory out of what the loop says: its status each second,
 * and between two of them every record as it comes, which is before it is on the disk.
 */
import type {
  Alert,
  Cycle,
  DriftHealth,
  EnergyPeriod,
  Severity,
  StoredRecord,
  Verdict,
} from '../records.ts';
import { alertView } from './alert-view.ts';
import type {
  AlertView,
  FeatureView,
  HealthView,
  MachinePage,
  MachineView,
  MoldChangeView,
  Overview,
  ShiftSummary,
  ShotView,
  StopView,
} from './contract.ts';
import { healthView } from './health-view.ts';
import { looksOf, type MachinePlan, type PanelPlan } from './plan.ts';
import { type SeenLabel, type SeenShot, ShotBook, shotView } from './shots.ts';
import { type TrialStatus, trialsOf } from './trial-view.ts';

/** The part of the agent's status that is shown. */
export interface PlantStatus {
  readonly clock: { readonly known: boolean };
  readonly machines: readonly {
    readonly id: string;
    readonly link: 'up' | 'lost' | 'unknown';
    readonly model: { readonly name: string; readonly version: string } | null;
    readonly last: { readonly mold: string | null; readonly ageMs: number } | null;
    readonly openAlerts: readonly Alert[];
    readonly drift?: DriftHealth;
    readonly energy?: readonly EnergyPeriod[] | null;
  }[];
  readonly models?: readonly TrialStatus[];
  readonly alerts: {
    readonly buzzer: Overview['buzzer'];
    readonly unseen: readonly Alert[];
    readonly plant: readonly Alert[];
  };
  readonly buses: readonly { readonly bus: string; readonly state: string }[];
  readonly outputs?: Overview['outputs'];
}

export interface PlantFacts {
  readonly store: Overview['store'];
  readonly loopSilentMs: number | null;
  readonly cloud: Overview['cloud'];
  /** Outputs that the loop does not know of. */
  readonly notices: Overview['outputs'];
  /** Counts of the shift that runs, by machine. */
  readonly shift: ReadonlyMap<string, ShiftSummary>;
  readonly production: ProductionViews;
}

/** Of one machine each. */
export interface ProductionViews {
  stop(machine: string): StopView | null;
  stops(machine: string): readonly StopView[];
  moldChange(plan: MachinePlan): MoldChangeView | null;
}

/** What is normal for a feature of a machine and mold now; null: not known. */
export type NormalOf = (
  machine: string,
  mold: string | null,
  feature: string,
) => { readonly low: number; readonly high: number; readonly sigma: number } | null;

const ranks: readonly Severity[] = ['info', 'caution', 'warning', 'stop'];
const rankOf = (severity: Severity): number => ranks.indexOf(severity);
const recentOutcomes = 40;
const emptyShift: ShiftSummary = {
  ...{ fromWallMs: 0, shots: 0, ok: 0, defect: 0, unscored: 0, alerts: 0 },
};

export class PlantView {
  readonly #plan: PanelPlan;
  readonly #byId: ReadonlyMap<string, MachinePlan>;
  readonly #book = new ShotBook();
  readonly #normalOf: NormalOf;
  #alerts = new Map<string, Alert>();
  #status: PlantStatus | null = null;
  #statusMonoMs = 0;
  /** When the last shot of a machine came, by this process's monotonic clock. */
  readonly #lastMonoMs = new Map<string, number>();

  constructor(plan: PanelPlan, normalOf: NormalOf) {
    this.#plan = plan;
    this.#normalOf = normalOf;
    this.#byId = new Map(plan.machines.map((machine) => [machine.id, machine]));
  }

  takeStatus(status: PlantStatus): void {
    this.#status = status;
    this.#statusMonoMs = performance.now();
    const { unseen, plant } = status.alerts;
    const all = [...status.machines.flatMap(({ openAlerts }) => openAlerts), ...plant, ...unseen];
    this.#alerts = new Map(all.map((alert) => [alert.id, alert]));
  }

  /** Gives the shot that the record is about, to be sent to the pages; null: it is about none. */
  takeRecord({ boot, seq, body }: StoredRecord): { machine: string; shot: ShotView } | null {
    if (body.kind === 'alert') this.#alerts.set(body.alert.id, body.alert);
    else if (body.kind === 'cycle') {
      this.#lastMonoMs.set(body.cycle.machine, performance.now());
      return this.takeShot(boot, seq, body.cycle, body.verdict);
    } else if (body.kind === 'label') return this.takeLabel(body.label);
    return null;
  }

  takeShot(
    boot: string,
    seq: number,
    cycle: Cycle,
    verdict: Verdict,
    place: 'newest' | 'oldest' = 'newest',
  ) {
    const plan = this.#byId.get(cycle.machine);
    const looks = plan === undefined ? null : looksOf(plan);
    const view = shotView({ boot, seq }, cycle, verdict, looks);
    const values = Object.fromEntries(
      Object.entries(cycle.features).map(([name, { value }]) => [name, value]),
    );
    this.#book.add(cycle.machine, { view, values }, place);
    return { machine: cycle.machine, shot: view };
  }

  takeLabel(label: SeenLabel): { machine: string; shot: ShotView } | null {
    const shot = this.#book.label(label);
    return shot === null ? null : { machine: label.machine, shot };
  }

  overview(facts: PlantFacts): Overview {
    const { gateway, site, locale, machines } = this.#plan;
    const views = machines.map((machine) => this.#machine(machine, facts));
    return {
      ...{ gateway, site, locale },
      sentWallMs: Date.now(),
      clockKnown: this.#status?.clock.known ?? false,
      loopSilentMs: facts.loopSilentMs,
      machines: views,
      alerts: this.#alertViews(),
      buses: (this.#status?.buses ?? []).map(({ bus, state }) => ({
        ...{ name: bus, up: state === 'open', detail: state },
      })),
      cloud: facts.cloud,
      store: facts.store,
      outputs: [...(this.#status?.outputs ?? []), ...facts.notices],
      buzzer: this.#status?.alerts.buzzer ?? 'off',
      shift: views.reduce((sum, { shift }) => addShifts(sum, shift), emptyShift),
    };
  }

  /** Null: no such machine. */
  machinePage(id: string, shots: number, facts: PlantFacts): MachinePage | null {
    const plan = this.#byId.get(id);
    if (plan === undefined) return null;
    const seen = this.#book.last(id, shots);
    return {
      machine: this.#machine(plan, facts),
      health: this.#health(plan),
      defects: Object.entries(plan.defects).map(([defect, { title }]) => ({ id: defect, title })),
      parts: plan.parts,
      shots: seen.map(({ view }) => view),
      features: this.#features(plan, seen),
      stops: facts.production.stops(id),
      stopReasons: this.#plan.production.reasons.map(({ code, ko, en }) => ({
        ...{ code, title: { ko, en } },
      })),
      moldChange: facts.production.moldChange(plan),
    };
  }

  #health(plan: MachinePlan): HealthView {
    const drift = this.#status?.machines.find(({ id }) => id === plan.id)?.drift;
    return healthView(drift ?? null, looksOf(plan), plan.cycleWord);
  }

  #alertViews(): AlertView[] {
    return [...this.#alerts.values()]
      .filter(({ state, handling }) => state !== 'cleared' || handling?.acknowledged === null)
      .map((alert) => alertView(alert, this.#byId.get(alert.machine) ?? null, this.#plan.locale))
      .sort(
        (a, b) =>
          Number(a.state === 'cleared') - Number(b.state === 'cleared') ||
          rankOf(b.severity) - rankOf(a.severity) ||
          b.raisedWallMs - a.raisedWallMs,
      );
  }

  #machine(plan: MachinePlan, facts: PlantFacts): MachineView {
    const { id, name, cycleWord } = plan;
    const status = this.#status?.machines.find((machine) => machine.id === id);
    const seen = this.#book.last(id, recentOutcomes);
    const open = [...this.#alerts.values()].filter(
      (alert) => alert.machine === id && alert.state !== 'cleared',
    );
    const shown = open.filter(({ handling }) => handling?.attention !== 'shelved');
    const worst = shown.reduce((rank, { severity }) => Math.max(rank, rankOf(severity)), -1);
    const last = seen.at(-1)?.view ?? null;
    const stop = facts.production.stop(id);
    return {
      ...{ id, name, cycleWord, last },
      link: status?.link ?? 'unknown',
      mold: last?.mold ?? status?.last?.mold ?? null,
      worst: ranks[worst] ?? null,
      openAlerts: open.length,
      model: status?.model ?? null,
      ...trialsOf(this.#status?.models, id),
      lastAgeMs: this.#ageMs(id, status?.last?.ageMs ?? null),
      recent: seen.map(({ view }) => view.outcome),
      ...(stop === null ? {} : { stop }),
      shift: facts.shift.get(id) ?? emptyShift,
    };
  }

  #ageMs(machine: string, statusAgeMs: number | null): number | null {
    const now = performance.now();
    const heard = this.#lastMonoMs.get(machine);
    const bySelf = heard === undefined ? null : now - heard;
    const byStatus = statusAgeMs === null ? null : statusAgeMs + (now - this.#statusMonoMs);
    if (bySelf === null || byStatus === null) return bySelf ?? byStatus;
    return Math.min(bySelf, byStatus);
  }

  /**
   * Those that drive open alerts first, then by how far the last value stands from normal. What is
   * normal differs from mold to mold: only shots of the newest one's mold have values.
   */
  #features(plan: MachinePlan, seen: readonly SeenShot[]): FeatureView[] {
    const mold = seen.at(-1)?.view.mold ?? null;
    const driving = [...this.#alerts.values()]
      .filter(({ machine, state }) => machine === plan.id && state !== 'cleared')
      .filter((alert) => alert.mold === null || alert.mold === mold)
      .flatMap(({ drivers, deviations }) =>
        (drivers !== undefined && drivers.length > 0 ? drivers : deviations).map(
          ({ feature }) => feature,
        ),
      );
    const ranked = Object.entries(plan.features).map(([feature, { title, unit, decimals }]) => {
      const values = seen.map(({ view, values: of }) =>
        view.mold === mold ? (of[feature] ?? null) : null,
      );
      const normal = this.#normalOf(plan.id, mold, feature);
      const last = values.at(-1) ?? null;
      const middle = normal === null ? null : (normal.low + normal.high) / 2;
      const off =
        last === null || normal === null || middle === null
          ? -1
          : Math.abs(last - middle) / normal.sigma;
      const place = driving.indexOf(feature);
      const view = {
        ...{ feature, title, unit, decimals, values },
        normalLow: normal?.low ?? null,
        normalHigh: normal?.high ?? null,
      };
      return { view, off, place: place < 0 ? Number.POSITIVE_INFINITY : place };
    });
    return ranked.sort((a, b) => comparePlaces(a, b)).map(({ view }) => view);
  }
}

interface Ranked {
  readonly off: number;
  readonly place: number;
}

function comparePlaces(a: Ranked, b: Ranked): number {
  return a.place === b.place ? b.off - a.off : a.place - b.place;
}

function addShifts(a: ShiftSummary, b: ShiftSummary): ShiftSummary {
  return {
    fromWallMs: Math.max(a.fromWallMs, b.fromWallMs),
    shots: a.shots + b.shots,
    ok: a.ok + b.ok,
    defect: a.defect + b.defect,
    unscored: a.unscored + b.unscored,
    alerts: a.alerts + b.alerts,
  };
}
