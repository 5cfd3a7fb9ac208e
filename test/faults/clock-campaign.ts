/**
 * Agents whose wall clock starts anywhere and steps about, and that are suspended at times, before a
 * simulated machine that says which shots it made. Each is started a second time under another wrong
 * clock, where retention sweeps over what the first one kept, until the clock is right. Judged
 * afterwards by the machine: every shot once, in order, none removed, no number unexplained, and a
 * report of the last hour that is the records of the last hour.
 *
 *   node test/faults/clock-campaign.ts --runs 60 --seed 1
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Random } from '../../agent/simulator/random.ts';
import { groupMembers, run, type Started, start } from '../e2e/program.ts';
import { type FakeClock, fakeClock } from '../fixtures/fake-clock.ts';

export interface ClockReport {
  readonly seed: number;
  readonly runs: number;
  readonly steps: number;
  readonly suspensions: number;
  readonly shots: number;
  /** What went wrong, by run. */
  readonly failures: readonly string[];
}

const day = 86_400;
const hour = 3600;
const stepsOfRun = 5;

interface KeptShot {
  readonly boot: string;
  readonly seq: number;
  readonly shot: number;
  readonly index: number;
  readonly wallMs: number;
}

/**
 * One start of the agent, by shots that the simulator had said: the last one when the agent had its
 * machine, and two whole shots before it was told to end. All between them are owed.
 */
interface Start {
  readonly connected: number;
  readonly ended: number;
}

interface Outcome {
  readonly suspensions: number;
  readonly shots: number;
  readonly failures: readonly string[];
}

