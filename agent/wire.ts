/** The only file that knows every part: configuration in, a running agent out. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { PpuriError } from '../config/errors.ts';
import type { Profile } from '../config/profile.ts';
import type { Config, MachineConfig } from '../config/schema.ts';
import type { AnyBus, BusStats, WritableRegister } from '../drivers/driver.ts';
import { BusSet } from '../drivers/registry.ts';
import { leastTriggerMs } from '../drivers/trigger-pace.ts';
import { readBundle } from '../models/bundle.ts';
import type { Bundle } from '../models/manifest.ts';
import { type ClockFix, type ClockSource, type ClockStatus, WallClock } from './health/clock.ts';
import { LatencyRecorder, type Quantiles } from './health/latency.ts';
import type { Log } from './health/log.ts';
import type { Inference, InferenceStatus } from './infer/inference.ts';
import { createInference } from './infer/pool.ts';
import { Machine, type MachineStatus } from './machine.ts';
import { ModelDesk } from './model-desk.ts';
import { rejectRegister } from './outputs/reject-signal.ts';
import type { AgentEvent, Alert, Cycle, Verdict } from './records.ts';
import type { ForkRole } from './role.ts';
import { type Command, createKeeper, type Keeper, type KeeperStats } from './store/keeper.ts';
import type { BootInfo } from './store/protocol.ts';
import { syncPlanOf } from './sync-plan.ts';

export interface AgentOptions {
  readonly config: Config;
  /** By the reference as the configuration writes it. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Machine → the bundle its configuration names, verified. */
  readonly bundles: ReadonlyMap<string, Bundle>;
  readonly fork: ForkRole;
  readonly log: Log;
  readonly boot: BootInfo;
  /** Default: this system's. */
  readonly clock?: ClockSource;
  /** `at-once`: a machine's shots are seen, if not scored, while models still load. */
  readonly watch?: 'at-once' | 'when-models-are-loaded';
  /** Simulated seconds per real second; 1 on real machines. */
  readonly timeScale?: number;
  readonly onVerdict?: (cycle: Cycle, verdict: Verdict) => void;
  readonly onAlert?: (alert: Alert) => void;
}

