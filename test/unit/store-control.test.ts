import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { serveControl } from '../../agent/store/control.ts';
import { connectControl } from '../../agent/store/control-client.ts';
import { PpuriError } from '../../config/errors.ts';
import { alertBody, at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // A server that hangs up on us is what some of these tests are about.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** The first `count` lines that come, or all until the other side ends. */
function lines(socket: Socket, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    let text = '';
    const done = (): void => resolve(text.split('\n').filter((line) => line !== ''));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.split('\n').length > count) done();
    });
    socket.once('close', done);
  });
}

async function agentWithRecords() {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  keeper.keep(cycleBody(1), at(1));
  keeper.keep(cycleBody(2, {}, { outcome: 'defect', reason: 'above-threshold' }), at(2));
  keeper.keep(alertBody('a-1'), at(3));
  keeper.publishStatus({ gateway: 'gw-press-3' });
  await keeper.flush();
  return { dir, keeper, path: join(dir, 'control.sock') };
}

test('a running agent answers status, cycles and alerts; only its user may ask', async () => {
  const { dir, path } = await agentWithRecords();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const client = await connectControl(dir);
  expect(await client.ask('status', {})).toMatchObject({
    running: true,
    agent: { gateway: 'gw-press-3' },
    store: { condition: 'ok', waiting: 0 },
  });
  const defects = await client.ask('cycles', { outcome: 'defect' });
  expect(defects.rows.map((row) => row.index)).toEqual([2]);
  expect(await client.ask('alerts', {})).toMatchObject([{ id: 'a-1', current: true }]);
  client.close();
});

test('commands reach the loop, and its answer or error comes back', async () => {
  const { dir, keeper } = await agentWithRecords();
  const client = await connectControl(dir);
  await expect(client.command('model-use', { machine: 'dc-03' })).rejects.toMatchObject({
    code: 'agent-unreachable',
  });
  keeper.onCommand(async ({ method, params }) => {
    if (method === 'model-use') return { used: params };
    throw new PpuriError('model-invalid', 'no such model', { operation: method, subject: 'm' });
  });
  expect(await client.command('model-use', { machine: 'dc-03' })).toEqual({
    used: { machine: 'dc-03' },
  });
  await expect(client.command('model-restore', {})).rejects.toMatchObject({
    code: 'model-invalid',
    subject: 'm',
  });
  client.close();
});

test('nothing a socket sends changes the store or stops the answers', async () => {
  const { path } = await agentWithRecords();
  const socket = await open(path);
  const bad = [
    'not json',
    '[1,2]',
    '"text"',
    '{"id":1}',
    '{"method":"status"}',
    '{"id":2,"method":"set-pointer","params":{"machine":"m","name":"n","version":"1","path":"/","hash":"h"}}',
    '{"id":3,"method":"drop"}',
    '{"id":4,"method":"cycles","params":{"limit":100000}}',
    '{"id":5,"method":"cycles","params":{"machnie":"x"}}',
    `{"id":6,"method":"cycles","params":{"machine":"x' OR 1=1 --"}}`,
    '{"id":7,"method":"cycles","params":{"after":{"boot":1e300,"seq":-1}}}',
    '{"id":8,"method":"alerts","params":[]}',
    '{"id":9,"method":"__proto__"}',
    '\u0000\u0000',
  ];
  const answers = lines(socket, bad.length + 1);
  socket.write(`${bad.join('\n')}\n{"id":"last","method":"models"}\n`);
  const parsed = (await answers).map((line) => JSON.parse(line));
  expect(parsed).toHaveLength(bad.length + 1);
  const failed = parsed.filter((answer) => answer.error !== undefined);
  expect(new Set(failed.map((answer) => answer.error.code))).toEqual(new Set(['usage']));
  expect(parsed.find((answer) => answer.id === 6).result.rows).toEqual([]);
  expect(parsed.at(-1)).toEqual({
    id: 'last',
    result: { pointers: [], activations: [], changes: [], states: [] },
  });
});

test('a 10 MB line is refused with its reason, and others are answered meanwhile', async () => {
  const { dir, path } = await agentWithRecords();
  const socket = await open(path);
  const answer = lines(socket, 1);
  socket.write(Buffer.alloc(10 * 1024 * 1024, 0x61));
  expect(JSON.parse((await answer)[0] ?? '')).toMatchObject({ error: { code: 'usage' } });
  const client = await connectControl(dir);
  expect(await client.ask('status', {})).toMatchObject({ running: true });
  client.close();
});

test('a hundred idle clients do not keep the next one out', async () => {
  const { dir, path } = await agentWithRecords();
  const idle = await Promise.all(Array.from({ length: 100 }, () => open(path)));
  const client = await connectControl(dir);
  expect(await client.ask('status', {})).toMatchObject({ running: true });
  client.close();
  await expect.poll(() => idle.filter((socket) => !socket.readableEnded).length).toBeLessThan(33);
});

test('a client that asks and closes its side still gets the answer', async () => {
  const { path } = await agentWithRecords();
  const socket = await open(path);
  const answer = lines(socket, 1);
  socket.end('{"id":1,"method":"status"}\n');
  expect(JSON.parse((await answer)[0] ?? '')).toMatchObject({ result: { running: true } });
});

test('a client that never reads is let go; the answers it asked for do not pile up', async () => {
  const dir = temporaryDirectory();
  const path = join(dir, 'control.sock');
  let asked = 0;
  const server = await serveControl(
    path,
    () => {
      asked += 1;
      return Promise.resolve({ result: 'x'.repeat(1_000_000) });
    },
    { lineBytes: 1000, idleMs: 300, connections: 4 },
  );
  onTestFinished(() => server.close());
  const socket = await open(path);
  socket.pause();
  socket.write('{"id":1,"method":"m"}\n'.repeat(40));
  await expect.poll(() => asked).toBeGreaterThan(0);
  await expect.poll(() => server.connections(), { timeout: 10_000 }).toBe(0);
  expect(asked).toBeLessThan(5);
});

test('the socket of a dead agent is replaced, and gone after a clean end', async () => {
  const dir = temporaryDirectory();
  const path = join(dir, 'control.sock');
  writeFileSync(path, '');
  chmodSync(path, 0o666);
  const { keeper } = startKeeper(dir);
  await keeper.opened();
  expect(statSync(path).isSocket()).toBe(true);
  await keeper.close();
  expect(existsSync(path)).toBe(false);
  await expect(connectControl(dir)).rejects.toMatchObject({ code: 'agent-unreachable', exit: 5 });
});

test('a path too long for a socket costs the commands, not the records', async () => {
  const dir = join(temporaryDirectory(), 'x'.repeat(120));
  const { keeper, seen } = startKeeper(dir);
  keeper.keep(cycleBody(1), at(1));
  await keeper.flush();
  expect((await seen('control-unavailable')).level).toBe('warn');
  await expect(connectControl(dir)).rejects.toMatchObject({ code: 'agent-unreachable' });
});
