/** One machine, put together from its configuration: signals, watch, line, reject signal, alerts. */
import { deviceProfile } from '../config/clashes.ts';
import { PpuriError } from '../config/errors.ts';
import type { Profile } from '../config/profile.ts';
import type { MachineConfig } from '../config/schema.ts';
import { counterModulus } from '../drivers/decode.ts';
import type { Bundle } from '../models/manifest.ts';
import { AlertEngine } from './alerts/engine.ts';
import type { MissingModel } from './alerts/service-alerts.ts';
import { meets } from './cycles/suppress.ts';
import { CycleTracker, type Snapshot } from './cycles/tracker.ts';
import { MachineWatch } from './cycles/watch.ts';
import { type PastShot, ResumedWatch } from './drift/resumed-watch.ts';
import type { EnergyMark } from './energy/account.ts';
import { type EnergyWatch, energyWatchOf } from './energy-watch.ts';
import { Explainer } from './explain.ts';
import { FurnaceRoom } from './furnace-room.ts';
import { judgeModelOf, trainingNormals, watchedModelOf } from './judge-model.ts';
import { MachineLine } from './line.ts';
import type { MachineSurroundings } from './machine-contract.ts';
import { lastShotOf, type MachineStatus } from './machine-status.ts';
import { RejectSignal } from './outputs/reject-signal.ts';
import type { AgentEvent, Alert, Cycle, DriftKind, Instant, Text, Verdict } from './records.ts';
import { requireModelFit } from './require-fit.ts';
import type { RecalledCycle } from './resume.ts';
import { type DeviceSource, MachineSignals } from './signals/machine-signals.ts';
import { slowTotals } from './signals/slow-poller.ts';
import type { FurnacePast } from './store/furnace-queries.ts';
import { Judge } from './verdict/judge.ts';
import { type LimitTable, limitsInForce } from './verdict/limits.ts';

/** Alerts that say that a machine's shots are not judged as they should be. */
const blindCauses = new Set(['bus-lost', 'prediction-stopped', 'model-set-aside']);

const now = (): Instant => ({ monoMs: performance.now(), wallMs: Date.now() });

function modulusOf(profile: Profile): number {
  const trigger = profile.cycle?.trigger;
  const signal =
    trigger === undefined || trigger.on === 'interval'
      ? undefined
      : profile.signals[trigger.signal];
  return counterModulus(signal?.type ?? 'uint16');
}

function devicesOf(config: MachineConfig, around: MachineSurroundings): DeviceSource[] {
  return Object.entries(config.devices).map(([name, device]) => ({
    name,
    bus: around.busOf(device.bus),
    unit: device.unit,
    profile: around.profileOf(deviceProfile(config, device)),
  }));
}

export class Machine {
  readonly id: string;
  readonly #config: MachineConfig;
  readonly #profile: Profile;
  readonly #around: MachineSurroundings;
  readonly #signals: MachineSignals;
  readonly #limits: LimitTable;
  readonly #judge: Judge;
  readonly #alerts: AlertEngine;
  readonly #drift: ResumedWatch;
  readonly #reject: RejectSignal | null;
  readonly #energy: EnergyWatch | null;
  readonly #furnace: FurnaceRoom;
  readonly #line: MachineLine;
  readonly #watch: MachineWatch;

