/** Feeds the panel in the keep process: history out of the store, then the loop's records and status. */
import { Baseline, type TrainingNormal } from './alerts/baseline.ts';
import type { OutputStatus } from './outputs/output.ts';
import { alertView } from './panel/alert-view.ts';
import type { HistoryPage, MachinePage, Overview, ShiftSummary } from './panel/contract.ts';
import type { MachinePlan, PanelPlan } from './panel/plan.ts';
import { type PlantFacts, type PlantStatus, PlantView } from './panel/plant-view.ts';
import { mostShots } from './panel/shots.ts';
import { PanelProduction } from './panel-production.ts';
import type { Cycle, EnergyPeriod, StoredRecord, Verdict } from './records.ts';
import { resumedCycle } from './resume.ts';
import { shiftEnergyOf } from './shift-energy.ts';
import type { AlertRow } from './store/alert-queries.ts';
import type { KeepSide } from './store/beside-seat.ts';
import type { CyclePage, CycleRow, OutcomeCount } from './store/cycle-queries.ts';
import type { DeedRow } from './store/deed-queries.ts';
import type { EnergyReport } from './store/energy-queries.ts';
import type { LabelPage } from './store/label-queries.ts';
import { shiftsWithin } from './store/shifts.ts';
import type { Outcome } from './store/trouble.ts';

/** To who listens. */
export interface Push {
  readonly clients: number;
  push(event: string, data: string): void;
}

export interface FeedParts {
  /** Null until pages are served. */
  readonly push: () => Push | null;
  /** Outputs of this process. */
  readonly notices: () => readonly OutputStatus[];
}

/** Changes within this are told together. */
const togetherMs = 200;
const countEveryMs = 5000;
/** Counts older than this are not shown: the store has not answered for several rounds. */
const countHoldsMs = 15_000;
/** How long a question waits for counts; the rest is told without them. */
const countWaitMs = 1000;
const dayMs = 86_400_000;
const historyRows = 200;

export class PanelFeed {
  readonly #keep: KeepSide;
  readonly #plan: PanelPlan;
  readonly #parts: FeedParts;
  readonly #view: PlantView;
  readonly #production: PanelProduction;
  readonly #baselines = new Map<string, Baseline>();
  readonly #beat: NodeJS.Timeout;
  #soon: NodeJS.Timeout | null = null;
  #shift: ReadonlyMap<string, ShiftSummary> = new Map();
  /** Periods that are not kept yet, by machine. */
  #underWay: ReadonlyMap<string, readonly EnergyPeriod[] | null> = new Map();
  /** When the shift that `#shift` counts began, wall ms. */
  #shiftCounted: number | null = null;
  #countedMonoMs = Number.NEGATIVE_INFINITY;
  #askedMonoMs = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> | null = null;
  #pushedMonoMs = Number.NEGATIVE_INFINITY;

