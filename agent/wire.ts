/** The only file that knows every part: configuration in, a running agent out. */
import { PpuriError } from '../config/errors.ts';
import type { AnyBus } from '../drivers/driver.ts';
import { BusSet } from '../drivers/registry.ts';
import type { AgentOptions } from './agent-options.ts';
import type { AgentStatus } from './agent-status.ts';
import { AlertDesk, keyOf } from './alerts/desk.ts';
import { BundleReader } from './bundle-reader.ts';
import { known, leastTrigger, unitGaps, writableOn } from './bus-needs.ts';
import { runCommand } from './commands.ts';
import { type ClockFix, WallClock } from './health/clock.ts';
import { LatencyRecorder } from './health/latency.ts';
import type { Inference, Prediction } from './infer/inference.ts';
import { createInference } from './infer/pool.ts';
import { keepPlanOf } from './keep-plan.ts';
import { LabelDesk } from './label-desk.ts';
import { Machine } from './machine.ts';
import { ModelDesk } from './model-desk.ts';
import { modelMemory, partCounts } from './model-memory.ts';
import { createOutputs, hasBuzzer } from './outputs/output-set.ts';
import { PlantShow } from './plant-show.ts';
import { createProduction, type ProductionDesk } from './production-desk.ts';
import type { AgentEvent, Alert, Cycle, Deed, Instant, RecordBody, Verdict } from './records.ts';
import { type Resumed, recallDrift, resume } from './resume.ts';
import { siteFacts } from './site-facts.ts';
import { type Command, createKeeper, type Keeper } from './store/keeper.ts';
import { LoopDelay } from './store/loop-delay.ts';
import { syncPlanOf } from './sync-plan.ts';

const STATUS_EVERY_MS = 1000;
/** A person who acts waits so long for the disk. */
const CONFIRM_WITHIN_MS = 1000;
/** Multiples of it, without their whole part, lie far apart however many there are. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;
/** An agent that is ending may hold its store this long. */
const LOCK_WITHIN_MS = 10_000;

/** Which model judges a machine is asked of the store at the start. */
const beforeModels: Prediction = {
  kind: 'unscored',
  reason: 'not-loaded',
  detail: 'the models are still being looked up',
};

export class Agent {
  readonly #options: AgentOptions;
  readonly #buses = new BusSet();
  readonly #inference: Inference;
  readonly #keeper: Keeper;
  readonly #machines = new Map<string, Machine>();
  readonly #bundles: BundleReader;
  readonly #desk: ModelDesk;
  readonly #labels: LabelDesk;
  readonly #production: ProductionDesk;
  readonly #toAlert = new LatencyRecorder();
  readonly #toReject = new LatencyRecorder();
  readonly #queued = new LatencyRecorder(4096);
  readonly #ran = new LatencyRecorder(4096);
  readonly #loopDelay = new LoopDelay(10);
  readonly #startedWallMs = Date.now();
  readonly #startedMonoMs = performance.now();
  readonly #clock: WallClock;
  readonly #alerts: AlertDesk;
  readonly #plant: PlantShow;
  #statusTimer: NodeJS.Timeout | null = null;
  #noticing: Promise<void> = Promise.resolve();
  readonly #conflict = Promise.withResolvers<never>();
  #stopping = false;