  /** Constructs only; nothing is read before `start`. `bundle` null: rule limits only. */
  constructor(config: MachineConfig, bundle: Bundle | null, around: MachineSurroundings) {
    this.id = config.id;
    this.#config = config;
    this.#around = around;
    this.#profile = around.profileOf(config.profile);
    const { cycle } = this.#profile;
    const devices = devicesOf(config, around);
    const main = devices.find(({ name }) => name === 'plc');
    if (cycle === undefined || main === undefined) throw this.#noCycle();
    this.#signals = new MachineSignals(
      main,
      devices.filter((device) => device !== main),
    );
    this.#limits = limitsInForce(this.#profile.limits, config.limits);
    this.#judge = this.judgeBy(bundle);
    this.#alerts = new AlertEngine({
      machine: config.id,
      machineName: config.name ?? config.id,
      profile: this.#profile,
      training: trainingNormals(bundle),
    });
    this.#drift = new ResumedWatch(this.#profile, watchedModelOf(bundle));
    this.#reject = this.#createReject(devices);
    this.#energy = energyWatchOf(config, this.#signals, around);
    this.#furnace = this.#createFurnace();
    this.#line = this.#createLine();
    const pollMs = config.pollMs ?? Math.max(cycle.pollMs, around.leastTriggerMs);
    const counter = { modulus: modulusOf(this.#profile), maxMissed: cycle.maxMissed };
    const pace = config.pollMs === undefined ? 'by-cycle' : 'steady';
    const options = { cycle, pollMs, phase: around.phase, pace, counter } as const;
    this.#watch = new MachineWatch(this.#signals, this.#watchEvents(), options);
  }

  /** `lastShot`: the counter value up to which shots are accounted for, or null. */
  start(lastShot: number | null): void {
    this.#signals.start();
    this.#watch.start(lastShot);
    void this.#watch.heard().then(() => this.#reject?.rest());
  }

  /** Cycles that were kept before this start, oldest first, and an alert that stood then: whether it
   * clears by this machine's shots. Call both before `start`. */
  recall(cycles: readonly RecalledCycle[], furnace?: FurnacePast): void {
    if (furnace !== undefined) this.#furnace.recall(furnace);
    // After its first own shots the older ones would come out of turn.
    if (this.#line.counts().cycles > 0) return;
    for (const { cycle, outcome } of cycles) this.#alerts.recall(cycle, outcome);
  }

  /** The same for what its values are like, of far more shots: after `start`, oldest first. */
  recallDrift(past: readonly PastShot[]): Promise<void> {
    return this.#drift.recall(past);
  }

  /** After `start`: up to which shot earlier starts account. */
  resumeFrom(lastShot: number): void {
    this.#watch.resumeFrom(lastShot);
  }

  /** Where its meter stood when the agent before this one ended. */
  resumeEnergy(mark: EnergyMark): void {
    this.#energy?.resume(mark);
  }

  adopt(alert: Alert): boolean {
    return this.#alerts.adopt(alert);
  }

  /** Settles when the shot under way is judged and handed to the store, and no pulse is left on. */
  async stop(): Promise<void> {
    await Promise.all([this.#watch.stop(), this.#signals.stop()]);
    await this.#line.settle();
    this.#furnace.end();
    await this.#reject?.close();
    await this.#energy?.close();
  }

  /** Features whose values are known to be wrong. */
  get doubts(): ReadonlyMap<string, DriftKind> {
    return this.#judge.doubts;
  }

  /** Judges as this machine does, by its limits and a model of one's own; null: limits alone. */
  judgeBy(bundle: Bundle | null): Judge {
    const model = bundle === null ? null : judgeModelOf(bundle);
    return new Judge(this.#limits, model, this.#profile.cycle?.mold !== undefined);
  }

  /** From the next shot on. */
  useBundles(byDefault: Bundle | null, molds: ReadonlyMap<string, Bundle>): void {
    this.#judge.useModels({
      byDefault: byDefault === null ? null : judgeModelOf(byDefault),
      molds: new Map([...molds].map(([mold, bundle]) => [mold, judgeModelOf(bundle)])),
    });
    this.#drift.useModel(watchedModelOf(byDefault));
  }

  get hardLimitMs(): number {
    return this.#config.hardLimitMs;
  }

  tellModel(state: 'set-aside' | 'back', name: string): void {
    this.#line.tell(this.#around.present(this.#alerts.model(state, name, now())));
  }

  /** A new model was taken back, or (null) another is tried. */
  tellReturn(name: string, why: Text | null): void {
    this.#line.tell(this.#around.present(this.#alerts.modelReturned(name, why, now())));
  }

  /** The model that decided cannot be read, and `instead` does; no name: what is to decide does. */
  tellMissing(missing: MissingModel): void {
    this.#line.tell(this.#around.present(this.#alerts.modelMissing(missing, now())));
  }

  /** Settles when the machine was heard for the first time. */
  heard(): Promise<void> {
    return this.#watch.heard();
  }

  /** To be called each second or so: what comes without a shot. */
  look(): void {
    this.#energy?.tick();
    this.#furnace.look();
    this.#lookAtInterlock();
  }

  /** The machine's own stop. */
  #lookAtInterlock(): void {
    const { interlock } = this.#profile;
    if (interlock === undefined) return;
    const { value } = this.#signals.slowNow(interlock.when.signal);
    // A value that is not known neither raises nor clears.
    if (value === null) return;
    const state = meets(interlock.when, value) ? 'stopped' : 'runs';
    this.#line.tell(this.#around.present(this.#alerts.interlock(state, now())));
  }

  get link(): MachineStatus['link'] {
    return this.#watch.stats().link;
  }

  /** It answers, and what it makes is judged. */
  watched(): boolean {
    const blind = this.#around
      .standing(this.id)
      .some(({ cause }) => blindCauses.has(cause) || this.#isModelGone(cause));
    return this.#watch.stats().link === 'up' && !blind;
  }

  /** What decided cannot be read any more, and no other model judges in its place. */
  #isModelGone(cause: string): boolean {
    return cause === 'model-missing' && this.#judge.model === null;
  }

  /** Snapshot complete → verdict. */
  get deadlineMs(): number {
    return this.#config.deadlineMs;
  }

  /** Throws `model-invalid` when the bundle is not made for what this machine's profile gives. */
  requireFit(bundle: Bundle): void {
    requireModelFit(bundle, this.#profile, this.id);
  }

  status(): MachineStatus {
    const { last, ...counts } = this.#line.counts();
    const { polls, missedTicks, link } = this.#watch.stats();
    return {
      id: this.id,
      name: this.#config.name ?? this.id,
      profile: this.#profile.id,
      model: this.#judge.model?.identity ?? null,
      link,
      counts,
      last: last === null ? null : lastShotOf(last.cycle, last.verdict),
      openAlerts: this.#around.standing(this.id),
      drift: this.#drift.now.health(),
      devices: Object.entries(this.#config.devices).map(([name, { bus, unit }]) => ({
        name,
        bus,
        unit,
      })),
      polls,
      missedTicks,
      slow: slowTotals(this.#signals.stats()),
      furnace: this.#furnace.status(),
      rejects: this.#reject?.stats() ?? null,
      energy: this.#energy?.underWay() ?? null,
    };
  }

  #noCycle(): PpuriError {
    return new PpuriError('config-invalid', `machine ${this.id} has no device plc with a cycle`, {
      operation: 'put a machine together',
      subject: this.id,
      hint: 'see `ppuri check`',
    });
  }

  #notWritable(device: string): PpuriError {
    const why = `device ${device} of machine ${this.id} speaks text and cannot be written`;
    return new PpuriError('config-invalid', why, {
      operation: 'put a machine together',
      subject: this.id,
      hint: 'reject with a coil or register of the machine',
    });
  }

  #createReject(devices: readonly DeviceSource[]): RejectSignal | null {
    const { reject } = this.#config;
    const device = devices.find(({ name }) => name === reject?.device);
    if (reject === undefined || device === undefined) return null;
    const { bus } = device;
    if (bus.kind !== 'registers') throw this.#notWritable(reject.device);
    const target = { bus, unit: device.unit, config: reject };
    return new RejectSignal(target, {
      failed: (error, what) => {
        const meaning =
          what === 'set' ? 'the part was not diverted' : 'the reject signal may still be on';
        this.#event('reject-failed', 'error', `${meaning}: ${error.message}`);
      },
      rested: (where) => {
        const text = `${where} was set to 0, lest a reject signal left on diverts good parts`;
        this.#event('reject-rested', 'info', text);
      },
    });
  }

  #createFurnace(): FurnaceRoom {
    const { furnace = null, fuels } = this.#config;
    const { keep, timeScale, shiftOf, factors } = this.#around;
    return new FurnaceRoom({
      ...{ machine: this.id, furnace, fuels, keep, timeScale, shiftOf, factors, now },
      read: (signal) => this.#signals.slowNow(signal).value,
      advise: ({ cause, text }) =>
        this.#line.tell(this.#around.present(this.#alerts.advice(cause, text, now()))),
    });
  }

  #createLine(): MachineLine {
    const { keep, onVerdict, onAlert, onRejected, predict, timeScale } = this.#around;
    const { deadlineMs, hardLimitMs } = this.#config;
    const clock = (): number => performance.now();
    const tracker = new CycleTracker({
      machine: this.id,
      profile: this.#profile,
      samplesBetween: (signal, from, to) => this.#signals.samplesBetween(signal, from, to),
      timeScale,
      clock,
    });
    return new MachineLine({
      tracker,
      judge: this.#judge,
      alerts: {
        observe: (cycle, verdict) => this.#around.present(this.#alerts.observe(cycle, verdict)),
        observeAfter: (cycle, verdict) => this.#around.present(this.#watchDrift(cycle, verdict)),
        question: (cycle, verdict) => this.#alerts.question(cycle, verdict),
        explained: (question, drivers, at) => {
          const alert = this.#alerts.explained(question, drivers, at);
          return alert === null ? [] : this.#around.present([alert]);
        },
      },
      reject: this.#reject,
      predict: (model, input, withinMs) =>
        predict({ model, machine: this.id, input, deadlineMs: withinMs, hardLimitMs }),
      explainer: this.#createExplainer(),
      deadlineMs,
      keep,
      onVerdict: (cycle, verdict) => {
        onVerdict(cycle, verdict);
        this.#energy?.onShot(cycle, verdict);
        this.#furnace.cycleEnded(cycle);
      },
      onAlert,
      onRejected,
      clock,
    });
  }

  /** A value found to be wrong is doubted from the next shot on. */
  #watchDrift(cycle: Cycle, verdict: Verdict): readonly Alert[] {
    this.#drift.observe(cycle, verdict);
    const { now: watch } = this.#drift;
    this.#judge.doubt(watch.doubts());
    return this.#alerts.drift(cycle, watch.findings());
  }

  #createExplainer(): Explainer {
    return new Explainer({
      machine: this.id,
      predict: this.#around.predictAside,
      hardLimitMs: this.#config.hardLimitMs,
      onTrouble: (text) => this.#event('why-unknown', 'warn', text),
      clock: () => performance.now(),
    });
  }

  #watchEvents() {
    return {
      begun: () => {
        const { model } = this.#judge;
        if (model !== null) this.#around.rehearse(model.identity.hash);
      },
      foreseen: (snapshot: Snapshot) => this.#line.foresee(snapshot),
      snapshot: (snapshot: Snapshot) => this.#line.onSnapshot(snapshot),
      unseen: (shot: number | null, observed: 'torn' | 'missed', at: Instant) =>
        this.#line.onUnseen(shot, observed, at),
      reset: (before: number, value: number) =>
        this.#event('counter-reset', 'info', `shot counter went from ${before} to ${value}`),
      link: (state: 'lost' | 'back', at: Instant, error: PpuriError | null) =>
        this.#onLink(state, at, error),
    };
  }

  #onLink(state: 'lost' | 'back', at: Instant, error: PpuriError | null): void {
    if (state === 'lost') this.#event('link-lost', 'error', error?.message ?? 'no answer');
    else {
      this.#event('link-back', 'info', 'the machine answers again');
      this.#reject?.rest();
    }
    this.#line.tell(this.#around.present(this.#alerts.link(state, at)));
  }

  #event(kind: string, level: AgentEvent['level'], text: string): void {
    this.#around.onEvent({ kind, level, subject: this.id, text, at: now() });
  }
}
