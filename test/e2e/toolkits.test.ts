/** Exports of real toolkits, added as a user adds them and judged by the running agent. */
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AddOptions, addModelBundle } from '../../agent/cli/model-add.ts';
import { proveModel } from '../../agent/cli/prove-model.ts';
import { readKept } from '../../agent/demo/kept.ts';
import { forkRole } from '../../agent/role.ts';
import type { CycleRow } from '../../agent/store/cycle-queries.ts';
import { loadProfile } from '../../config/profile-load.ts';
import type { Bundle } from '../../models/manifest.ts';
import { type GoldenMachines, goldenMachines, type ShotRow } from '../fixtures/golden-machine.ts';
import { expectedAnswer, shotsProfile, toolkitModels } from '../fixtures/models/toolkits.ts';
import { run, start } from './program.ts';

const signals = Object.keys(loadProfile(shotsProfile).features);
const shared = join(import.meta.dirname, '..', '..', '..', 'shared', 'models');

interface Candidate {
  readonly id: string;
  readonly path: string;
  readonly options: AddOptions;
}

interface Placed {
  readonly id: string;
  readonly bundle: Bundle;
}

const fixtures: Candidate[] = toolkitModels().map(({ name, model, described }) => ({
  id: name,
  path: model,
  options: { describe: described },
}));

/** Somebody else's features, on this machine's values by their order. */
function byOrder(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, at) => [name, `pressure${at}`]));
}

async function sharedCandidates(): Promise<Candidate[]> {
  if (!existsSync(shared)) return [];
  const { factsOf } = await import('../fixtures/models/toolkits.ts');
  const airtlab = join(shared, 'airtlab-rf-zipmap');
  const diecast = join(shared, 'kamp-diecast-hgb');
  const mapOf = (dir: string) => byOrder(factsOf(join(dir, 'facts.json')).features ?? []);
  const classes = ['1', '2', '3', '4'].map((label) => ({
    id: `airtlab-rf-zipmap-${label}`,
    path: airtlab,
    options: { map: mapOf(airtlab), positive: [label], threshold: 0.5 },
  }));
  return [...classes, { id: 'kamp-diecast-hgb', path: diecast, options: { map: mapOf(diecast) } }];
}

async function place({ id, path, options }: Candidate, dir: string): Promise<Placed> {
  const out = join(dir, id);
  const all = { ...options, name: id, profile: shotsProfile, out };
  const prove = (bundle: Bundle): Promise<unknown> => proveModel(bundle, forkRole);
  return { id, bundle: (await addModelBundle(path, all, prove)).bundle };
}

/** Golden rows in the order of the machine's signals. */
function rowsOf({ manifest, golden }: Bundle): ShotRow[] {
  const places = manifest.features.map(({ from }) => signals.indexOf(from));
  return golden.vectors.map(({ inputs }) => {
    const row: (number | null)[] = signals.map(() => 0);
    for (const [at, value] of inputs.entries()) row[places[at] ?? -1] = value;
    return row;
  });
}

function configuration(port: number, dir: string, placed: readonly Placed[]): string {
  const machines = placed.map(
    ({ id, bundle }, at) =>
      `  - { id: ${id}, profile: ${shotsProfile}, model: ${bundle.dir}, deadlineMs: 5000, ` +
      `hardLimitMs: 10000, pollMs: 20, devices: { plc: { bus: press, unit: ${at + 1} } } }`,
  );
  return [
    'gateway: { id: gw-1 }',
    `buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port}, timeoutMs: 3000 } }`,
    'machines:',
    ...machines,
    `store: { path: ${join(dir, 'store')} }`,
    'panel: { listen: "127.0.0.1:0" }',
  ].join('\n');
}

/** Resolves once the running agent has loaded every model. */
async function allServing(file: string, placed: readonly Placed[]): Promise<void> {
  const hashes = new Set(placed.map(({ bundle }) => bundle.hash));
  for (;;) {
    const { stdout } = await run(['status', '-c', file, '--json']);
    const models: { state: string }[] = JSON.parse(stdout).agent?.inference?.models ?? [];
    if (models.filter(({ state }) => state === 'serving').length === hashes.size) return;
  }
}

const answerOf = ({ probability, estimate }: CycleRow): number | null =>
  estimate?.value ?? probability;

describe('exports of real toolkits, through the running agent', () => {
  const placed: Placed[] = [];
  let kept: CycleRow[] = [];
  let machines: GoldenMachines;

  beforeAll(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'ppuri-toolkits-'));
    for (const candidate of [...fixtures, ...(await sharedCandidates())])
      placed.push(await place(candidate, dir));
    machines = goldenMachines(placed.map(({ bundle }) => rowsOf(bundle)));
    await machines.device.start();
    const file = join(dir, 'ppuri.yaml');
    await writeFile(file, configuration(machines.device.port, dir, placed));
    const agent = start(['run', '-c', file], dir);
    const ended = agent.finished.then(({ stdout, stderr }) => {
      throw new Error(`the agent ended: ${stdout.slice(-2000)} ${stderr.slice(-2000)}`);
    });
    await Promise.race([allServing(file, placed), ended]);
    machines.begin();
    await Promise.race([machines.done, ended]);
    ended.catch(() => undefined);
    agent.process.kill('SIGTERM');
    await agent.finished;
    kept = readKept(join(dir, 'store'));
  }, 240_000);

  afterAll(() => machines?.device.stop());

  test.each(fixtures.map(({ id }) => id))('%s scores as its toolkit does', (id) => {
    agrees(id);
  });

  test.skipIf(!existsSync(shared))('the models of ../shared/models do too', () => {
    for (const { id } of placed.filter(({ id }) => /^(airtlab|kamp)/.test(id))) agrees(id);
  });

  function agrees(id: string): void {
    const found = placed.find((one) => one.id === id);
    if (found === undefined) throw new Error(`${id} was not added`);
    const { manifest, golden } = found.bundle;
    const shots = kept.filter(({ machine }) => machine === id);
    expect(shots).toHaveLength(golden.vectors.length);
    let largest = 0;
    for (const [at, { outputs }] of golden.vectors.entries()) {
      const shot = shots[at];
      const wanted = expectedAnswer(manifest, outputs);
      const got = shot === undefined ? null : answerOf(shot);
      if (got === null) throw new Error(`${id} row ${at}: ${shot?.reason} ${shot?.detail}`);
      largest = Math.max(largest, Math.abs(got - wanted) / Math.max(1, Math.abs(wanted)));
      expect(shot?.probability === null).toBe(manifest.output.kind !== 'probabilities');
    }
    if (process.env.PPURI_TABLE !== undefined)
      process.stderr.write(`| ${id} | ${manifest.output.kind} | ${largest.toExponential(1)} |\n`);
    expect(largest).toBeLessThanOrEqual(golden.tolerance);
  }
});
