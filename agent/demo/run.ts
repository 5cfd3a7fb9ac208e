/** Simulated machines and the real agent reading them, and afterwards the account of every shot. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PpuriError } from '../../config/errors.ts';
import { ProblemsError } from '../../config/problem.ts';
import type { AgentStatus } from '../agent-status.ts';
import { newBoot } from '../health/boot.ts';
import type { Log } from '../health/log.ts';
import type { Prepared } from '../prepare.ts';
import { goFirst } from '../priority.ts';
import { type ReceiverProcess, startReceiver } from '../receive/client.ts';
import type { Alert, Cycle, Text, Verdict } from '../records.ts';
import type { ForkRole } from '../role.ts';
import { type Simulator, startSimulator } from '../simulator/client.ts';
import type { MadeShot } from '../simulator/plant.ts';
import { Agent } from '../wire.ts';
import { featureLook } from '../words.ts';
import { type DemoSummary, type MadeCycle, summarize } from './account.ts';
import { readKept } from './kept.ts';
import { DEMO_FILE, type DemoOptions, demoConfig, plantsOf } from './plan.ts';

export interface DemoParts {
  readonly options: DemoOptions;
  readonly fork: ForkRole;
  readonly log: Log;
  /** Directory for ppuri.yaml and the store; exists. */
  readonly dir: string;
  readonly prepare: (file: string) => Promise<Prepared>;
  /** What ends the demo: a start that it comes in is left off, and there is an account all the same. */
  readonly stop?: { readonly signal: Promise<unknown>; seen(): unknown };
  readonly onReady?: (file: string) => void;
  /** Something the user should know of a replayed log. */
  readonly onNote?: (text: Text) => void;
  readonly onVerdict?: (cycle: Cycle, verdict: Verdict) => void;
  readonly onAlert?: (alert: Alert) => void;
  readonly onShot?: (shot: MadeShot) => void;
}

export interface RunningDemo {
  /** Settles when every replayed log is at its end; never for machines that go on. */
  readonly ended: Promise<void>;
  /** Rejects when the simulators go away by themselves. */
  readonly broken: Promise<never>;
  status(): AgentStatus;
  /**
   * Makes no more shots, lets the agent finish those that were made (`withinMs` at most), ends every
   * process, and accounts.
   */
  finish(withinMs: number): Promise<DemoSummary>;
  /** Ends every process at once, without an account. */
  abandon(): Promise<void>;
}

const LOOK_EVERY_MS = 20;

class Demo implements RunningDemo {
  readonly #parts: DemoParts;
  readonly #made: MadeCycle[] = [];
  readonly #raised: Alert[] = [];
  readonly #endedMachines = new Set<string>();
  readonly #end = Promise.withResolvers<void>();
  readonly #break = Promise.withResolvers<never>();
  #simulator: Simulator | null = null;
  #receiver: Promise<ReceiverProcess | null> = Promise.resolve(null);
  #agent: Agent | null = null;
  #judged = 0;

  constructor(parts: DemoParts) {
    this.#parts = parts;
    this.#break.promise.catch(() => undefined);
  }

  get ended(): Promise<void> {
    return this.#end.promise;
  }

  get broken(): Promise<never> {
    return this.#break.promise;
  }

