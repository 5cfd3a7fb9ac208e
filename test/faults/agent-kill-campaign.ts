/**
 * Kills the keep child, the loop or the whole tree of an agent as it is started by a user, while it
 * polls simulated machines, and starts the next one at once, as a service manager does. Judged from
 * outside: at the machines, how long nothing is asked after a kill; in the file, that whatever was
 * there before a kill is there at the end as it was, and no shot of a machine twice. In full:
 *
 *   node test/faults/agent-kill-campaign.ts --keep 100 --loop 100 --tree 100 --seed 1
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type DemoOptions, demoConfig, demoMachines, plantsOf } from '../../agent/demo/plan.ts';
import { forkRole } from '../../agent/role.ts';
import { type Simulator, startSimulator } from '../../agent/simulator/client.ts';
import { Random } from '../../agent/simulator/random.ts';
import { quantile } from '../../bench/quantiles.ts';
import { type Started, start } from '../e2e/program.ts';
import { childOf, KeptBook } from '../fixtures/kept-book.ts';
import { RecordingRelay } from '../fixtures/recording-relay.ts';

export interface AgentKillOptions {
  readonly keep: number;
  readonly loop: number;
  readonly tree: number;
  readonly seed: number;
}

export interface AgentKillReport {
  readonly seed: number;
  readonly kills: { readonly keep: number; readonly loop: number; readonly tree: number };
  /** Records that were seen in the file before a kill. */
  readonly kept: number;
  readonly lost: number;
  readonly repeated: number;
  readonly sound: boolean;
  readonly shotsMade: number;
  readonly shotsKept: number;
  /** From a kill to the next request at a machine, ms. */
  readonly pollingBackMs: Readonly<Record<Victim, Back>>;
}

interface Back {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const victims = ['keep', 'loop', 'tree'] as const;
type Victim = (typeof victims)[number];

const options: DemoOptions = {
  ...{ machines: demoMachines, speed: 30, seed: 1, scenario: 'troubled', deadlineMs: 20 },
  ...{ hardLimitMs: 200, limits: 'profile', locale: 'ko', panelPort: null },
};

/** What goes by at the machines. */
class Watch {
  #waiting: ((atMs: number) => void)[] = [];

  heard(): void {
    const now = performance.now();
    for (const resolve of this.#waiting) resolve(now);
    this.#waiting = [];
  }

  /** Time of the next request, by performance.now(). */
  next(): Promise<number> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

class Campaign {
  readonly #random: Random;
  readonly #watch: Watch;
  readonly #file: string;
  readonly #book: KeptBook;
  readonly backMs: Record<Victim, number[]> = { keep: [], loop: [], tree: [] };
  #agent: Started;

  constructor(file: string, book: KeptBook, watch: Watch, seed: number) {
    this.#random = new Random(seed, 'agent-kills');
    this.#watch = watch;
    this.#file = file;
    this.#book = book;
    this.#agent = this.#start();
  }

  #start(): Started {
    return start(['run', '-c', this.#file]);
  }

  #signal(pid: number): boolean {
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch {
      return false; // It was dying already.
    }
  }

  /** One kill at a random moment, mostly of an agent at work, now and then of one that starts. */
  async kill(victim: Victim): Promise<void> {
    const whole = this.#random.chance(0.85);
    if (whole) await this.#watch.next();
    await pause(this.#random.between(0, whole ? 700 : 1000));
    const pid = this.#agent.process.pid ?? 0;
    if (victim === 'keep') {
      const keep = await childOf(pid, 'keep');
      this.#book.look();
      const killedMs = performance.now();
      const next = this.#watch.next();
      if (this.#signal(keep)) this.backMs.keep.push((await next) - killedMs);
      return;
    }
    this.#book.look();
    const killedMs = performance.now();
    this.#signal(victim === 'tree' ? -pid : pid);
    await this.#agent.finished;
    const next = this.#watch.next();
    this.#agent = this.#start();
    this.backMs[victim].push((await next) - killedMs);
  }

  async end(): Promise<void> {
    this.#agent.process.kill('SIGTERM');
    await this.#agent.finished;
  }

  /** Whatever went wrong, no process is left. */
  abandon(): void {
    this.#signal(-(this.#agent.process.pid ?? 0));
  }
}

function backOf(ms: readonly number[]): Back {
  const at = (share: number): number => Math.round(quantile(ms, share));
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** The order of victims, mixed: what one kill leaves behind is met by the next. */
function order({ keep, loop, tree, seed }: AgentKillOptions): Victim[] {
  const counts = { keep, loop, tree };
  const random = new Random(seed, 'victims');
  return victims
    .flatMap((victim) => Array.from({ length: counts[victim] }, () => victim))
    .map((victim) => ({ victim, at: random.between(0, 1) }))
    .sort((a, b) => a.at - b.at)
    .map(({ victim }) => victim);
}

export async function runAgentKills(
  numbers: AgentKillOptions,
  say: (line: string) => void = () => undefined,
): Promise<AgentKillReport> {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-agent-kills-'));
  const watch = new Watch();
  let simulator: Simulator | null = null;
  let campaign: Campaign | null = null;
  const relays: RecordingRelay[] = [];
  let shotsMade = 0;
  try {
    simulator = await startSimulator({
      fork: forkRole,
      plants: plantsOf({ ...options, seed: numbers.seed }),
      handlers: {
        shot: () => {
          shotsMade += 1;
        },
      },
    });
    for (const port of simulator.ports) relays.push(new RecordingRelay(port, () => watch.heard()));
    const ports = await Promise.all(relays.map((relay) => relay.start()));
    const store = join(dir, 'store');
    const file = join(dir, 'ppuri.yaml');
    await writeFile(file, demoConfig(options, ports, store, null));
    const book = new KeptBook(store);
    campaign = new Campaign(file, book, watch, numbers.seed);
    for (const [index, victim] of order(numbers).entries()) {
      await campaign.kill(victim);
      if ((index + 1) % 25 === 0) say(`${index + 1} kills, ${book.size} records seen`);
    }
    await watch.next();
    await simulator.stopShots();
    await campaign.end();
    const { keep, loop, tree } = campaign.backMs;
    const { seed } = numbers;
    return {
      ...{ seed, kills: { keep: keep.length, loop: loop.length, tree: tree.length } },
      ...{ ...book.judge(), shotsMade },
      pollingBackMs: { keep: backOf(keep), loop: backOf(loop), tree: backOf(tree) },
    };
  } finally {
    campaign?.abandon();
    await Promise.all(relays.map((relay) => relay.stop()));
    await simulator?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      keep: { type: 'string', default: '100' },
      loop: { type: 'string', default: '100' },
      tree: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
    },
  });
  const report = await runAgentKills(
    {
      ...{ keep: Number(values.keep), loop: Number(values.loop), tree: Number(values.tree) },
      seed: Number(values.seed),
    },
    (line) => console.log(line),
  );
  console.log(JSON.stringify(report, null, 1));
  const { lost, repeated, sound, pollingBackMs } = report;
  const late = victims.some((victim) => pollingBackMs[victim].max > 3000);
  process.exitCode = lost + repeated > 0 || !sound || late ? 1 : 0;
}
