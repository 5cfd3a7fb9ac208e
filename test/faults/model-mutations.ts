/**
 * Damaged and forged bundles thrown at a running agent with several machines: at its control socket,
 * as someone would who goes round `ppuri model add`, and every fourth as an archive at that command.
 * Judged from outside: none is activated that may not be (model-oracle.ts), the other machines are
 * judged all the while, the agent is the same process at the end, and nothing lies about. By hand:
 *
 *   node test/faults/model-mutations.ts --mutants 1200 --seed 1
 */
import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import type { AgentStatus } from '../../agent/agent-status.ts';
import { addModelBundle } from '../../agent/cli/model-add.ts';
import { proveModel } from '../../agent/cli/prove-model.ts';
import { type DemoOptions, demoConfig, plantsOf } from '../../agent/demo/plan.ts';
import { forkRole } from '../../agent/role.ts';
import { startSimulator } from '../../agent/simulator/client.ts';
import { Random } from '../../agent/simulator/random.ts';
import { connectControl } from '../../agent/store/control-client.ts';
import { PpuriError } from '../../config/errors.ts';
import { findBundle } from '../../models/bundle.ts';
import { generateKey } from '../../models/signing.ts';
import { groupMembers, start } from '../e2e/program.ts';
import { damageBytes, type Files } from './model-damage.ts';
import {
  type Keys,
  keysOf,
  type Mutant,
  mutantOf,
  type Road,
  roads,
  sealed,
} from './model-mutants.ts';
import { answersOf, wronglyActivated } from './model-oracle.ts';

export interface MutationOptions {
  readonly mutants: number;
  readonly seed: number;
  readonly speed: number;
  /** The agent runs so long before the first mutant, for comparison. */
  readonly quietMs: number;
}

/** What the other machines were judged in one phase. */
export interface OthersReport {
  readonly shots: number;
  readonly missedDeadlines: number;
  /** Unscored for a reason that a model of another machine could have caused. */
  readonly disturbed: Readonly<Record<string, number>>;
}

export interface MutationReport {
  readonly seed: number;
  readonly mutants: number;
  /** Road → error code or `activated` → how many. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Activated, and may not have been. */
  readonly violations: readonly string[];
  /** Activated, with true sums, the trusted signature and true golden rows. */
  readonly harmless: {
    /** They answer as the model they were made from. */
    readonly same: number;
    /** Another model, and truly the signer's. */
    readonly other: number;
  };
  readonly others: { readonly quiet: OthersReport; readonly attacked: OthersReport };
  readonly sameProcess: boolean;
  /** What lies in the store’s models at the end, but the bundle that was there before. */
  readonly left: readonly string[];
  readonly processesLeft: number;
  readonly loopDelayMs: AgentStatus['eventLoopMs'];
  readonly seconds: number;
}

const victim = 'dc-03';
const serial = 5;
const victims = ['die-casting-cold-chamber', 'diecast-defect'] as const;

function demoOptions({ seed, speed }: MutationOptions): DemoOptions {
  const [profile, model] = victims;
  return {
    machines: [
      { id: victim, name: '3호기', profile, model: null },
      { id: 'dc-04', name: '4호기', profile, model },
      { id: 'im-05', name: '5호기', profile: 'injection-molding', model: 'injection-defect' },
    ],
    ...{ speed, seed, deadlineMs: 20, hardLimitMs: 200, limits: 'profile', locale: 'ko' },
    panelPort: null,
  };
}

/** The shipped model as a consultant would have signed it, with a reference beside it. */
async function baseFiles(keys: Keys): Promise<Files> {
  const { dir } = await findBundle(victims[1]);
  const content: Files = new Map();
  for (const name of ['model.onnx', 'golden.json', 'model.yaml'])
    content.set(name, await readFile(join(dir, name)));
  const manifest = `serial: ${serial}\n${content.get('model.yaml')}`;
  const meltTemperature = { edges: [660, 670], shares: [0.2, 0.5, 0.3] };
  const reference = JSON.stringify({ shots: 100, features: { meltTemperature } });
  content.set('model.yaml', Buffer.from(manifest)).set('reference.json', Buffer.from(reference));
  return sealed(content, keys.friend, keys.id);
}

async function writeFiles(dir: string, files: Files): Promise<string> {
  await mkdir(dir, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(dir, name), bytes);
  return dir;
}

type Client = Awaited<ReturnType<typeof connectControl>>;

async function statusOf(client: Client): Promise<AgentStatus> {
  return (await client.ask('status', {})).agent as AgentStatus;
}

/** A model of another machine may cost these; the machine itself, the rest. */
const disturbances = new Set(
  'hard-limit inference-restarting inference-lost model-set-aside model-failed not-loaded'.split(
    ' ',
  ),
);

