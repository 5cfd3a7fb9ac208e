/**
 * Agents whose wall clock starts anywhere and steps about, and that are suspended at times, before a
 * simulated machine that says which shots it made. Judged afterwards by those: every shot once, in
 * order, none removed, no number unexplained.
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
import { fakeClock } from '../fixtures/fake-clock.ts';

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
  readonly seq: number;
  readonly shot: number;
  readonly index: number;
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

function judge(cycles: readonly KeptShot[], ledger: ReturnType<typeof JSON.parse>): string[] {
  const failures: string[] = [];
  for (const [i, { seq, shot, index }] of cycles.entries()) {
    const before = cycles[i - 1];
    if (index !== i + 1) failures.push(`index ${index} at place ${i + 1}`);
    if (before !== undefined && shot !== before.shot + 1)
      failures.push(`shot ${shot} follows ${before.shot}`);
    if (before !== undefined && seq <= before.seq) failures.push(`seq ${seq} after ${before.seq}`);
  }
  if (ledger.gaps.length > 0) failures.push(`gaps ${JSON.stringify(ledger.gaps)}`);
  if (ledger.unexplained > 0) failures.push(`${ledger.unexplained} unexplained`);
  return failures;
}

/**
 * `connected` and `ended`: the last shot said when the agent had its machine, and two whole shots
 * before it was told to end. All between them are kept, and none that was never said.
 */
function judgeAgainst(
  shots: readonly number[],
  { kept, connected, ended }: { kept: readonly KeptShot[]; connected: number; ended: number },
): string[] {
  const has = new Set(kept.map(({ shot }) => shot));
  const real = new Set(shots);
  const owed = shots.filter((shot) => shot > connected + 1 && shot <= ended);
  return [
    ...owed.filter((shot) => !has.has(shot)).map((shot) => `shot ${shot} was made and not kept`),
    ...[...has].filter((shot) => !real.has(shot)).map((shot) => `shot ${shot} was never made`),
  ];
}

async function oneRun(random: Random): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-clocks-'));
  const simulator = start(['simulate', 'die-casting-cold-chamber', '--speed', '100', '--json']);
  const { port } = JSON.parse(await simulator.line(/"listening"/)).listening;
  const file = join(dir, 'ppuri.yaml');
  await writeFile(file, configuration(port, join(dir, 'store')));
  const clock = fakeClock(dir);
  const offsets = [-Math.round(Date.now() / 1000) + 60, day, -day, hour, -hour, 0, 2, -2];
  const drawn = (): number => offsets[Math.floor(random.between(0, offsets.length))] ?? 0;
  clock.set(drawn());
  const agent = start(['run', '-c', file], dir, 'pipe', clock.env);
  let suspensions = 0;
  let [connected, ended] = [0, 0];
  try {
    await agent.line(/"bus-connected"/);
    connected = said(simulator).at(-1) ?? 0;
    for (let step = 0; step < stepsOfRun; step += 1) {
      await makes(simulator, 2);
      clock.set(drawn());
      if (!random.chance(0.3)) continue;
      suspensions += 1;
      signal(agent, 'SIGSTOP');
      await pause(random.between(100, 1500));
      signal(agent, 'SIGCONT');
    }
    ended = said(simulator).at(-1) ?? 0;
    await makes(simulator, 2);
  } finally {
    agent.process.kill('SIGTERM');
    await agent.finished;
    simulator.process.kill('SIGTERM');
    await simulator.finished;
  }
  const { cycles } = await answers(file, 'cycles', '--limit', 'all');
  const failures = [
    ...judge(cycles.toReversed(), await answers(file, 'ledger')),
    ...judgeAgainst(said(simulator), { kept: cycles, connected, ended }),
  ];
  if (cycles.length < 2 * stepsOfRun - 2) failures.push(`only ${cycles.length} shots kept`);
  await rm(dir, { recursive: true, force: true });
  return { suspensions, shots: cycles.length, failures };
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
