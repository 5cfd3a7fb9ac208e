/** What people do with alerts outlives the agent: the whole program, killed after the confirmation. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { AlertRow } from '../../agent/store/alert-queries.ts';
import { type ControlClient, connectControl } from '../../agent/store/control-client.ts';
import { PpuriError } from '../../config/errors.ts';
import { groupMembers, run, type Started, start } from './program.ts';

interface Site {
  readonly file: string;
  readonly store: string;
  readonly simulator: Started;
  agent: Started;
}

async function site(): Promise<Site> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-handling-'));
  // Shots of a default day: its first fault sets in before the tenth.
  const simulator = start([
    ...['simulate', 'die-casting-cold-chamber', '--speed', '30', '--seed', '7', '--json'],
  ]);
  const { port } = JSON.parse(await simulator.line(/"listening"/)).listening;
  const file = join(dir, 'ppuri.yaml');
  const store = join(dir, 'store');
  await writeFile(
    file,
    `gateway: { id: gw-1, clock: trusted }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port} } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press } }
    model: diecast-defect
    deadlineMs: 500
    hardLimitMs: 2000
store: { path: ${store} }
`,
  );
  const made: Site = { file, store, simulator, agent: start(['run', '-c', file], dir) };
  onTestFinished(async () => {
    made.agent.process.kill('SIGTERM');
    await made.agent.finished;
    simulator.process.kill('SIGCONT');
    simulator.process.kill('SIGTERM');
    await simulator.finished;
  });
  return made;
}

/** Over the agent's socket, as commands do, without starting a program each time. */
async function ask<T>(where: Site, use: (client: ControlClient) => Promise<T>): Promise<T> {
  const client = await connectControl(where.store);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** None while its store still opens. */
async function alerts(where: Site): Promise<readonly AlertRow[]> {
  try {
    return await ask(where, (client) => client.ask('alerts', {}));
  } catch (error) {
    if (error instanceof PpuriError && error.code === 'agent-unreachable') return [];
    throw error;
  }
}

async function firstWarning(where: Site): Promise<AlertRow> {
  for (;;) {
    const found = (await alerts(where)).find(({ severity }) => severity === 'warning');
    if (found !== undefined) return found;
    await pause(100);
  }
}

/** A store that opens slowly tells late what stood. */
async function standing(where: Site, id: string): Promise<AlertRow> {
  for (;;) {
    const rows = await alerts(where);
    const found = rows.find((alert) => alert.id === id);
    if (found !== undefined) return found;
    await pause(100);
  }
}

/** Every process of the agent at once, as a power cut does. */
async function killAndStart(where: Site): Promise<void> {
  for (const pid of groupMembers(where.agent.process.pid ?? 0)) process.kill(pid, 'SIGKILL');
  await where.agent.finished;
  where.agent = start(['run', '-c', where.file]);
  await where.agent.line(/"bus-connected"/);
}

test('an alert that was acknowledged and put off is so after every process was killed', async () => {
  const where = await site();
  await where.agent.line(/"bus-connected"/);
  const { id, sinceWallMs } = await firstWarning(where);
  const kim = { id, who: '김반장', from: 'cli' };
  await ask(where, (client) => client.command('alert-acknowledge', kim));
  const shelf = { ...kim, minutes: 30, reason: '금형 교체' };
  await ask(where, (client) => client.command('alert-shelve', shelf));
  await killAndStart(where);
  const after = await standing(where, id);
  expect(after).toMatchObject({
    sinceWallMs,
    handling: {
      attention: 'shelved',
      acknowledged: { who: '김반장' },
      shelved: { who: '김반장', reason: '금형 교체' },
    },
  });
  await ask(where, (client) => client.command('alert-unshelve', kim));
  const rows = await ask(where, (client) => client.ask('alerts', { scope: 'all' }));
  expect(rows.find((alert) => alert.id === id)?.handling).toMatchObject({
    attention: 'call',
    shelved: null,
  });
}, 180_000);

test('a warning that nobody acknowledged stands after a kill, though the machine makes no shot', async () => {
  const where = await site();
  await where.agent.line(/"bus-connected"/);
  const { id, shots } = await firstWarning(where);
  where.simulator.process.kill('SIGSTOP');
  for (const pid of groupMembers(where.agent.process.pid ?? 0)) process.kill(pid, 'SIGKILL');
  await where.agent.finished;
  where.agent = start(['run', '-c', where.file]);
  const after = await standing(where, id);
  expect(after).toMatchObject({ id, current: true, shots: { from: shots?.from } });
  expect(after.handling).toMatchObject({ attention: 'call', acknowledged: null });
}, 180_000);

test('at the terminal it is done, or refused in words with nothing changed', async () => {
  const where = await site();
  await where.agent.line(/"bus-connected"/);
  const wrong = await run(['alerts', 'ack', 'no-such-id', '-c', where.file, '--lang', 'en']);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('no alert no-such-id stands');
  const { id } = await firstWarning(where);
  const tooLong = await run([
    ...['alerts', 'shelve', id, '--for', '9h', '--reason', 'x', '-c', where.file],
  ]);
  expect(tooLong.code).toBe(2);
  const done = await run(['alerts', 'ack', id, '-c', where.file, '--by', '김반장']);
  expect(done).toMatchObject({ code: 0, stdout: '확인했습니다\n' });
  const rows = await ask(where, (client) => client.ask('alerts', { scope: 'all' }));
  expect(rows.find((alert) => alert.id === id)?.handling).toMatchObject({
    acknowledged: { who: '김반장' },
    shelved: null,
  });
  const told = await run(['alerts', 'history', id, '-c', where.file]);
  expect(told.code).toBe(0);
  const [, ...steps] = told.stdout.trimEnd().split('\n');
  expect(steps[0]).toMatch(/ 발생 .*\[경고\]/);
  expect(steps.filter((step) => step.includes('알림 확인'))).toHaveLength(1);
  expect(steps.find((step) => step.includes('알림 확인'))).toContain('김반장');
  const unknown = await run(['alerts', 'history', 'no-such-id', '-c', where.file]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('no-such-id 알림이 없습니다');
}, 180_000);