  async start(): Promise<void> {
    try {
      await this.#begin();
    } catch (error) {
      // What interrupts this process may have ended a child that was not yet listening.
      if (!this.#interrupted) throw error;
    }
  }

  get #interrupted(): boolean {
    return (this.#parts.stop?.seen() ?? null) !== null;
  }

  async #begin(): Promise<void> {
    if (this.#interrupted) return;
    const { options, fork, log, dir, prepare } = this.#parts;
    // A replay measures a model; whoever shows the product wants to see records arrive elsewhere.
    const isLog = options.machines.some(({ replay }) => replay !== undefined);
    if (!isLog) this.#receiver = startReceiver(fork, join(dir, 'received'));
    // Who waits for it hears of its trouble.
    this.#receiver.catch(() => undefined);
    this.#simulator = await startSimulator({
      fork,
      plants: plantsOf(options),
      handlers: {
        shot: (shot) => this.#onShot(shot),
        ended: (machine) => this.#onEnded(machine),
        lost: (error: PpuriError) => this.#break.reject(error),
      },
    });
    const file = join(dir, DEMO_FILE);
    const receiverPort = (await this.#receiver)?.port ?? null;
    await writeFile(
      file,
      demoConfig(options, this.#simulator.ports, join(dir, 'store'), receiverPort),
    );
    const { config, profiles, bundles, moldBundles, ...troubles } = await prepare(file);
    if (this.#interrupted) return;
    const problems = [...troubles.modelProblems, ...troubles.storeProblems];
    // An agent goes on without a model that is broken; a demo is run to see it work.
    if (problems.length > 0) throw new ProblemsError('config-invalid', file, problems);
    this.#noteAbsent({ config, bundles, profiles }, this.#simulator.replays);
    goFirst();
    this.#agent = new Agent({
      config,
      profiles,
      bundles,
      moldBundles,
      fork,
      log,
      boot: newBoot(),
      watch: 'when-models-are-loaded',
      timeScale: options.speed === 'max' ? 1 : options.speed,
      onVerdict: (cycle, verdict) => this.#onVerdict(cycle, verdict),
      onAlert: (alert) => this.#onAlert(alert),
    });
    const started = this.#agent.start();
    await Promise.race([started, ...(this.#parts.stop ? [this.#parts.stop.signal] : [])]);
    if (!this.#interrupted) this.#parts.onReady?.(file);
  }

  /** A model that encodes missing values scores a log without its columns, which nobody may want. */
  #noteAbsent(
    { config, bundles, profiles }: Pick<Prepared, 'config' | 'bundles' | 'profiles'>,
    replays: Simulator['replays'],
  ): void {
    for (const [machine, { unmappedSignals }] of Object.entries(replays)) {
      const reference = config.machines.find(({ id }) => id === machine)?.profile ?? '';
      const profile = profiles.get(reference) ?? null;
      const features = bundles.get(machine)?.manifest.features ?? [];
      const absent = features
        .filter(({ from }) => unmappedSignals.includes(from))
        .map(({ from }) => featureLook(profile, from).title);
      if (absent.length === 0) continue;
      const [ko, en] = [absent.map((title) => title.ko), absent.map((title) => title.en)];
      this.#parts.onNote?.({
        ko: `기록에 ${ko.join(', ')} 열이 없어 모든 샷에서 빠진 값으로 봅니다`,
        en: `no column of the log feeds ${en.join(', ')}: missing in every shot`,
      });
    }
  }

  status(): AgentStatus {
    if (this.#agent === null) throw new Error('the demo has not started');
    return this.#agent.status();
  }

  async finish(withinMs: number): Promise<DemoSummary> {
    await this.#simulator?.stopShots();
    await this.#drain(withinMs);
    const delivered = await this.#drainReceiver(withinMs);
    const latency = this.#agent?.status().latencyMs.snapshotToAlert ?? null;
    await this.#stop(withinMs);
    // Ended before the first shot: there may be no store yet.
    const isEmpty = this.#made.length === 0 && this.#judged === 0;
    const kept = isEmpty ? [] : readKept(join(this.#parts.dir, 'store'));
    return summarize(this.#made, kept, this.#raised, { latency, delivered });
  }

  abandon(): Promise<void> {
    return this.#stop(1000);
  }

  async #stop(keepWithinMs: number): Promise<void> {
    try {
      await this.#agent?.stop(keepWithinMs);
    } finally {
      const receiver = await this.#receiver.catch(() => null);
      await Promise.all([this.#simulator?.stop(), receiver?.stop()]);
    }
  }

  #onShot(shot: MadeShot): void {
    this.#made.push({ machine: shot.machine, shot: shot.shot, defect: shot.truth.defect });
    this.#parts.onShot?.(shot);
  }

  #onEnded(machine: string): void {
    this.#endedMachines.add(machine);
    if (this.#endedMachines.size === this.#parts.options.machines.length) this.#end.resolve();
  }

  #onVerdict(cycle: Cycle, verdict: Verdict): void {
    this.#judged += 1;
    this.#parts.onVerdict?.(cycle, verdict);
  }

  #onAlert(alert: Alert): void {
    if (alert.state === 'raised') this.#raised.push(alert);
    this.#parts.onAlert?.(alert);
  }

  /** Shots that arrived, once all judged ones have or the time is over; null: nobody receives. */
  async #drainReceiver(withinMs: number): Promise<number | null> {
    const until = performance.now() + withinMs;
    const receiver = await this.#receiver.catch(() => null);
    for (;;) {
      const shots = (await receiver?.count())?.shots ?? null;
      if (shots === null || shots >= this.#judged || performance.now() >= until) return shots;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Until every made shot has its verdict; a shot the agent never saw shows up in the account. */
  async #drain(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (this.#judged < this.#made.length && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

/** Resolves when the agent watches. Whatever fails, no process is left behind. */
export async function startDemo(parts: DemoParts): Promise<RunningDemo> {
  const demo = new Demo(parts);
  try {
    await demo.start();
  } catch (error) {
    await demo.abandon();
    throw error;
  }
  return demo;
}
