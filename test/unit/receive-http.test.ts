/** What the receiver takes, what it refuses, and that a batch is kept whole or not at all. */
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { startHttpReceiver } from '../../agent/receive/http-receiver.ts';
import { openReceivedStore } from '../../agent/receive/received-store.ts';
import { messageOf } from '../../agent/sync/message.ts';
import { cycleBody, storedRecord } from '../fixtures/stored-records.ts';
import { temporaryDirectory } from './store-support.ts';

const named = { gateway: 'gw-1', site: 'busan-1' };
const line = (seq: number): string =>
  messageOf({ ...storedRecord(seq, cycleBody(seq)), historical: false, evicted: [] }, named);
const packed = (...lines: string[]): Buffer => gzipSync(`${lines.join('\n')}\n`);

async function receiver(token?: string) {
  const store = openReceivedStore(temporaryDirectory(), 'receive');
  onTestFinished(() => store.close());
  const problems: string[] = [];
  const { port, close } = await startHttpReceiver({
    ...{ host: '127.0.0.1', port: 0, keep: store.keep },
    onProblem: (problem) => void problems.push(problem),
    ...(token === undefined ? {} : { token }),
  });
  onTestFinished(close);
  const post = async (body: Buffer, more: Record<string, string> = {}, method = 'POST') => {
    const headers = { 'content-encoding': 'gzip', ...more };
    const sent = method === 'POST' ? { body: new Uint8Array(body) } : {};
    const answer = await fetch(`http://127.0.0.1:${port}/x`, { method, headers, ...sent });
    return { status: answer.status, said: (await answer.json()) as { error?: string } };
  };
  return { store, post, problems };
}

test('each record once; what comes again is counted and acknowledged', async () => {
  const { store, post } = await receiver();
  expect(await post(packed(line(1), line(2)))).toEqual({
    status: 200,
    said: { kept: 2, repeats: 0, conflicts: 0 },
  });
  expect(await post(packed(line(2), line(5)))).toEqual({
    status: 200,
    said: { kept: 1, repeats: 1, conflicts: 0 },
  });
  expect(store.report()).toEqual({
    records: 3,
    repeats: 1,
    conflicts: 0,
    boots: [
      {
        ...{ gateway: 'gw-1', boot: 'boot-a', records: 3, last: 5, absent: 2, missing: 2 },
        conflicts: 0,
      },
    ],
  });
});

test('other content under one key is told and kept apart; the first record stays in force', async () => {
  const { store, post, problems } = await receiver();
  const other = line(1).replace('"mold":"2102"', '"mold":"9999"');
  await post(packed(line(1), line(2)));
  expect((await post(packed(other, line(2)))).said).toEqual({ kept: 0, repeats: 1, conflicts: 1 });
  expect((await post(packed(other))).said).toEqual({ kept: 0, repeats: 1, conflicts: 0 });
  expect(problems.join()).toMatch(/1 of gw-1\/boot-a\/1-2: other content/);
  expect(store.report()).toMatchObject({ records: 2, repeats: 2, conflicts: 1 });
  expect(store.report().boots).toMatchObject([{ records: 2, conflicts: 1 }]);
});

test('a wall time that was put right and parts that were removed since are no other content', async () => {
  const { store, post } = await receiver();
  const sent = {
    ...storedRecord(1, cycleBody(1)),
    clockSynced: false,
    historical: false,
    evicted: [],
  } as const;
  const body = cycleBody(1);
  const cycle = body.kind === 'cycle' ? { ...body.cycle, features: {} } : null;
  const later = {
    ...sent,
    ...{ at: { ...sent.at, wallMs: 5 }, clockFilled: true, evicted: ['features'] as const },
    body: { ...body, cycle } as typeof body,
  };
  await post(packed(messageOf(sent, named), messageOf(later, named)));
  expect(store.report()).toMatchObject({ records: 1, repeats: 1, conflicts: 0 });
  const untold = { ...later, evicted: [] };
  await post(packed(messageOf(untold, named)));
  expect(store.report()).toMatchObject({ records: 1, repeats: 1, conflicts: 1 });
});