/** What `ppuri status` shows. */
export interface AgentStatus {
  readonly gateway: string;
  readonly site: string;
  readonly boot: string;
  readonly startedWallMs: number;
  readonly uptimeMs: number;
  readonly clock: ClockStatus;
  readonly rssBytes: number;
  readonly machines: readonly MachineStatus[];
  readonly buses: readonly BusStats[];
  readonly inference: InferenceStatus;
  readonly store: KeeperStats;
  readonly latencyMs: {
    readonly snapshotToAlert: Quantiles | null;
    readonly snapshotToReject: Quantiles | null;
    /** Of predictions that were scored: until a child got them, and from then to their answer. */
    readonly inferenceQueued: Quantiles | null;
    readonly inferenceRun: Quantiles | null;
  };
  readonly eventLoopMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

const STATUS_EVERY_MS = 1000;
/** Multiples of it, without their whole part, lie far apart however many there are. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;
/** Reading machines waits for the store this long at most. */
const RESUME_WITHIN_MS = 1000;
/** An agent that is ending may hold its store this long. */
const LOCK_WITHIN_MS = 10_000;

function writableOn(config: Config, bus: string): WritableRegister[] {
  return config.machines.flatMap(({ reject, devices }) => {
    const device = reject === undefined ? undefined : devices[reject.device];
    return reject === undefined || device?.bus !== bus ? [] : [rejectRegister(device.unit, reject)];
  });
}

/** Machines on one serial bus share its time. */
function leastTrigger(config: Config, machine: MachineConfig): number {
  const name = machine.devices.plc?.bus;
  const bus = config.buses[name ?? ''];
  const machines = config.machines.filter(({ devices }) => devices.plc?.bus === name);
  return bus === undefined ? 0 : leastTriggerMs(bus, machines.length);
}

function unitGaps(options: AgentOptions, bus: string): Map<number, number> {
  const gaps = new Map<number, number>();
  for (const machine of options.config.machines) {
    for (const device of Object.values(machine.devices)) {
      const profile = options.profiles.get(device.profile ?? machine.profile);
      const gapMs = profile?.modbus.minRequestGapMs ?? 0;
      if (device.bus === bus && gapMs > 0) gaps.set(device.unit, gapMs);
    }
  }
  return gaps;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #buses = new BusSet();
  readonly #inference: Inference;
  readonly #keeper: Keeper;
  readonly #machines = new Map<string, Machine>();
  readonly #desk: ModelDesk;
  readonly #toAlert = new LatencyRecorder();
  readonly #toReject = new LatencyRecorder();
  readonly #queued = new LatencyRecorder(4096);
  readonly #ran = new LatencyRecorder(4096);
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 });
  readonly #startedWallMs = Date.now();
  readonly #startedMonoMs = performance.now();
  readonly #clock: WallClock;
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
      ...(config.panel === undefined ? {} : { panel: config.panel.listen }),
    });
    this.#createMachines(this.#createBuses());
    this.#desk = this.#createDesk();
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
    const lastShots = await this.#lastShots();
    // Ended meanwhile: what would be begun from here on, nobody would end.
    if (this.#stopping) return;
    const early = this.#options.watch !== 'when-models-are-loaded';
    if (early) this.#startMachines(lastShots);
    this.#statusTimer = setInterval(
      () => this.#keeper.publishStatus(this.status()),
      STATUS_EVERY_MS,
    );
    await this.#desk.open();
    if (!early) this.#startMachines(lastShots);
    this.#keeper.publishStatus(this.status());
  }

  #startMachines(lastShots: ReadonlyMap<string, number>): void {
    if (this.#stopping) return;
    for (const machine of this.#machines.values()) machine.start(lastShots.get(machine.id) ?? null);
  }

  /**
   * The last shot of each machine that was kept before, so that those made while no agent ran are
   * counted as missed. A store that is slow or broken only costs this, and it is said.
   */
  async #lastShots(): Promise<Map<string, number>> {
    const shots = new Map<string, number>();
    const late = new Promise<string>((resolve) => {
      setTimeout(resolve, RESUME_WITHIN_MS, 'the store is slow').unref();
    });
    const trouble = await Promise.race([this.#readLastShots(shots), late]);
    if (trouble !== null) {
      const text = `shots made while no agent ran cannot be counted: ${trouble}`;
      if (!this.#stopping) this.#tell('resume-unknown', 'warn', 'store', text);
    }
    return new Map(shots);
  }

  /** Fills `shots`; gives why it could not, or null. Never rejects. */
  async #readLastShots(shots: Map<string, number>): Promise<string | null> {
    try {
      const { state, lastError } = await this.#keeper.opened(RESUME_WITHIN_MS);
      if (state === 'down') return lastError?.message ?? 'the store does not answer';
      for (const machine of this.#machines.keys()) {
        const page = await this.#keeper.query('cycles', { machine, limit: 1 });
        const shot = page.rows[0]?.shot ?? null;
        if (shot !== null) shots.set(machine, shot);
      }
      return null;
    } catch (error) {
      if (error instanceof PpuriError) return error.message;
      throw error;
    }
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
    await Promise.all([...this.#machines.values()].map((machine) => machine.stop()));
    await this.#buses.close();
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
    const ms = (ns: number): number => Math.round(ns / 1e4) / 100;
    const { p50, p99, max } = {
      p50: this.#loopDelay.percentile(50),
      p99: this.#loopDelay.percentile(99),
      max: this.#loopDelay.max,
    };
    return {
      gateway: gateway.id,
      site: gateway.site,
      boot: this.#options.boot.id,
      startedWallMs: this.#startedWallMs,
      uptimeMs: Math.round(performance.now() - this.#startedMonoMs),
      clock: this.#clock.status(),
      rssBytes: process.memoryUsage.rss(),
      machines: [...this.#machines.values()].map((machine) => machine.status()),
      buses: this.#buses.all().map((bus) => bus.stats()),
      inference: this.#inference.status(),
      store: this.#keeper.stats(),
      latencyMs: {
        snapshotToAlert: this.#toAlert.quantiles(),
        snapshotToReject: this.#toReject.quantiles(),
        inferenceQueued: this.#queued.quantiles(),
        inferenceRun: this.#ran.quantiles(),
      },
      eventLoopMs: { p50: ms(p50), p99: ms(p99), max: ms(max) },
    };
  }

  async #predict(request: Parameters<Inference['predict']>[0]): ReturnType<Inference['predict']> {
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

  /** Settles when the keep child has answered, well or not, or is known to be gone. */
  async storeAnswers(): Promise<void> {
    await this.#keeper.query('models', {});
  }

  #createBuses(): Map<string, AnyBus> {
    const { config, log } = this.#options;
    return new Map(
      Object.entries(config.buses).map(([name, bus]) => {
        const options = {
          writable: writableOn(config, name),
          unitGapMs: unitGaps(this.#options, name),
          log,
        };
        return [name, this.#buses.create(name, bus, options)];
      }),
    );
  }

  #createMachines(buses: ReadonlyMap<string, AnyBus>): void {
    const { config, profiles, bundles, timeScale, onAlert } = this.#options;
    const around = {
      profileOf: (reference: string) => known(profiles, reference, 'profile'),
      busOf: (name: string) => known(buses, name, 'bus'),
      predict: (request: Parameters<Inference['predict']>[0]) => this.#predict(request),
      rehearse: (model: string) => this.#inference.rehearse(model),
      keep: (...[body, at]: Parameters<Keeper['keep']>) => void this.#keeper.keep(body, at),
      onVerdict: (cycle: Cycle, verdict: Verdict) => this.#onVerdict(cycle, verdict),
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
    const keeper = this.#keeper;
    return new ModelDesk({
      machines: this.#machines,
      configured: this.#options.bundles,
      inference: this.#inference,
      memory: {
        models: () => keeper.query('models', {}),
        setPointer: async (machine, bundle) =>
          void (await keeper.query('set-pointer', { machine, ...bundle })),
        setState: async (hash, state) =>
          void (await keeper.query('set-model-state', { hash, state })),
      },
      readBundle,
      tell: (...said) => {
        // Who ends an agent in its start has ended the loads under way.
        if (!this.#stopping || said[0] !== 'model-not-loaded') this.#tell(...said);
      },
    });
  }

  async #command({ method, params }: Command): Promise<unknown> {
    const asked = params as Record<string, unknown>;
    if (method === 'model-use') {
      const bundle = await this.#desk.use(String(asked.machine), String(asked.path));
      const { name, version } = bundle.manifest;
      return { machine: asked.machine, name, version, hash: bundle.hash };
    }
    await this.#desk.restore(String(asked.hash));
    return { hash: asked.hash };
  }

  #onVerdict(cycle: Cycle, verdict: Verdict): void {
    const done = verdict.times.alert ?? verdict.times.verdict;
    if (verdict.outcome !== 'unscored' && done !== undefined) {
      this.#toAlert.add(done - verdict.times.snapshot);
    }
    this.#options.onVerdict?.(cycle, verdict);
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

function known<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`${what} ${name} passed the check but is not there`);
  return found;
}