  constructor(keep: KeepSide, plan: PanelPlan, parts: FeedParts) {
    this.#keep = keep;
    this.#plan = plan;
    this.#parts = parts;
    this.#production = new PanelProduction(keep, plan);
    this.#view = new PlantView(plan, (machine, mold, feature) => {
      const plan = this.#planOf(machine);
      return plan === null ? null : this.#baseline(plan, mold).normal(feature);
    });
    // Also where nothing comes: pages are to see that the loop is silent.
    this.#beat = setInterval(() => this.#tellIfQuiet(), 1000);
  }

  /** Takes up what was kept before; a store that cannot say leaves the pages empty. Never rejects. */
  async begin(): Promise<void> {
    try {
      await this.#recallAll();
      await this.#production.recall(this.#shiftFrom(Date.now()));
    } catch (thrown) {
      this.#keep.fault('panel-history', thrown);
    }
    await this.#recount();
  }

  async #recallAll(): Promise<void> {
    for (const machine of this.#plan.machines) {
      const asked = { machine: machine.id, limit: mostShots, detail: 'features' };
      const outcome = await this.#keep.query('cycles', asked);
      if ('error' in outcome) {
        this.#keep.fault('panel-history', new Error(outcome.error.message));
        return;
      }
      const { rows } = outcome.result as CyclePage;
      // Shots that the loop told meanwhile are newer than any of these.
      for (const row of rows) this.#recall(row);
      for (const row of rows.toReversed()) this.#learnFrom(row);
      await this.#recallLabels(machine.id);
    }
  }

  /** Never throws: what cannot be shown is kept all the same. */
  records(records: readonly StoredRecord[]): void {
    try {
      for (const record of records) this.#take(record);
    } catch (thrown) {
      this.#keep.fault('panel-record', thrown);
    }
    this.#tellSoon();
  }

  /** Never throws. */
  status(snapshot: unknown): void {
    try {
      const status = snapshot as PlantStatus;
      this.#underWay = new Map(status.machines.map(({ id, energy }) => [id, energy ?? null]));
      this.#view.takeStatus(status);
    } catch (thrown) {
      this.#keep.fault('panel-status', thrown);
    }
    this.#tellSoon();
  }

  #take(record: StoredRecord): void {
    const { body } = record;
    if (body.kind === 'cycle') this.#learn(body.cycle.machine, body.cycle, body.verdict.outcome);
    this.#production.take(record);
    const seen = this.#view.takeRecord(record);
    if (seen !== null) this.#parts.push()?.push('shot', JSON.stringify(seen));
  }

  /** At once; counts of the shift that are not known to hold are left out, and asked for. */
  overview(): Overview {
    if (performance.now() - this.#askedMonoMs > countEveryMs) void this.#recount();
    return this.#view.overview(this.#facts());
  }

  /** The same with the counts of now, where the store gives them in time. */
  async countedOverview(): Promise<Overview> {
    if (performance.now() - this.#countedMonoMs > countEveryMs) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, countWaitMs).unref());
      await Promise.race([this.#recount(), late]);
    }
    return this.#view.overview(this.#facts());
  }

  /** Null: no such machine. */
  page(machine: string, shots: number): MachinePage | null {
    return this.#view.machinePage(machine, shots, this.#facts());
  }

  /** A HistoryPage. */
  async history(machine: string | undefined, fromWallMs: number | undefined): Promise<Outcome> {
    const most = { fromWallMs, limit: historyRows };
    const alerts = await this.#keep.query('alerts', { scope: 'all', machine, ...most });
    const deeds = await this.#keep.query('deeds', most);
    if ('error' in alerts) return alerts;
    if ('error' in deeds) return deeds;
    const rows = (alerts.result as AlertRow[]).map((row) => {
      const at = { monoMs: 0, wallMs: row.updatedWallMs };
      const view = alertView({ ...row, at }, this.#planOf(row.machine), this.#plan.locale);
      return { ...view, raisedWallMs: row.sinceWallMs ?? row.raisedWallMs };
    });
    return { result: { alerts: rows, deeds: deeds.result as DeedRow[] } satisfies HistoryPage };
  }

  close(): void {
    clearInterval(this.#beat);
    if (this.#soon !== null) clearTimeout(this.#soon);
  }

  #planOf(machine: string): MachinePlan | null {
    return this.#plan.machines.find(({ id }) => id === machine) ?? null;
  }

  #recall(row: CycleRow): void {
    const { cycle, verdict } = resumedCycle(row);
    this.#view.takeShot(row.boot, row.seq, cycle, verdict, 'oldest');
  }

  #learnFrom(row: CycleRow): void {
    const { cycle, verdict } = resumedCycle(row);
    this.#learn(cycle.machine, cycle, verdict.outcome);
  }

  async #recallLabels(machine: string): Promise<void> {
    const outcome = await this.#keep.query('labels', { machine, limit: mostShots });
    if ('error' in outcome) return;
    const { rows } = outcome.result as LabelPage;
    for (const label of rows.toReversed()) this.#view.takeLabel(label);
  }

  #learn(
    machine: string,
    { mold, features, suppressed }: Pick<Cycle, 'mold' | 'features' | 'suppressed'>,
    outcome: Verdict['outcome'],
  ): void {
    const plan = this.#planOf(machine);
    if (plan === null || suppressed !== null) return;
    const baseline = this.#baseline(plan, mold);
    if (outcome === 'ok') baseline.learn(features);
    else if (outcome === 'defect') baseline.forgetWaiting();
  }

  #baseline(plan: MachinePlan, mold: string | null): Baseline {
    const key = `${plan.id}\n${mold ?? ''}`;
    const known = this.#baselines.get(key);
    if (known !== undefined) return known;
    const trained = Object.entries(plan.features).flatMap(([name, { normal }]) =>
      normal === null ? [] : [[name, normal] as [string, TrainingNormal]],
    );
    const resolution = (feature: string): number => 10 ** -(plan.features[feature]?.decimals ?? 2);
    const baseline = new Baseline(new Map(trained), resolution);
    this.#baselines.set(key, baseline);
    return baseline;
  }

  #facts(): PlantFacts {
    const { store, keep } = this.#keep.status();
    const cloud = (keep?.targets ?? []).map(({ target, state, pending, error }) => ({
      ...{ name: target, up: state === 'connected', pending, detail: error?.message ?? state },
    }));
    return {
      ...{ store: store.condition, cloud, notices: this.#parts.notices() },
      shift: this.#countsHold() ? this.#shift : new Map(),
      loopSilentMs: keep?.loopSilentMs ?? null,
      production: {
        stop: (machine) => this.#production.stops.current(machine),
        stops: (machine) => this.#production.stops.recent(machine),
        moldChange: (machine) => this.#production.moldChange(machine),
      },
    };
  }

  #tellSoon(): void {
    if (this.#soon !== null) return;
    const waitMs = Math.max(0, this.#pushedMonoMs + togetherMs - performance.now());
    this.#soon = setTimeout(() => this.#tell(), waitMs);
  }

  #tellIfQuiet(): void {
    if (performance.now() - this.#pushedMonoMs > 900) this.#tellSoon();
  }

  #tell(): void {
    this.#soon = null;
    this.#pushedMonoMs = performance.now();
    const push = this.#parts.push();
    if (push === null || push.clients === 0) return;
    try {
      push.push('overview', JSON.stringify(this.overview()));
    } catch (thrown) {
      this.#keep.fault('panel-overview', thrown);
    }
  }

  #shiftFrom(now: number): number {
    return shiftsWithin(now - dayMs, now, this.#plan.shifts).at(-1)?.shiftFrom ?? now;
  }

  /** While nobody looks nothing is counted, and a shift may have ended meanwhile. */
  #countsHold(): boolean {
    if (performance.now() - this.#countedMonoMs > countHoldsMs) return false;
    return this.#shiftCounted === this.#shiftFrom(Date.now());
  }

  /** One count at a time; whoever asks meanwhile waits for that one. */
  #recount(): Promise<void> {
    this.#askedMonoMs = performance.now();
    this.#counting ??= this.#count()
      .catch((thrown) => this.#keep.fault('panel-counts', thrown))
      .finally(() => {
        this.#counting = null;
      });
    return this.#counting;
  }

  /** What the running shift made, by machine, as the store counts it. */
  async #count(): Promise<void> {
    const fromWallMs = this.#shiftFrom(Date.now());
    const counts = await this.#keep.query('counts', { fromWallMs });
    const alerts = await this.#keep.query('alerts', { scope: 'all', fromWallMs, limit: 1000 });
    const toWallMs = Date.now() + dayMs;
    const energy = await this.#keep.query('energy', { fromWallMs, toWallMs });
    if ('error' in counts || 'error' in alerts || 'error' in energy) return;
    const metered = (energy.result as EnergyReport).rows;
    await this.#production
      .refresh(fromWallMs)
      .catch((thrown) => this.#keep.fault('panel-oee', thrown));
    const shift = new Map<string, ShiftSummary>();
    for (const { id } of this.#plan.machines) {
      const rows = (counts.result as OutcomeCount[]).filter(({ machine }) => machine === id);
      const of = (outcome: Verdict['outcome']): number =>
        rows.filter((row) => row.outcome === outcome).reduce((sum, { count }) => sum + count, 0);
      const raised = (alerts.result as AlertRow[]).filter(
        ({ machine, handling, raisedWallMs }) =>
          machine === id && handling?.attention !== 'quiet' && raisedWallMs >= fromWallMs,
      );
      const [ok, defect, unscored] = [of('ok'), of('defect'), of('unscored')];
      const shots = ok + defect + unscored;
      const kept = metered.find(({ machine }) => machine === id) ?? null;
      const used = shiftEnergyOf(kept, this.#underWay.get(id) ?? null, fromWallMs);
      const oee = this.#production.shiftOee(id, fromWallMs);
      const made = { fromWallMs, shots, ok, defect, unscored };
      shift.set(id, { ...made, alerts: raised.length, energy: used, oee });
    }
    const held = this.#countsHold();
    this.#shift = shift;
    this.#shiftCounted = fromWallMs;
    this.#countedMonoMs = performance.now();
    if (!held) this.#tellSoon();
  }
}