test('numbers that a gap tells of are not missing', async () => {
  const { store, post } = await receiver();
  const gap = { fromSeq: 2, toSeq: 3, count: 2, reason: 'memory-full' };
  const told = storedRecord(4, { kind: 'gap', gap });
  await post(packed(line(1), messageOf({ ...told, historical: false, evicted: [] }, named)));
  expect(store.report().boots[0]).toMatchObject({ records: 2, last: 4, absent: 2, missing: 0 });
});

test('a gap excuses no number beyond its range, and no record that is here', async () => {
  const { store, post } = await receiver();
  const gap = { fromSeq: 2, toSeq: 3, count: 2, reason: 'store-damaged' };
  const told = {
    ...storedRecord(4, { kind: 'gap', gap }),
    historical: false,
    evicted: [],
  } as const;
  await post(packed(line(1), line(2), line(3), messageOf(told, named), line(7)));
  expect(store.report().boots[0]).toMatchObject({ records: 5, absent: 2, missing: 2 });
  const wrong = { ...told, body: { kind: 'gap', gap: { ...gap, count: -5 } } } as const;
  expect((await post(packed(messageOf(wrong, named)))).status).toBe(400);
});

test('gaps that overlap excuse no number twice, and none that they do not count', async () => {
  const { store, post } = await receiver();
  const gap = (seq: number, fromSeq: number, toSeq: number, count: number, reason: string) => {
    const told = storedRecord(seq, { kind: 'gap', gap: { fromSeq, toSeq, count, reason } });
    return messageOf({ ...told, historical: false, evicted: [] }, named);
  };
  // 2 to 5 and 8 to 10 are absent; the short gap is one of 2 to 5.
  await post(packed(line(1), line(6), line(7), gap(11, 2, 10, 6, 'memory-full')));
  expect(store.report().boots[0]).toMatchObject({ absent: 7, missing: 1 });
  await post(packed(gap(12, 3, 3, 1, 'refused')));
  expect(store.report().boots[0]).toMatchObject({ absent: 7, missing: 0 });
  // 13 to 19 are absent too; what was told of 3 a second time excuses none of them.
  await post(packed(line(20), gap(21, 3, 3, 1, 'refused')));
  expect(store.report().boots[0]).toMatchObject({ absent: 14, missing: 7 });
});

test('a batch with one bad line is refused whole, with the line and why', async () => {
  const { store, post } = await receiver();
  const bad: [string, RegExp][] = [
    ['{', /line 2: not JSON/],
    ['[]', /line 2: /],
    [line(2).replace('"seq":2', '"seq":"2"'), /line 2: seq is no whole number/],
    [line(2).replace('"boot":"boot-a"', '"boot":""'), /line 2: boot is no text/],
    [line(2).replace('"clockSynced":true,', ''), /line 2: clockSynced is not said/],
  ];
  for (const [text, why] of bad) {
    const { status, said } = await post(packed(line(1), text, line(3)));
    expect(status).toBe(400);
    expect(said.error).toMatch(why);
  }
  expect(store.report().records).toBe(0);
});

test('no gzip, a bomb, another encoding, another method, another token', async () => {
  const { store, post } = await receiver('right');
  const right = { authorization: 'Bearer right' };
  const status = async (...args: Parameters<typeof post>) => (await post(...args)).status;
  expect(await status(Buffer.from('plain'), right)).toBe(400);
  expect(await status(gzipSync(Buffer.alloc(17 * 2 ** 20)), right)).toBe(413);
  expect(await status(Buffer.alloc(5 * 2 ** 20), right)).toBe(413);
  expect(await status(packed(line(1)), { ...right, 'content-encoding': 'br' })).toBe(415);
  expect(await status(packed(), right, 'PUT')).toBe(405);
  expect(await status(packed(line(1)))).toBe(401);
  expect(await status(packed(line(1)), { authorization: 'Bearer wrong' })).toBe(401);
  expect(store.report().records).toBe(0);
  expect(await status(packed(line(1)), { ...right, 'content-encoding': 'GZIP' })).toBe(200);
});
