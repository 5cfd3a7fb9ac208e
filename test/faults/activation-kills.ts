/**
 * Kills the loop, the keep child or the whole tree of an agent as a user starts it, at every step of a
 * new model's way to deciding and at random moments in between. Judged from outside: the store of the
 * dead agent names exactly one model that decides, the old one or the new one; and the next start's
 * first verdict is that model's. Nothing is ever half. In full:
 *
 *   node test/faults/activation-kills.ts --kills 240 --seed 1
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import type { AgentStatus } from '../../agent/agent-status.ts';
import { openStoreFile } from '../../agent/cli/store-file.ts';
import { forkRole } from '../../agent/role.ts';
import { startSimulator } from '../../agent/simulator/client.ts';
import { Random } from '../../agent/simulator/random.ts';
import { type ControlClient, connectControl } from '../../agent/store/control-client.ts';
import { type ModelTable, queryModels } from '../../agent/store/models.ts';
import { storePaths } from '../../agent/store/paths.ts';
import { PpuriError } from '../../config/errors.ts';
import type { Bundle } from '../../models/manifest.ts';
import { type Started, start } from '../e2e/program.ts';
import { childOf } from '../fixtures/kept-book.ts';
import { trialBundle } from '../fixtures/models/trial-bundles.ts';

export interface ActivationKillOptions {
  readonly kills: number;
  readonly seed: number;
}

export interface ActivationKillReport {
  readonly seed: number;
  readonly kills: Readonly<Record<string, number>>;
  /** How often the dead store stood at which stage. */
  readonly foundAt: Readonly<Record<string, number>>;
  /** Starts whose first verdict was looked at. */
  readonly starts: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

const victims = ['loop', 'tree', 'keep'] as const;
/** When the blow falls: at a step, as soon as it is told, or at any moment after a request. */
const moments = [
  'asked',
  'answered',
  'model-trial-begun',
  'model-committed',
  'model-returned',
  'random',
] as const;
type Moment = (typeof moments)[number];

const patienceMs = 60_000;

class Campaign {
  readonly #random: Random;
  readonly #file: string;
  readonly #store: string;
  /** By hash. */
  readonly #bundles: ReadonlyMap<string, Bundle>;
  readonly #configured: string;
  readonly failures: string[] = [];
  readonly foundAt: Record<string, number> = {};
  readonly kills: Record<string, number> = {};
  readonly steps: Record<string, number> = {};
  starts = 0;
  #agent: Started;

  constructor(file: string, store: string, bundles: readonly Bundle[], seed: number) {
    this.#random = new Random(seed, 'activation-kills');
    this.#file = file;
    this.#store = store;
    this.#bundles = new Map(bundles.map((bundle) => [bundle.hash, bundle]));
    this.#configured = bundles[0]?.hash ?? '';
    this.#agent = start(['run', '-c', file]);
  }

  async kill(index: number): Promise<void> {
    const victim = victims[index % victims.length] ?? 'tree';
    const moment = moments[Math.floor(index / victims.length) % moments.length] ?? 'random';
    await this.#untilJudging(null);
    await this.#approach(moment);
    const key = `${victim} at ${moment}`;
    this.kills[key] = (this.kills[key] ?? 0) + 1;
    if (victim === 'keep') await this.#killKeep(key);
    else await this.#killLoop(victim, key);
  }

