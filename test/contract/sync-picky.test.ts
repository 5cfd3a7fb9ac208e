/** Targets that do not take some records, or nothing at all, over HTTPS: what is held up, what given up. */
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { type ControlClient, connectControl } from '../../agent/store/control-client.ts';
import { PpuriError } from '../../config/errors.ts';
import { alertBody, cycleBody } from '../fixtures/stored-records.ts';
import { planOf } from '../fixtures/sync-plan.ts';
import { startKeeper, temporaryDirectory } from '../unit/store-support.ts';

const at = () => ({ monoMs: 1, wallMs: Date.now() });

interface Came {
  readonly seqs: number[];
  readonly lane: string;
}

/** `status`: of a batch with these seqs. `taken` has what got 2xx, in order. */
async function picky(status: (seqs: readonly number[]) => number, text = 'so it is') {
  const taken: Came[] = [];
  const waits: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];
  let batches = 0;
  const read = async (request: IncomingMessage): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    return Buffer.concat(parts);
  };
  const listening = createServer(async (request, response) => {
    const body = await read(request);
    const lines = gunzipSync(body).toString().trim().split('\n');
    const seqs = lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
    batches += 1;
    const answer = status(seqs);
    if (answer < 300) taken.push({ seqs, lane: String(request.headers['ppuri-lane']) });
    response.writeHead(answer).end(text);
    for (const wait of waits) if (wait.holds()) wait.resolve();
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
  });
  const { port } = listening.address() as AddressInfo;
  const seqs = (): number[] => taken.flatMap((came) => came.seqs);
  return {
    taken,
    seqs,
    url: `http://127.0.0.1:${port}/`,
    batches: () => batches,
    until: (holds: () => boolean): Promise<void> =>
      holds() ? Promise.resolve() : new Promise((resolve) => waits.push({ holds, resolve })),
  };
}

/** The agent's socket, once it is there. */
async function reach(dir: string): Promise<ControlClient> {
  for (;;)
    try {
      const client = await connectControl(dir);
      onTestFinished(() => client.close());
      const { keep } = await client.ask('status', {});
      if (keep !== null && keep.targets.length > 0) return client;
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
    }
}

function keepShots(
  keeper: ReturnType<typeof startKeeper>['keeper'],
  from: number,
  to: number,
): void {
  for (let seq = from; seq <= to; seq += 1) keeper.keep(cycleBody(seq), at());
}

test('records that a server fails on step aside and are named; all others arrive, live ones too', async () => {
  const bad = (seq: number): boolean => seq % 97 === 0;
  const server = await picky((seqs) => (seqs.some(bad) ? 500 : 200));
  const sync = planOf([{ type: 'https', url: server.url }]);
  const { keeper, seen } = startKeeper(temporaryDirectory(), { sync });
  keepShots(keeper, 1, 200);
  expect((await seen('sync-held')).text).toMatch(/\/97\b.*500/);
  keepShots(keeper, 201, 210);
  await server.until(() => new Set(server.seqs()).size === 208);
  const { pending, gaps } = await keeper.query('ledger', {});
  expect([pending, gaps]).toEqual([{ https: 2 }, []]);
}, 60_000);

test('a server that takes nothing at all gives up nothing, and all arrives once it does', async () => {
  let status = 400;
  const server = await picky(() => status);
  const sync = planOf([{ type: 'https', url: server.url }]);
  const { keeper, seen } = startKeeper(temporaryDirectory(), { sync });
  keepShots(keeper, 1, 60);
  expect(await seen('sync-takes-nothing')).toMatchObject({ level: 'error' });
  status = 200;
  await server.until(() => new Set(server.seqs()).size === 60);
  expect((await keeper.query('ledger', {})).gaps).toEqual([]);
}, 60_000);

test('within a limit an alert overtakes a long backlog, and what is kept now the rest of it', async () => {
  const server = await picky(() => 200);
  const dir = temporaryDirectory();
  const before = startKeeper(dir);
  keepShots(before.keeper, 1, 1500);
  await before.keeper.flush(20_000);
  await before.keeper.close();
  const sync = planOf([{ type: 'https', url: server.url, maxKibPerSecond: 4 }]);
  const { keeper } = startKeeper(dir, { sync });
  await server.until(() => server.taken.length > 0);
  const alert = keeper.keep(alertBody(1), at());
  const shot = keeper.keep(cycleBody(1501), at());
  const lanes = () => server.taken.map(({ lane }) => lane);
  await server.until(() => lanes().includes('alert'));
  expect(server.seqs().length).toBeLessThan(200);
  expect(server.taken.find(({ lane }) => lane === 'alert')?.seqs).toEqual([alert.seq]);
  await server.until(() =>
    server.taken.some(
      ({ lane, seqs }) => lane === 'live' && seqs.includes(shot.seq) && seqs.length < 100,
    ),
  );
  expect(server.seqs().length).toBeLessThan(400);
}, 60_000);

test('what was given up is told after a restart, and taken once somebody says to try again', async () => {
  let isMended = false;
  const server = await picky((seqs) => (!isMended && seqs.includes(3) ? 422 : 200));
  const dir = temporaryDirectory();
  const sync = planOf([{ type: 'https', url: server.url }]);
  const first = startKeeper(dir, { sync });
  keepShots(first.keeper, 1, 5);
  await first.seen('sync-refused');
  await first.keeper.close();
  startKeeper(dir, { sync });
  const client = await reach(dir);
  const facts = async () => (await client.ask('status', {})).keep?.targets[0];
  expect(await facts()).toMatchObject({ undeliverable: 1 });
  isMended = true;
  expect(await client.command('redeliver', { target: 'https' })).toMatchObject({ count: 1 });
  await server.until(() => server.seqs().includes(3));
  expect(await facts()).toMatchObject({ undeliverable: 0 });
  expect((await client.ask('ledger', {})).gaps).toEqual([]);
  await expect(client.command('redeliver', { target: 'nobody' })).rejects.toMatchObject({
    code: 'usage',
  });
}, 60_000);

test('a server that shows what it was sent puts no secret into an event', async () => {
  const token = 'canary "+/= token';
  const shown = `${token} ${JSON.stringify({ token })} ${encodeURIComponent(token)}`;
  const server = await picky(() => 400, `you sent ${shown}`);
  const dir = temporaryDirectory();
  const file = join(dir, 'token');
  writeFileSync(file, token);
  const sync = planOf([{ type: 'https', url: server.url, token: { file } }]);
  const { keeper, seen, events } = startKeeper(join(dir, 'store'), { sync });
  keepShots(keeper, 1, 10);
  expect((await seen('sync-takes-nothing')).text).toContain('you sent ***');
  expect(JSON.stringify(events)).not.toContain('canary');
}, 60_000);