function othersBetween(before: AgentStatus, after: AgentStatus): OthersReport {
  const disturbed: Record<string, number> = {};
  const report = { shots: 0, missedDeadlines: 0, disturbed };
  for (const { id, counts } of after.machines) {
    const then = before.machines.find((machine) => machine.id === id)?.counts;
    if (id === victim || then === undefined) continue;
    report.shots += counts.cycles - then.cycles;
    report.missedDeadlines += counts.missedDeadlines - then.missedDeadlines;
    for (const [reason, count] of Object.entries(counts.unscored)) {
      const more = count - (then.unscored[reason] ?? 0);
      if (disturbances.has(reason) && more > 0) disturbed[reason] = (disturbed[reason] ?? 0) + more;
    }
  }
  return report;
}

class Attack {
  readonly outcomes: Record<string, Record<string, number>> = {};
  readonly violations: string[] = [];
  readonly harmless = { same: 0, other: 0 };
  readonly #root: string;
  readonly #config: string;
  readonly #client: Client;
  readonly #trusted: Parameters<typeof wronglyActivated>[2];
  readonly #random: Random;
  readonly #good: string;

  constructor(root: string, config: string, client: Client, keys: Keys, random: Random) {
    this.#good = join(root, 'good');
    this.#root = root;
    this.#config = config;
    this.#client = client;
    this.#trusted = { id: keys.id, key: createPublicKey(keys.friend), floor: serial };
    this.#random = random;
  }

  async use(dir: string, older: 'refuse' | 'allow' = 'refuse'): Promise<void> {
    const who = older === 'allow' ? { older, who: 'campaign', from: 'cli' } : {};
    await this.#client.command('model-use', { machine: victim, path: dir, mode: 'now', ...who });
  }