  /** A new model is on its way, and the moment has come. */
  async #approach(moment: Moment): Promise<void> {
    const seen = moment.startsWith('model-') ? this.#event(moment) : null;
    const wanted = moment === 'model-returned' ? 'contrary' : 'good';
    const use = this.#use(wanted).catch((thrown: unknown) => {
      if (!(thrown instanceof PpuriError)) throw thrown;
    });
    if (moment === 'asked') await pause(this.#random.between(0, 60));
    else if (moment === 'random') await pause(this.#random.between(0, 2500));
    else await use;
    // A model that is under way already goes its own way, perhaps not past this moment.
    if (seen !== null) await Promise.race([seen, pause(8000)]);
    // Just behind what is told lies what follows from it.
    if (this.#random.chance(0.5)) await pause(this.#random.between(0, 12));
  }

  async #use(wanted: 'good' | 'contrary'): Promise<void> {
    await this.#ask(async (client) => {
      const table = await client.ask('models', {});
      const now = decidingOf(table, this.#configured);
      const others = [...this.#bundles.values()].filter(({ hash }) => hash !== now);
      const bundle =
        others.find(({ manifest }) => manifest.name === wanted) ??
        others[Math.floor(this.#random.between(0, others.length))];
      const params = { machine: 'dc-01', path: bundle?.dir, who: 'campaign' };
      await client.command('model-use', {
        ...params,
        mode: this.#random.chance(0.1) ? 'now' : 'use',
      });
    });
  }

  async #killLoop(victim: 'loop' | 'tree', key: string): Promise<void> {
    const pid = this.#agent.process.pid ?? 0;
    signal(victim === 'tree' ? -pid : pid);
    await this.#agent.finished;
    // Children of a killed loop end when they notice.
    signal(-pid);
    const table = this.#readStore(key);
    this.#agent = start(['run', '-c', this.#file]);
    if (table === null) return;
    this.#noteStage(table);
    const expected = decidingOf(table, this.#configured);
    const first = await this.#untilJudging(key);
    this.starts += 1;
    if (first !== expected)
      this.failures.push(`${key}: the store says ${expected}, the first verdict is by ${first}`);
  }

  /** The loop goes on; once the store is back, it and the loop must agree. */
  async #killKeep(key: string): Promise<void> {
    const pid = this.#agent.process.pid ?? 0;
    signal(await childOf(pid, 'keep'));
    const until = performance.now() + patienceMs;
    for (;;) {
      const seen = await this.#agreement();
      if (seen === 'agree') return;
      if (performance.now() > until) {
        this.failures.push(`${key}: ${seen}`);
        return;
      }
      await pause(50);
    }
  }

  async #agreement(): Promise<string> {
    try {
      return await this.#ask(async (client) => {
        const table = await client.ask('models', {});
        const status = (await client.ask('status', {})).agent as AgentStatus | null;
        const slot = status?.models[0];
        if (slot === undefined || slot.memory !== 'known') return 'the loop does not know yet';
        const stored = decidingOf(table, this.#configured);
        const isOne = slot.deciding?.hash === stored;
        return isOne ? 'agree' : `store ${stored}, loop ${slot.deciding?.hash}`;
      });
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      return thrown.message;
    }
  }

  /** Null: it cannot be read, which is a failure. */
  #readStore(key: string): ModelTable | null {
    try {
      const db = openStoreFile(storePaths(this.#store).database);
      try {
        const table = queryModels(db);
        this.#judgeTable(table, key);
        return table;
      } finally {
        db.close();
      }
    } catch (thrown) {
      this.failures.push(`${key}: the store cannot be read: ${String(thrown)}`);
      return null;
    }
  }

  #judgeTable({ pointers, activations }: ModelTable, key: string): void {
    const named = [...pointers, ...activations.map(({ candidate }) => candidate)];
    for (const { hash, path } of named)
      if (this.#bundles.get(hash)?.dir !== path)
        this.failures.push(`${key}: the store names ${hash} in ${path}, which is no model`);
    if (pointers.length > 1 || activations.length > 1)
      this.failures.push(`${key}: ${pointers.length} pointers, ${activations.length} activations`);
    for (const { stage, counts } of activations)
      if ((stage !== 'shadow' && stage !== 'trial') || counts.candidate === undefined)
        this.failures.push(`${key}: half an activation: ${stage} ${JSON.stringify(counts)}`);
  }

  #noteStage({ activations, changes }: ModelTable): void {
    const stage = activations[0]?.stage ?? 'settled';
    this.foundAt[stage] = (this.foundAt[stage] ?? 0) + 1;
    for (const { what } of changes.slice(0, 1)) this.steps[what] = (this.steps[what] ?? 0) + 1;
  }

  /** The model of this start's first verdict by a model. Null key: only waited for. */
  async #untilJudging(key: string | null): Promise<string | null> {
    const until = performance.now() + patienceMs;
    while (performance.now() < until) {
      const first = await this.#firstModel();
      if (first !== null) return first;
      await pause(100);
    }
    this.failures.push(`${key ?? 'waiting'}: no verdict by a model within ${patienceMs / 1000} s`);
    return null;
  }

  async #firstModel(): Promise<string | null> {
    try {
      return await this.#ask(async (client) => {
        const { boot } = await client.ask('status', {});
        const { rows } = await client.ask('cycles', { limit: 1000 });
        const judged = rows.filter((row) => row.boot === boot.id && row.judge === 'model');
        return judged.toSorted((a, b) => a.seq - b.seq)[0]?.model?.hash ?? null;
      });
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      return null;
    }
  }

  async #ask<T>(use: (client: ControlClient) => Promise<T>): Promise<T> {
    const client = await connectControl(this.#store);
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }

  /** Resolves when the agent tells the next event of this kind. */
  #event(kind: string): Promise<void> {
    const { stdout } = this.#agent.process;
    return new Promise((resolve) => {
      const look = (text: string): void => {
        if (!text.includes(`"event":"${kind}"`)) return;
        stdout?.off('data', look);
        resolve();
      };
      stdout?.on('data', look);
    });
  }

  async end(): Promise<void> {
    this.#agent.process.kill('SIGTERM');
    await this.#agent.finished;
  }

  /** Whatever went wrong, no process is left. */
  abandon(): void {
    signal(-(this.#agent.process.pid ?? 0));
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (thrown) {
    // It was dying already.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown;
  }
}

/** The one model that decides, by what the store says. */
export function decidingOf({ pointers, activations }: ModelTable, configured: string): string {
  const [activation] = activations;
  if (activation?.stage === 'trial') return activation.candidate.hash;
  return pointers[0]?.hash ?? configured;
}

function configOf(port: number, model: string, store: string): string {
  return stringify({
    gateway: { id: 'gw-1', clock: 'trusted' },
    buses: { press: { type: 'modbus-tcp', host: '127.0.0.1', port } },
    machines: [
      {
        ...{ id: 'dc-01', profile: 'die-casting-cold-chamber', limits: 'none', model },
        devices: { plc: { bus: 'press', unit: 1 } },
        ...{ deadlineMs: 5000, hardLimitMs: 10_000 },
      },
    ],
    trial: { shadowShots: 4, trialShots: 4, leastShots: 2 },
    store: { path: store },
  });
}

export async function runActivationKills(
  { kills, seed }: ActivationKillOptions,
  say: (line: string) => void = () => undefined,
): Promise<ActivationKillReport> {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-activation-kills-'));
  const machine = { id: 'dc-01', profile: 'die-casting-cold-chamber', unit: 1, seed, speed: 400 };
  const simulator = await startSimulator({
    fork: forkRole,
    plants: [{ machines: [{ ...machine, scenario: 'steady' }] }],
  });
  let campaign: Campaign | null = null;
  try {
    const names = ['good', 'good-too', 'contrary'] as const;
    const bundles: Bundle[] = [];
    for (const name of names) bundles.push(await trialBundle(join(dir, 'bundles'), name));
    const [file, store] = [join(dir, 'ppuri.yaml'), join(dir, 'store')];
    await writeFile(file, configOf(simulator.ports[0] ?? 0, bundles[0]?.dir ?? '', store));
    campaign = new Campaign(file, store, bundles, seed);
    for (let index = 0; index < kills; index += 1) {
      await campaign.kill(index);
      if ((index + 1) % 12 === 0)
        say(
          `${index + 1} kills, ${campaign.failures.length} failures ${JSON.stringify(campaign.foundAt)}`,
        );
    }
    await campaign.end();
    const { failures, foundAt, starts, steps } = campaign;
    return { seed, kills: campaign.kills, foundAt, starts, steps, failures };
  } finally {
    campaign?.abandon();
    await simulator.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '240' },
      seed: { type: 'string', default: '1' },
    },
  });
  const numbers = { kills: Number(values.kills), seed: Number(values.seed) };
  const report = await runActivationKills(numbers, (line) => console.log(line));
  console.log(JSON.stringify(report));
  process.exitCode = report.failures.length === 0 ? 0 : 1;
}
