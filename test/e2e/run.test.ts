import { closeSync, openSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { groupMembers, run, type Started, start } from './program.ts';

let dir = '';
let simulator: Started;
let port = 0;

const config = (extra = '') => `gateway: { id: gw-1, site: busan-1 }
buses:
  press: { type: modbus-tcp, host: 127.0.0.1, port: ${port}, timeoutMs: 300 }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press, unit: 1 } }
    model: diecast-defect
    deadlineMs: 500
    hardLimitMs: 2000
    reject: { coil: 0, pulseMs: 50 }
${extra}store: { path: ${join(dir, 'store')} }
`;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ppuri-run-'));
  simulator = start(['simulate', 'die-casting-cold-chamber', '--speed', '60', '--json']);
  const first = await simulator.line(/"listening"/);
  port = JSON.parse(first).listening.port;
});

afterEach(async () => {
  simulator.process.kill('SIGTERM');
  await simulator.finished;
});

async function agent(extra = ''): Promise<{ started: Started; file: string }> {
  const file = join(dir, 'ppuri.yaml');
  await writeFile(file, config(extra));
  return { started: start(['run', '-c', file], dir), file };
}

const status = async (file: string) =>
  JSON.parse((await run(['status', '-c', file, '--json'])).stdout);

async function statusWhen(file: string, ready: (status: ReturnType<typeof JSON.parse>) => boolean) {
  for (;;) {
    const seen = await status(file);
    if (seen.running === true && seen.agent !== null && ready(seen)) return seen;
  }
}

const machineOf = (seen: ReturnType<typeof JSON.parse>) => seen.agent.machines[0];