  /** At the control socket: it is activated, or it is not. */
  async strike(mutant: Mutant, at: number): Promise<void> {
    const dir = await writeFiles(join(this.#root, 'mutants', String(at)), mutant.files);
    const code = await outcomeOf(this.use(dir));
    this.#count(mutant.road, code);
    if (code === 'activated') {
      await this.#judge(mutant, dir, at);
      await this.use(this.#good, 'allow');
    }
    await rm(dir, { recursive: true });
  }

  /** At `ppuri model add`, as an archive that may be damaged itself. */
  async post(mutant: Mutant, at: number): Promise<void> {
    const home = join(this.#root, 'mutants');
    await writeFiles(join(home, 'm'), mutant.files);
    const archive = join(home, `${at}.tar`);
    execFileSync('tar', ['--format=ustar', '-cf', archive, '-C', home, 'm']);
    await rm(join(home, 'm'), { recursive: true });
    if (this.#random.chance(0.3))
      await writeFile(archive, damageBytes(await readFile(archive), this.#random));
    const added: string[] = [];
    const prove = (bundle: Parameters<typeof proveModel>[0]) => proveModel(bundle, forkRole);
    const adding = addModelBundle(archive, { config: this.#config }, prove).then(({ bundle }) => {
      added.push(bundle.dir);
    });
    const code = await outcomeOf(adding);
    this.#count(`${mutant.road} by archive`, code);
    for (const dir of added) {
      await this.#judge(mutant, dir, at);
      await rm(dirname(dir), { recursive: true });
    }
    await rm(archive);
  }

  async #judge(mutant: Mutant, dir: string, at: number): Promise<void> {
    const files: Files = new Map();
    for (const name of await readdir(dir)) files.set(name, await readFile(join(dir, name)));
    const isReplay = mutant.road === 'replay';
    // `add` activates nothing: it may put an older release beside the others.
    const floor = isReplay && dir.includes('store') ? 0 : this.#trusted.floor;
    const why = await wronglyActivated(files, join(dir, 'model.onnx'), { ...this.#trusted, floor });
    if (why === null) this.harmless[(await this.#answersAsBase(dir)) ? 'same' : 'other'] += 1;
    else this.violations.push(`${at} ${mutant.road}: ${mutant.what}: ${why}`);
  }

  /** On rows about the golden ones, to 1e-5; a manifest may feed or read it otherwise. */
  async #answersAsBase(dir: string): Promise<boolean> {
    const read = async (from: string) => parse(await readFile(join(from, 'model.yaml'), 'utf8'));
    const [ours, base] = [await read(dir), await read(this.#good)];
    const rows = rowsAbout(await readFile(join(this.#good, 'golden.json'), 'utf8'), this.#random);
    const [got, want] = [
      await answersOf(join(dir, 'model.onnx'), ours, rows),
      await answersOf(join(this.#good, 'model.onnx'), base, rows),
    ];
    if (typeof got === 'string' || typeof want === 'string') return false;
    const near = (a: number, b: number | undefined): boolean => Math.abs(a - (b ?? NaN)) <= 1e-5;
    return got.every((row, at) => row.every((value, i) => near(value, want[at]?.[i])));
  }

  #count(road: string, code: string): void {
    const counts = this.outcomes[road] ?? {};
    this.outcomes[road] = { ...counts, [code]: (counts[code] ?? 0) + 1 };
  }
}

/** 200 rows, each between two golden ones. */
function rowsAbout(golden: string, random: Random): Float32Array[] {
  const { vectors }: { vectors: { inputs: (number | null)[] }[] } = JSON.parse(golden);
  const any = (): (number | null)[] => vectors[random.whole(0, vectors.length - 1)]?.inputs ?? [];
  return Array.from({ length: 200 }, () => {
    const [a, b] = [any(), any()];
    return Float32Array.from(a, (value, at) => {
      const other = b[at] ?? null;
      return value === null || other === null ? NaN : value + (other - value) * random.next();
    });
  });
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'activated',
    (thrown) => {
      if (thrown instanceof PpuriError) return thrown.code;
      throw thrown;
    },
  );
}

/** Half of the mutants are of models that whoever is trusted signed: nothing stops those early. */
const shares: readonly [Road, ...Road[]] = [
  ...roads,
  ...(['model', 'model', 'model', 'model', 'around', 'around'] as const),
] as [Road, ...Road[]];

async function attackAll(
  attack: Attack,
  options: MutationOptions,
  base: Files,
  keys: Keys,
): Promise<void> {
  const random = new Random(options.seed, 'mutants');
  for (let at = 0; at < options.mutants; at += 1) {
    const mutant = mutantOf(base, random.pick(shares), keys, random);
    if (at % 4 === 3) await attack.post(mutant, at);
    else await attack.strike(mutant, at);
  }
}

export async function runMutations(options: MutationOptions): Promise<MutationReport> {
  const root = await mkdtemp(join(tmpdir(), 'ppuri-mutants-'));
  const began = performance.now();
  const demo = demoOptions(options);
  const simulator = await startSimulator({ fork: forkRole, plants: plantsOf(demo) });
  const [config, store, trust] = ['ppuri.yaml', 'store', 'trust'].map((name) => join(root, name));
  if (config === undefined || store === undefined || trust === undefined) throw new Error('paths');
  const friend = generateKey();
  const keys = keysOf(friend);
  await mkdir(trust);
  await writeFile(join(trust, 'friend.pub'), friend.publicPem);
  await writeFile(config, demoConfig(demo, simulator.ports, store, null));
  await appendFile(config, `models: { trust: ${trust}, unsigned: refuse }\n`);
  const agent = start(['run', '-c', config], root);
  // Making mutants is nothing that goes on at a gateway: it takes no time from the agent.
  setPriority(process.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  try {
    const client = await connected(store);
    const base = await baseFiles(keys);
    const good = await writeFiles(join(root, 'good'), base);
    const attack = new Attack(root, config, client, keys, new Random(options.seed, 'roads'));
    await attack.use(good);
    const first = await statusOf(client);
    await pause(options.quietMs);
    const quiet = await statusOf(client);
    await attackAll(attack, options, base, keys);
    // What is published is a second old at most.
    await pause(1500);
    const last = await statusOf(client);
    client.close();
    agent.process.kill('SIGTERM');
    await agent.finished;
    const { outcomes, violations, harmless } = attack;
    return {
      seed: options.seed,
      mutants: options.mutants,
      ...{ outcomes, violations, harmless },
      others: { quiet: othersBetween(first, quiet), attacked: othersBetween(quiet, last) },
      sameProcess: first.boot === last.boot && agent.process.exitCode === 0,
      left: await readdir(join(store, 'models')).catch(() => []),
      processesLeft: groupMembers(agent.process.pid ?? 0).length,
      loopDelayMs: last.eventLoopMs,
      seconds: Math.round((performance.now() - began) / 1000),
    };
  } finally {
    agent.process.kill('SIGKILL');
    await simulator.stop();
    await rm(root, { recursive: true, force: true });
  }
}

/** Once it listens and has read every machine. */
async function connected(store: string): Promise<Client> {
  for (let tries = 0; ; tries += 1) {
    try {
      const client = await connectControl(store);
      const status = await statusOf(client);
      if (status?.machines.every(({ counts }) => counts.cycles > 0)) return client;
      client.close();
    } catch (thrown) {
      if (tries > 300 || !(thrown instanceof PpuriError)) throw thrown;
    }
    await pause(200);
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      mutants: { type: 'string', default: '1200' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [mutants, seed] = [Number(values.mutants), Number(values.seed)];
  const report = await runMutations({ mutants, seed, speed: 50, quietMs: 60_000 });
  console.log(JSON.stringify(report, null, 1));
  const { violations, left, processesLeft, sameProcess } = report;
  process.exitCode = violations.length + left.length + processesLeft > 0 || !sameProcess ? 1 : 0;
}