  /** Constructs only; `start` forks and connects. */
  constructor(options: AgentOptions) {
    this.#options = options;
    const { fork, log, config, boot } = options;
    const onEvent = (event: AgentEvent): void => this.#onEvent(event);
    this.#inference = createInference({ fork, onEvent: (event) => this.#onInference(event) });
    const onFix = (fix: ClockFix): void => this.#keeper.fixClock(fix);
    this.#clock = new WallClock(config.gateway.clock, { onEvent, onFix }, options.clock);
    this.#keeper = createKeeper({
      ...{ fork, boot, log, onEvent },
      path: config.store.path,
      maxMiB: config.store.maxMiB,
      keepDays: config.store.keep,
      sync: syncPlanOf(config, options.profiles),
      clockSynced: () => this.#clock.known,
      beside: keepPlanOf(config, options.profiles, options.bundles),
    });
    this.#alerts = this.#createAlerts();
    const buses = this.#createBuses();
    const busOf = (name: string): AnyBus => known(buses, name, 'bus');
    const outputs = createOutputs(config, busOf, {
      tell: (kind, level, subject, text) => this.#tell(kind, level, subject, text),
    });
    this.#plant = new PlantShow({
      ...{ config, outputs },
      alerts: () => this.#alerts.state(),
      progress: () => this.progress(),
      watched: () => ({ count: this.#watched().length, of: this.#machines.size }),
    });
    this.#createMachines(busOf);
    this.#bundles = new BundleReader(fork, config.models);
    this.#desk = this.#createDesk();
    this.#labels = new LabelDesk({ ...options, keeper: this.#keeper });
    this.#production = createProduction(options, this.#keeper, (deed) => this.#keepDeed(deed));
    this.#conflict.promise.catch(() => undefined);
  }

  /** Rejects with `store-in-use` when another agent works on this store, and so on these machines. */
  get conflict(): Promise<never> {
    return this.#conflict.promise;
  }

  /** Resolves when models are loaded or told not to be; machines are read from the first moment on. */
  async start(): Promise<void> {
    this.#loopDelay.enable();
    this.#clock.start();
    this.#keeper.onCommand((command) => this.#command(command));
    void this.#keeper.opened(LOCK_WITHIN_MS).then(({ lastError }) => {
      if (lastError?.code === 'store-in-use') this.#conflict.reject(lastError);
    });
    const lastShots = await this.#resume();
    // Ended meanwhile: what would be begun from here on, nobody would end.
    if (this.#stopping) return;
    const early = this.#options.watch !== 'when-models-are-loaded';
    if (early) this.#startMachines(lastShots);
    this.#statusTimer = setInterval(() => {
      for (const machine of this.#machines.values()) machine.look();
      this.#alerts.tick();
      this.#production.tick(this.#machines.values());
      void this.#desk.tick();
      this.#keeper.publishStatus(this.status());
    }, STATUS_EVERY_MS);
    await this.#desk.open();
    if (!early) this.#startMachines(lastShots);
    this.#keeper.publishStatus(this.status());
  }

  #startMachines(lastShots: Resumed['lastShots']): void {
    if (this.#stopping) return;
    for (const [id, machine] of this.#machines) machine.start(lastShots[id] ?? null);
    this.#plant.start();
  }

  #watched(): readonly Machine[] {
    return [...this.#machines.values()].filter((machine) => machine.watched());
  }

  /** Baselines, counters and alerts go on where the agent before this one ended; gives last shots. */
  async #resume(): Promise<Resumed['lastShots']> {
    const machines = [...this.#machines.keys()];
    const { now, later } = await resume(this.#keeper, machines, () => this.#stopping);
    if (now === null) {
      const text = 'the store is slow or not there: the last run is taken up once it tells';
      if (!this.#stopping) this.#tell('resume-late', 'warn', 'store', text);
      void later.then((resumed) => this.#resumeLate(resumed));
    } else this.#takeUp(now);
    return now?.lastShots ?? {};
  }

  #takeUp({ cycles, stood, energy, furnaces, openStops }: Resumed): void {
    this.#production.recall(cycles, openStops);
    for (const [id, machine] of this.#machines) machine.recall(cycles[id] ?? [], furnaces[id]);
    for (const [id, mark] of Object.entries(energy)) this.#machines.get(id)?.resumeEnergy(mark);
    const adopted = stood
      .map(({ alert }) => alert)
      .filter((one) => one.state !== 'cleared' && this.#machines.get(one.machine)?.adopt(one));
    this.#alerts.restore(stood, new Set(adopted.map(keyOf)));
    void recallDrift(this.#keeper, this.#machines, {
      boot: this.#options.boot.id,
      givenUp: () => this.#stopping,
      failed: (machine, text) => this.#tell('drift-not-recalled', 'warn', machine, text),
    });
  }

  #resumeLate(resumed: Resumed | null): void {
    if (resumed === null || this.#stopping) return;
    this.#takeUp(resumed);
    for (const [id, shot] of Object.entries(resumed.lastShots))
      this.#machines.get(id)?.resumeFrom(shot);
  }

  /** Settles when every machine was heard once, or `withinMs` passed. */
  async heard(withinMs: number): Promise<void> {
    const machines = [...this.#machines.values()];
    await Promise.race([
      Promise.all(machines.map((machine) => machine.heard())),
      new Promise((resolve) => setTimeout(resolve, withinMs).unref()),
    ]);
  }

  /**
   * Judges what is under way, ends every child, and waits up to `keepWithinMs` for a store that is
   * restarting or slow. Rejects when records could not be kept.
   */
  async stop(keepWithinMs = 10_000): Promise<void> {
    this.#stopping = true;
    if (this.#statusTimer !== null) clearInterval(this.#statusTimer);
    this.#clock.stop();
    await Promise.all([
      ...[...this.#machines.values()].map((machine) => machine.stop()),
      this.#plant.close(),
    ]);
    this.#production.end();
    await this.#buses.close();
    await this.#desk.settle();
    await this.#desk.tick();
    this.#bundles.close();
    await this.#inference.close();
    await this.#noticing;
    await this.#flush(keepWithinMs);
    await this.#keeper.close();
    this.#loopDelay.disable();
  }

  async #flush(withinMs: number): Promise<void> {
    if (this.#keeper.stats().lastError?.code === 'store-in-use') return;
    try {
      await this.#keeper.flush(withinMs);
    } catch (error) {
      // Closing the keeper says what was lost.
      if (!(error instanceof PpuriError)) throw error;
    }
  }

  status(): AgentStatus {
    const { gateway } = this.#options.config;
    return {
      gateway: gateway.id,
      site: gateway.site,
      boot: this.#options.boot.id,
      startedWallMs: this.#startedWallMs,
      uptimeMs: Math.round(performance.now() - this.#startedMonoMs),
      clock: this.#clock.status(),
      rssBytes: process.memoryUsage.rss(),
      machines: [...this.#machines.values()].map((machine) => machine.status()),
      alerts: {
        ...this.#alerts.state(),
        ...this.#alerts.counts(),
        unseen: this.#alerts.unseen(),
        plant: this.#alerts.standing('*'),
      },
      buses: this.#buses.all().map((bus) => bus.stats()),
      outputs: this.#plant.status(),
      inference: this.#inference.status(),
      models: this.#desk.status(),
      store: this.#keeper.stats(),
      latencyMs: {
        snapshotToAlert: this.#toAlert.quantiles(),
        snapshotToReject: this.#toReject.quantiles(),
        inferenceQueued: this.#queued.quantiles(),
        inferenceRun: this.#ran.quantiles(),
      },
      eventLoopMs: this.#loopDelay.figures(),
    };
  }

  async #predict(request: Parameters<Inference['predict']>[0]): ReturnType<Inference['predict']> {
    if (!this.#desk.isSeated(request.machine)) return beforeModels;
    const prediction = await this.#inference.predict(request);
    if (prediction.kind === 'scored') {
      this.#queued.add(prediction.queuedMs);
      this.#ran.add(prediction.runMs);
    }
    return prediction;
  }

  /** Cheap, unlike `status`, which sorts all latencies: it may be asked often. */
  progress(): Pick<AgentStatus, 'machines' | 'inference' | 'store'> {
    return {
      machines: [...this.#machines.values()].map((machine) => machine.status()),
      inference: this.#inference.status(),
      store: this.#keeper.stats(),
    };
  }

  /** What concerns the gateway as a whole, such as its program: kept, and an alert shown. */
  note(body: RecordBody, at: Instant): void {
    if (body.kind !== 'alert') this.#keeper.keep(body, at);
    else for (const alert of this.#alerts.take([body.alert])) this.#tellAlert(alert);
  }

  /** Settles when the keep child has answered, well or not, or is known to be gone. */
  async storeAnswers(): Promise<void> {
    await this.#keeper.query('models', {});
  }

  #createBuses(): Map<string, AnyBus> {
    const { config, profiles, log } = this.#options;
    return new Map(
      Object.entries(config.buses).map(([name, bus]) => {
        const options = {
          writable: writableOn(config, name),
          unitGapMs: unitGaps(config, profiles, name),
          log,
        };
        return [name, this.#buses.create(name, bus, options)];
      }),
    );
  }

  #createMachines(busOf: (name: string) => AnyBus): void {
    const { config, profiles, bundles, timeScale, onAlert } = this.#options;
    const around = {
      ...siteFacts(config),
      profileOf: (reference: string) => known(profiles, reference, 'profile'),
      busOf,
      predict: (request: Parameters<Inference['predict']>[0]) => this.#predict(request),
      predictAside: (request: Parameters<Inference['predict']>[0]) =>
        this.#inference.predict(request),
      rehearse: (model: string) => this.#inference.rehearse(model),
      keep: (...[body, at]: Parameters<Keeper['keep']>) => void this.#keeper.keep(body, at),
      onVerdict: (cycle: Cycle, verdict: Verdict) => this.#onVerdict(cycle, verdict),
      present: (alerts: readonly Alert[]) => this.#alerts.take(alerts),
      standing: (machine: string) => this.#alerts.standing(machine),
      onAlert: (alert: Alert) => onAlert?.(alert),
      onRejected: (ms: number) => this.#toReject.add(ms),
      onEvent: (event: AgentEvent) => this.#onEvent(event),
      timeScale: timeScale ?? 1,
    };
    for (const [place, machine] of config.machines.entries()) {
      const phase = (place * goldenRatio) % 1;
      const bundle = bundles.get(machine.id) ?? null;
      const surroundings = { ...around, phase, leastTriggerMs: leastTrigger(config, machine) };
      this.#machines.set(machine.id, new Machine(machine, bundle, surroundings));
    }
  }

  #createDesk(): ModelDesk {
    const { config, boot } = this.#options;
    return new ModelDesk({
      machines: this.#machines,
      configured: this.#options.bundles,
      inference: this.#inference,
      byMold: this.#options.moldBundles ?? new Map(),
      memory: modelMemory(this.#keeper, boot.id, partCounts(config)),
      rules: config.trial,
      readBundle: (dir) => this.#bundles.read(dir),
      deed: (deed) => this.#keepDeed(deed),
      tell: (...said) => {
        // Who ends an agent in its start has ended the loads under way.
        if (!this.#stopping || said[0] !== 'model-not-loaded') this.#tell(...said);
      },
    });
  }

  #command(command: Command): Promise<unknown> {
    const deed = (done: Deed): void => this.#keepDeed(done);
    const kept = (): Promise<void> => this.#flush(CONFIRM_WITHIN_MS);
    const desks = { alerts: this.#alerts, models: this.#desk, labels: this.#labels };
    return runCommand({ ...desks, production: this.#production, deed, kept }, command);
  }

  #createAlerts(): AlertDesk {
    const { config } = this.#options;
    const names = new Map(config.machines.map(({ id, name }) => [id, name ?? id]));
    return new AlertDesk({
      callsPerHour: config.alerts.callsPerHour,
      buzzer: hasBuzzer(config) ? 'there' : 'none',
      now: () => ({ monoMs: performance.now(), wallMs: Date.now() }),
      nameOf: (machine) => names.get(machine) ?? machine,
      tell: (alert) => this.#tellAlert(alert),
      deed: (deed) => this.#keepDeed(deed),
    });
  }

  #tellAlert(alert: Alert): void {
    this.#options.onAlert?.(alert);
    this.#keeper.keep({ kind: 'alert', alert }, alert.at);
  }

  #keepDeed(deed: Deed): void {
    this.#keeper.keep({ kind: 'deed', deed }, deed.at);
  }

  #onVerdict(cycle: Cycle, verdict: Verdict): void {
    const done = verdict.times.alert ?? verdict.times.verdict;
    if (verdict.outcome !== 'unscored' && done !== undefined) {
      this.#toAlert.add(done - verdict.times.snapshot);
    }
    this.#options.onVerdict?.(cycle, verdict);
    this.#desk.onVerdict(cycle, verdict);
    this.#production.onCycle(cycle);
  }

  #tell(kind: string, level: AgentEvent['level'], subject: string, text: string): void {
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    this.#onEvent({ kind, level, subject, text, at });
  }

  #onEvent(event: AgentEvent): void {
    const { kind, level, subject, text, at } = event;
    this.#options.log[level](kind, { subject, text });
    this.#keeper.keep({ kind: 'event', event }, at);
  }

  #onInference(event: AgentEvent): void {
    this.#onEvent(event);
    if (!event.kind.startsWith('model-')) return;
    this.#noticing = this.#noticing.then(() => this.#desk.noticeIncidents());
  }
}