describe('ppuri run', () => {
  test('reads, judges, answers the command line, and ends on SIGTERM with nothing left', async () => {
    const { started, file } = await agent();
    await started.line(/"bus-connected"/);
    const seen = await statusWhen(file, (s) => (machineOf(s)?.counts.ok ?? 0) >= 3);
    expect(machineOf(seen)).toMatchObject({
      id: 'dc-03',
      link: 'up',
      model: { name: 'diecast-defect' },
    });
    const metrics = (await run(['status', '-c', file, '--metrics'])).stdout;
    for (const stage of ['queued', 'run'])
      expect(metrics).toMatch(
        new RegExp(
          `^ppuri_inference_latency_seconds\\{stage="${stage}",quantile="0.5"\\} [\\d.e-]+$`,
          'm',
        ),
      );
    expect(started.stdout().match(/"reject-rested".*coil 0 of unit 1 was set to 0/g)).toHaveLength(
      1,
    );
    const cycles = JSON.parse((await run(['cycles', '-c', file, '--json'])).stdout).cycles;
    expect(cycles[0]).toMatchObject({ machine: 'dc-03', profile: 'die-casting-cold-chamber' });
    const used = await run(['model', 'use', 'diecast-defect', '--machine', 'dc-03', '-c', file]);
    expect(used.stdout).toContain('다음 샷부터');
    const refused = await run([
      'model',
      'use',
      'injection-defect',
      '--machine',
      'dc-03',
      '-c',
      file,
    ]);
    expect(refused.code).toBe(6);
    started.process.kill('SIGTERM');
    const { code, stdout } = await started.finished;
    expect(stdout).toContain('"event":"stopped"');
    expect(code).toBe(0);
    expect(groupMembers(started.process.pid ?? 0)).toEqual([]);
    expect((await run(['status', '-c', file])).code).toBe(1);
  });

  test('counts the shots that were made while it was not running', async () => {
    const first = await agent();
    await statusWhen(first.file, (s) => (machineOf(s)?.counts.cycles ?? 0) >= 2);
    // SIGKILL: what was kept before the power went is all there is.
    process.kill(-(first.started.process.pid ?? 0), 'SIGKILL');
    await first.started.finished;
    const [last] = JSON.parse((await run(['cycles', '-c', first.file, '--json'])).stdout).cycles;
    await simulator.line(new RegExp(`"shot":${last.shot + 3},`));
    const second = await agent();
    const missed = (s: Parameters<typeof machineOf>[0]) =>
      machineOf(s)?.counts.unscored['shot-missed'] ?? 0;
    await statusWhen(second.file, (s) => missed(s) >= 1 && (machineOf(s)?.counts.ok ?? 0) >= 1);
    second.started.process.kill('SIGTERM');
    await second.started.finished;
    const { cycles } = JSON.parse(
      (await run(['cycles', '-c', first.file, '--json', '--limit', '500'])).stdout,
    );
    // A store that opens slowly tells late what was missed.
    const shots: number[] = cycles
      .map(({ shot }: { shot: number }) => shot)
      .toSorted((a: number, b: number) => a - b);
    expect(shots).toEqual(Array.from({ length: shots.length }, (_, i) => (shots[0] ?? 0) + i));
    expect(cycles.some(({ reason }: { reason: string }) => reason === 'shot-missed')).toBe(true);
  });

  test('watches on with a model that cannot be used, and says so', async () => {
    const { started, file } = await agent();
    started.process.kill('SIGTERM');
    await started.finished;
    await writeFile(file, config().replace('model: diecast-defect', 'model: no-such-model'));
    const limited = start(['run', '-c', file], dir);
    expect(await limited.line(/model-unusable/)).toContain('no-such-model');
    const seen = await statusWhen(file, (s) => (machineOf(s)?.counts.cycles ?? 0) >= 1);
    expect(machineOf(seen).model).toBeNull();
    limited.process.kill('SIGTERM');
    expect((await limited.finished).code).toBe(0);
  });

  test('watches on with a store that is a file, and says so', async () => {
    await writeFile(join(dir, 'store'), 'a,b\n');
    const { started } = await agent();
    expect(await started.line(/"store-unusable"/)).toContain('is not a directory');
    expect(await started.line(/"store-down"/)).toContain('records wait in memory');
    await started.line(/"bus-connected"/);
    started.process.kill('SIGTERM');
    const { code, stdout, stderr } = await started.finished;
    expect(stdout).not.toContain('model-unusable');
    expect(stderr).toContain('are not committed');
    expect(code).toBe(5);
  });

  test('refuses a second agent on the same machines or the same store, and a broken configuration', async () => {
    const { started, file } = await agent();
    await statusWhen(file, () => true);
    const sameMachines = await run(['run', '-c', file], dir);
    expect(sameMachines).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('works on this endpoint'),
    });
    const otherMachines = join(dir, 'same-store.yaml');
    await writeFile(otherMachines, config().replace('127.0.0.1', '127.0.0.2'));
    const sameStore = await run(['run', '-c', otherMachines], dir);
    expect(sameStore).toMatchObject({ code: 5, stderr: expect.stringContaining('store') });
    const broken = join(dir, 'broken.yaml');
    await writeFile(broken, config().replace('unit: 1', 'unnit: 1'));
    const { code, stderr } = await run(['run', '-c', broken]);
    expect(code).toBe(3);
    expect(stderr).toContain('unknown key');
    started.process.kill('SIGTERM');
    await started.finished;
  });

  test('goes on judging when its log cannot be written', async () => {
    const file = join(dir, 'ppuri.yaml');
    await writeFile(file, config());
    const full = openSync('/dev/full', 'w');
    const started = start(['run', '-c', file], dir, full);
    closeSync(full);
    await statusWhen(file, (s) => (machineOf(s)?.counts.ok ?? 0) >= 1);
    started.process.kill('SIGTERM');
    expect((await started.finished).code).toBe(0);
  });

  test('ends in order on SIGTERM in the middle of its start', async () => {
    const file = join(dir, 'ppuri.yaml');
    await writeFile(file, config().replace('model: diecast-defect', 'model: no-such-model'));
    const started = start(['run', '-c', file], dir);
    await started.line(/model-unusable/);
    process.kill(-(started.process.pid ?? 0), 'SIGTERM');
    const { code, stdout } = await started.finished;
    expect(stdout).toMatch(/"event":"stopping","signal":"SIGTERM"[\s\S]*"event":"stopped"/);
    expect(code).toBe(0);
    expect(groupMembers(started.process.pid ?? 0)).toEqual([]);
  });

  test('tells the loss of an inference child once, and which process it was', async () => {
    const { started, file } = await agent();
    const seen = await statusWhen(file, (s) => (machineOf(s)?.counts.ok ?? 0) >= 1);
    const { pid } = seen.agent.inference.children[0];
    process.kill(pid, 'SIGKILL');
    await started.line(/"inference-back"/);
    started.process.kill('SIGTERM');
    const { stdout } = await started.finished;
    const lines = stdout.split('\n').filter((line) => /"inference-(lost|back)"/.test(line));
    expect(lines).toEqual([
      expect.stringContaining(`process ${pid}`),
      expect.stringContaining('"inference-back"'),
    ]);
  });

  test('raises an alert when the machine goes silent', async () => {
    const { started, file } = await agent();
    await statusWhen(file, (s) => machineOf(s)?.link === 'up');
    simulator.process.kill('SIGKILL');
    expect(await started.line(/"cause":"bus-lost"/)).toContain('통신두절');
    started.process.kill('SIGTERM');
    expect((await started.finished).code).toBe(0);
  });
});
