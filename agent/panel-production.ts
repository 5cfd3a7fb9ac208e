/** What the panel shows of production: stops with their reasons, OEE of the shift, runs of a mold. */
import type { MoldChangeView, ShiftOee } from './panel/contract.ts';
import type { MachinePlan, PanelPlan } from './panel/plan.ts';
import { StopBook } from './panel/production-view.ts';
import { moldChange } from './production/mold-change.ts';
import { type OeePlan, oeeReport } from './production/oee-report.ts';
import type { MoldRuns, ProductionFacts, StopRow, StoredRecord } from './records.ts';
import type { KeepSide } from './store/beside-seat.ts';

/** Every shot of the shift is gone through: not as often as it is counted. */
const oeeEveryMs = 30_000;
const oeeHoldsMs = 120_000;
const runsEveryMs = 60_000;
const mostDifferences = 8;
const recalledStops = 500;

interface Runs {
  readonly askedMonoMs: number;
  readonly view: MoldChangeView | null;
}

export class PanelProduction {
  readonly stops: StopBook;
  readonly #keep: KeepSide;
  readonly #plan: PanelPlan;
  readonly #oeePlan: OeePlan;
  #oee: ReadonlyMap<string, ShiftOee> = new Map();
  #oeeShift: number | null = null;
  #oeeMonoMs = Number.NEGATIVE_INFINITY;
  #isDue = true;
  readonly #runs = new Map<string, Runs>();

  constructor(keep: KeepSide, plan: PanelPlan) {
    this.#keep = keep;
    this.#plan = plan;
    this.stops = new StopBook(
      plan.production.reasons.map(({ code, ko, en }) => ({ code, title: { ko, en } })),
    );
    this.#oeePlan = {
      production: plan.production,
      idealCycleMs: (machine, mold) => {
        const ideal = plan.machines.find(({ id }) => id === machine)?.idealCycleMs;
        if (ideal === undefined || ideal === null) return null;
        return typeof ideal === 'number' ? ideal : (ideal[mold ?? ''] ?? null);
      },
    };
  }

  /** Stops since `fromWallMs`; a store that cannot say leaves them out. */
  async recall(fromWallMs: number): Promise<void> {
    const outcome = await this.#keep.query('stops', { fromWallMs, limit: recalledStops });
    if ('error' in outcome) return;
    const rows = outcome.result as readonly StopRow[];
    this.stops.recall(rows.toReversed(), this.#keep.status().boot.id);
  }

  take({ body }: StoredRecord): void {
    if (body.kind === 'stop') this.stops.takeStop(body.stop);
    else if (body.kind === 'stop-reason') {
      this.stops.takeReason(body.reason);
      // A planned reason changes the shift's figures.
      this.#isDue = true;
    } else if (body.kind === 'cycle') {
      const { machine, mold, observed } = body.cycle;
      const known = this.#runs.get(machine)?.view;
      if (observed === 'whole' && known && known.mold !== mold) this.#runs.delete(machine);
    }
  }

  /** OEE of a machine in the shift that began at `shiftFrom`; null: not known now. */
  shiftOee(machine: string, shiftFrom: number | null): ShiftOee | null {
    const isOld = performance.now() - this.#oeeMonoMs > oeeHoldsMs;
    if (this.#oeeShift !== shiftFrom || isOld) return null;
    return this.#oee.get(machine) ?? null;
  }

  /** Asks the store for the shift that began at `shiftFrom`, if its figures are not new. */
  async refresh(shiftFrom: number): Promise<void> {
    const isNew = performance.now() - this.#oeeMonoMs < oeeEveryMs && this.#oeeShift === shiftFrom;
    if (isNew && !this.#isDue) return;
    this.#isDue = false;
    const now = Date.now();
    const { machines, shifts } = this.#plan;
    const outcome = await this.#keep.query('production', {
      ...{
        fromWallMs: shiftFrom,
        toWallMs: Math.max(now, shiftFrom + 1),
        seenToWallMs: now,
        shifts,
      },
      parts: Object.fromEntries(machines.map(({ id, parts }) => [id, parts.length])),
    });
    if ('error' in outcome) return;
    const { rows } = oeeReport(outcome.result as ProductionFacts, this.#oeePlan, ['machine']);
    this.#oee = new Map(
      rows.flatMap(({ machine, availability, effectiveness, quality, oee, ...rest }) => {
        if (machine === null) return [];
        const { shots, stops, time, paceBasis } = rest;
        const { produced, good, defect, inspected, unknown } = shots;
        return [
          [
            machine,
            {
              ...{ availability, effectiveness, quality, oee, paceBasis },
              shots: { produced, good, defect, inspected, unknown },
              unexplained: stops.unexplained,
              unknownMs: time.unknownMs,
            },
          ] as const,
        ];
      }),
    );
    this.#oeeShift = shiftFrom;
    this.#oeeMonoMs = performance.now();
  }

  /** At once, as last known; asks the store where that is some time ago. */
  moldChange(machine: MachinePlan): MoldChangeView | null {
    const known = this.#runs.get(machine.id);
    if (known === undefined || performance.now() - known.askedMonoMs > runsEveryMs) {
      this.#runs.set(machine.id, { askedMonoMs: performance.now(), view: known?.view ?? null });
      void this.#ask(machine).catch((thrown) => this.#keep.fault('panel-mold-runs', thrown));
    }
    return known?.view ?? null;
  }

  async #ask(machine: MachinePlan): Promise<void> {
    const outcome = await this.#keep.query('mold-runs', { machine: machine.id });
    const found = 'error' in outcome ? null : (outcome.result as MoldRuns | null);
    const step = (feature: string): number => 10 ** -(machine.features[feature]?.decimals ?? 2);
    const change = found === null ? null : moldChange(found, step);
    const view = change === null ? null : viewOf(change, machine);
    this.#runs.set(machine.id, { askedMonoMs: performance.now(), view });
  }
}

function viewOf(
  { differences, ...change }: NonNullable<ReturnType<typeof moldChange>>,
  { features }: MachinePlan,
): MoldChangeView {
  const shown = differences.flatMap(({ feature, ...values }) => {
    const plan = features[feature];
    if (plan === undefined) return [];
    const { title, unit, decimals } = plan;
    return [{ feature, title, unit, decimals, ...values }];
  });
  return { ...change, differing: shown.length, differences: shown.slice(0, mostDifferences) };
}
