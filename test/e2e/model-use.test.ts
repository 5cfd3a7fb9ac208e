import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { trialBundle } from '../fixtures/models/trial-bundles.ts';
import { run, type Started, start } from './program.ts';

let dir = '';
let config = '';
const running: Started[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ppuri-use-'));
  config = join(dir, 'ppuri.yaml');
});
afterEach(async () => {
  for (const one of running.splice(0)) {
    one.process.kill('SIGTERM');
    await one.finished;
  }
  await rm(dir, { recursive: true, force: true });
});

async function configure(port: number, more: readonly string[] = []): Promise<void> {
  const machine = 'id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press } }';
  const lines = [
    'gateway: { id: gw-1, clock: trusted, locale: en }',
    `buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port} } }`,
    `machines: [{ ${machine}, deadlineMs: 1000, hardLimitMs: 5000 }]`,
    `store: { path: ${join(dir, 'store')} }`,
    ...more,
  ];
  await writeFile(config, lines.join('\n'));
}

const place = (): string[] => ['--machine', 'dc-03', '-c', config];
const status = async () =>
  JSON.parse((await run(['model', 'status', '-c', config, '--json'])).stdout);

test('without an agent, a model is to be watched, then tried, once there is one; it can be taken back', async () => {
  await configure(1);
  const use = ['model', 'use', 'diecast-defect', ...place()];
  const { code, stdout } = await run(use);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^dc-03 is watched by diecast-defect \S+ for 30 shots, once the agent is started; none runs on this store now; then it is tried$/m,
  );
  expect(await status()).toMatchObject({
    live: false,
    models: [
      {
        machine: 'dc-03',
        deciding: null,
        activation: { stage: 'shadow', who: expect.any(String) },
      },
    ],
  });
  const back = await run(['model', 'rollback', ...place(), '--json']);
  expect(JSON.parse(back.stdout)).toEqual({
    ...{ machine: 'dc-03', mold: null, model: null, effective: 'next-start' },
  });
  const now = JSON.parse((await run([...use, '--now', '--by', 'kim', '--json'])).stdout);
  expect(now).toMatchObject({ effective: 'next-start', stage: 'now', shots: null });
  const seen = (await run(['model', 'status', '-c', config])).stdout;
  expect(seen).toMatch(/^dc-03 +any +diecast-defect \S+ +- /m);
  expect(seen).toMatch(/used at once {2}diecast-defect \S+ {2}kim: /);
  const nothing = await run(['model', 'rollback', ...place(), '--mold', 'A12']);
  expect(nothing.code).toBe(2);
  expect(nothing.stderr).toContain('dc-03 runs what its configuration names');
});

test('a running agent takes a model from shadow over trial to good, and back', async () => {
  const machine = start(['simulate', 'die-casting-cold-chamber', '--speed', '300', '--json']);
  running.push(machine);
  const { port } = JSON.parse(await machine.line(/"listening"/)).listening;
  await configure(port, ['trial: { shadowShots: 5, trialShots: 5, leastShots: 3 }']);
  const bundle = await trialBundle(join(dir, 'bundles'), 'good');
  const agent = start(['run', '-c', config], dir);
  running.push(agent);
  await agent.line(/"bus-connected"/);
  const used = await run(['model', 'use', bundle.dir, ...place(), '--json']);
  expect(JSON.parse(used.stdout)).toMatchObject({
    ...{ machine: 'dc-03', mold: null, name: 'good', effective: 'now', stage: 'shadow', shots: 5 },
  });
  await agent.line(/"model-trial-begun"/);
  await agent.line(/"model-committed"/);
  // The log says it before the store has it.
  await expect.poll(status, { timeout: 20_000 }).toMatchObject({
    live: true,
    models: [{ deciding: { name: 'good' }, activation: null, previous: null }],
  });
  const seen = await status();
  expect(seen.changes.map(({ what }: { what: string }) => what)).toEqual([
    'committed',
    'trial-begun',
    'shadow-begun',
  ]);
  const shots = await run(['model', 'status', '-c', config, '--shots', '3']);
  expect(shots.stdout).toMatch(/dc-03 #\d+ {2}verdict \w+ {2}\S* ?\S*: /);
  // It came first: there is nothing before it but what the configuration says, which names none.
  const back = await run(['model', 'rollback', ...place()]);
  expect(back.stdout).toBe('dc-03 uses what its configuration names from its next shot on\n');
});

test('what cannot be is refused by its code', async () => {
  await configure(1);
  const unknown = await run(['model', 'use', 'no-such', ...place()]);
  expect(unknown.code).toBe(6);
  const both = await run(['model', 'use', 'diecast-defect', ...place(), '--now', '--shadow', '3']);
  expect(both.code).toBe(2);
});