/** Numbers of the shots that the simulator says it made. */
const said = (simulator: Started): number[] =>
  [...simulator.stdout().matchAll(/^\{"shot":\{"machine":"[^"]*","shot":(\d+)/gm)].map(([, shot]) =>
    Number(shot),
  );

const made = (simulator: Started): number => said(simulator).length;

async function makes(simulator: Started, more: number): Promise<void> {
  const upTo = made(simulator) + more;
  while (made(simulator) < upTo) await pause(20);
}

function signal(agent: Started, name: NodeJS.Signals): void {
  for (const pid of groupMembers(agent.process.pid ?? 0)) process.kill(pid, name);
}

const configuration = (
  port: number,
  store: string,
): string => `gateway: { id: gw-1, clock: trusted }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port} } }
machines:
  - { id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press } } }
store: { path: ${store}, keep: { readingsDays: 1, featuresDays: 1, recordsDays: 1 } }
`;

async function answers(file: string, ...args: string[]): Promise<ReturnType<typeof JSON.parse>> {
  return JSON.parse((await run([...args, '-c', file, '--json'])).stdout);
}

/** Of one start: in order, one after the other. */
function judgeOrder(cycles: readonly KeptShot[]): string[] {
  const failures: string[] = [];
  for (const [i, { seq, shot, index }] of cycles.entries()) {
    const before = cycles[i - 1];
    if (before === undefined) continue;
    if (index !== before.index + 1) failures.push(`index ${index} after ${before.index}`);
    if (shot !== before.shot + 1) failures.push(`shot ${shot} follows ${before.shot}`);
    if (seq <= before.seq) failures.push(`seq ${seq} after ${before.seq}`);
  }
  return failures;
}

function judgeLedger(ledger: ReturnType<typeof JSON.parse>): string[] {
  const failures: string[] = [];
  if (ledger.gaps.length > 0) failures.push(`gaps ${JSON.stringify(ledger.gaps)}`);
  if (ledger.unexplained > 0) failures.push(`${ledger.unexplained} unexplained`);
  return failures;
}

/** Every owed shot is kept, and none that was never said. */
function judgeAgainst(
  shots: readonly number[],
  kept: readonly KeptShot[],
  starts: readonly Start[],
): string[] {
  const has = new Set(kept.map(({ shot }) => shot));
  const real = new Set(shots);
  const owed = shots.filter((shot) =>
    starts.some(({ connected, ended }) => shot > connected + 1 && shot <= ended),
  );
  return [
    ...owed.filter((shot) => !has.has(shot)).map((shot) => `shot ${shot} was made and not kept`),
    ...[...has].filter((shot) => !real.has(shot)).map((shot) => `shot ${shot} was never made`),
    ...(has.size === kept.length ? [] : [`${kept.length - has.size} shots are kept twice`]),
  ];
}

/** A report from `fromMs` on has the records of that time, all of them, whatever came between. */
function judgeReport(
  kept: readonly KeptShot[],
  reported: readonly KeptShot[],
  { fromMs, since }: { readonly fromMs: number; readonly since: readonly number[] },
): string[] {
  const listed = reported.map(({ shot }) => shot);
  const due = kept.filter(({ wallMs }) => wallMs >= fromMs).map(({ shot }) => shot);
  const failures: string[] = [];
  if (listed.join() !== due.join()) failures.push(`reported ${listed}, due ${due}`);
  for (const shot of since.filter((shot) => !listed.includes(shot)))
    failures.push(`shot ${shot} was made by the right clock and is not reported`);
  return failures;
}

interface Site {
  readonly dir: string;
  readonly file: string;
  readonly simulator: Started;
  readonly clock: FakeClock;
  /** Seconds that the next clock is wrong by. */
  readonly drawn: () => number;
}

async function runAgent(site: Site, during: (agent: Started) => Promise<void>): Promise<Start> {
  const { dir, file, simulator, clock } = site;
  clock.set(site.drawn());
  const agent = start(['run', '-c', file], dir, 'pipe', clock.env);
  try {
    await agent.line(/"bus-connected"/);
    const connected = said(simulator).at(-1) ?? 0;
    await during(agent);
    const ended = said(simulator).at(-1) ?? 0;
    await makes(simulator, 2);
    return { connected, ended };
  } finally {
    agent.process.kill('SIGTERM');
    await agent.finished;
  }
}

/** How often the agent was suspended. */
async function stepsAbout(site: Site, agent: Started, random: Random): Promise<number> {
  let suspensions = 0;
  for (let step = 0; step < stepsOfRun; step += 1) {
    await makes(site.simulator, 2);
    site.clock.set(site.drawn());
    if (!random.chance(0.3)) continue;
    suspensions += 1;
    signal(agent, 'SIGSTOP');
    await pause(random.between(100, 1500));
    signal(agent, 'SIGCONT');
  }
  return suspensions;
}

async function oneRun(random: Random): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-clocks-'));
  const simulator = start(['simulate', 'die-casting-cold-chamber', '--speed', '100', '--json']);
  const { port } = JSON.parse(await simulator.line(/"listening"/)).listening;
  const file = join(dir, 'ppuri.yaml');
  await writeFile(file, configuration(port, join(dir, 'store')));
  const offsets = [-Math.round(Date.now() / 1000) + 60, day, -day, hour, -hour, 0, 2, -2];
  const drawn = (): number => offsets[Math.floor(random.between(0, offsets.length))] ?? 0;
  const site: Site = { dir, file, simulator, clock: fakeClock(dir), drawn };
  let suspensions = 0;
  let rightFrom = 0;
  const starts: Start[] = [];
  try {
    starts.push(
      await runAgent(site, async (agent) => {
        suspensions = await stepsAbout(site, agent, random);
      }),
    );
    starts.push(
      await runAgent(site, async () => {
        await makes(simulator, 2);
        site.clock.set(0);
        rightFrom = said(simulator).at(-1) ?? 0;
        await makes(simulator, 3);
      }),
    );
  } finally {
    simulator.process.kill('SIGTERM');
    await simulator.finished;
  }
  const shots = said(simulator);
  const kept: KeptShot[] = (await answers(file, 'cycles', '--limit', 'all', '--order', 'oldest'))
    .cycles;
  const fromMs = Date.now() - hour * 1000;
  const from = new Date(fromMs).toISOString();
  const report = await answers(
    ...[file, 'cycles', '--limit', 'all', '--order', 'oldest', '--since', from],
  );
  const owed = shots.filter((shot) => shot > rightFrom + 1 && shot <= (starts[1]?.ended ?? 0));
  const boots = Map.groupBy(kept, ({ boot }) => boot);
  const failures = [
    ...[...boots.values()].flatMap(judgeOrder),
    ...judgeLedger(await answers(file, 'ledger')),
    ...judgeAgainst(shots, kept, starts),
    ...judgeReport(kept, report.cycles, { fromMs, since: owed }),
  ];
  if (boots.size !== starts.length) failures.push(`shots of ${boots.size} starts kept`);
  if (owed.length === 0) failures.push('no shot was made by the right clock');
  await rm(dir, { recursive: true, force: true });
  return { suspensions, shots: kept.length, failures };
}

export async function runClocks(options: {
  readonly runs: number;
  readonly seed: number;
}): Promise<ClockReport> {
  const { runs, seed } = options;
  const outcomes: Outcome[] = [];
  for (let index = 0; index < runs; index += 1)
    outcomes.push(await oneRun(new Random(seed, `clock ${index}`)));
  return {
    ...{ seed, runs, steps: runs * stepsOfRun },
    suspensions: outcomes.reduce((sum, { suspensions }) => sum + suspensions, 0),
    shots: outcomes.reduce((sum, { shots }) => sum + shots, 0),
    failures: outcomes.flatMap(({ failures }, i) => failures.map((why) => `run ${i}: ${why}`)),
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const report = await runClocks({ runs: Number(values.runs), seed: Number(values.seed) });
  process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
  if (report.failures.length > 0) process.exitCode = 1;
}
