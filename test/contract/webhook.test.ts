/** Webhooks before real HTTP servers that take, refuse, dawdle, fail, hang up or are not to be trusted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createWebhooks } from '../../agent/outputs/webhook.ts';
import type { Alert, Attention, Handling } from '../../agent/records.ts';
import { outputsSchema } from '../../config/outputs-schema.ts';
import { Authority, type Pair } from '../fixtures/certificates.ts';
import { freePort } from '../fixtures/free-port.ts';
import { keepPlan } from '../fixtures/panel-plan.ts';
import { alertBody, startKeeper, temporaryDirectory } from '../unit/store-support.ts';

const handling = (attention: Attention): Handling => ({
  attention,
  acknowledged: null,
  shelved: null,
  falseAlarm: null,
  stale: false,
  returns: 0,
});

function alert(id: string, more: Partial<Alert> = {}): Alert {
  const body = alertBody(id, { severity: 'warning', handling: handling('call'), ...more });
  if (body.kind !== 'alert') throw new Error('no alert');
  return { ...body.alert, id, state: more.state ?? 'raised' };
}

interface Heard {
  readonly headers: IncomingMessage['headers'];
  readonly body: { readonly gateway: string; readonly alert: Alert };
}

type Answer = (response: ServerResponse, count: number) => void;

const say =
  (status: number): Answer =>
  (response) =>
    void response.writeHead(status).end();

/** A server that answers as told. */
async function server(answer: Answer = say(204), pair?: Pair, port = 0) {
  const heard: Heard[] = [];
  let count = 0;
  const hear = (request: IncomingMessage, response: ServerResponse): void => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      count += 1;
      heard.push({ headers: request.headers, body: JSON.parse(text) });
      answer(response, count);
    });
  };
  const served =
    pair === undefined
      ? createServer(hear)
      : createTlsServer({ cert: readFileSync(pair.cert), key: readFileSync(pair.key) }, hear);
  await new Promise<void>((resolve) => served.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => {
    served.closeAllConnections();
    served.close();
  });
  const { port: bound } = served.address() as AddressInfo;
  const scheme = pair === undefined ? 'http' : 'https';
  const ids = (): string[] => heard.map(({ body }) => `${body.alert.id} ${body.alert.state}`);
  return { heard, ids, url: `${scheme}://localhost:${bound}/alerts?key=in-the-url`, port: bound };
}

/** Webhooks on `url`, with everything they told of. */
function hook(url: string, more: object = {}, synced = true) {
  const told: string[] = [];
  const outputs = outputsSchema.parse({ office: { type: 'webhook', url, ...more } });
  const hooks = createWebhooks(
    { gateway: 'gw-1', outputs, synced },
    { tell: (kind, level, subject, text) => void told.push(`${level} ${kind} ${subject} ${text}`) },
    { firstRetryMs: 5 },
  );
  onTestFinished(() => hooks.close());
  return { hooks, told };
}

const soon = { timeout: 20_000 };

test('what calls for attention is posted with its gateway, and so is its end', async () => {
  const { heard, ids, url } = await server();
  const { hooks, told } = hook(url);
  const raised = alert('a1');
  hooks.onAlert(raised);
  await expect.poll(ids, soon).toEqual(['a1 raised']);
  hooks.onAlert(alert('a1', { state: 'updated', count: 2 }));
  hooks.onAlert(alert('a1', { state: 'cleared', handling: handling('shelved') }));
  await expect.poll(ids, soon).toEqual(['a1 raised', 'a1 cleared']);
  expect(heard[0]?.body).toEqual({ gateway: 'gw-1', alert: JSON.parse(JSON.stringify(raised)) });
  expect(heard[0]?.headers['content-type']).toBe('application/json');
  const good = { name: 'office', type: 'webhook', ok: true, detail: '', writes: 2, failed: 0 };
  await expect.poll(() => hooks.status()).toEqual([good]);
  expect(told).toEqual([]);
});

test('what does not call, or is less severe, is not posted; until it does, or is', async () => {
  const { ids, url } = await server();
  const { hooks } = hook(url);
  for (const attention of ['grouped', 'shelved', 'quiet'] as const) {
    hooks.onAlert(alert(attention, { handling: handling(attention) }));
    hooks.onAlert(alert(attention, { handling: handling(attention), state: 'cleared' }));
  }
  hooks.onAlert(alert('mild', { severity: 'caution' }));
  hooks.onAlert(alert('mild', { severity: 'caution', state: 'updated' }));
  hooks.onAlert(alert('quiet', { state: 'updated' }));
  await expect.poll(ids, soon).toEqual(['quiet updated']);
  hooks.onAlert(alert('mild', { severity: 'warning', state: 'updated' }));
  await expect.poll(ids, soon).toEqual(['quiet updated', 'mild updated']);
  hooks.onAlert(alert('mild', { severity: 'stop', state: 'updated' }));
  await expect.poll(ids, soon).toEqual(['quiet updated', 'mild updated', 'mild updated']);
});

test('least severity is as configured', async () => {
  const { ids, url } = await server();
  const { hooks } = hook(url, { minSeverity: 'info' });
  hooks.onAlert(alert('a1', { severity: 'info' }));
  await expect.poll(ids, soon).toEqual(['a1 raised']);
});

test('the end of one that an earlier run told of is posted', async () => {
  const { ids, url } = await server();
  const { hooks } = hook(url);
  hooks.onAlert(alert('old', { state: 'cleared' }));
  await expect.poll(ids, soon).toEqual(['old cleared']);
});

test('headers carry secrets, read anew each time', async () => {
  const { heard, url } = await server();
  const file = join(temporaryDirectory(), 'token');
  writeFileSync(file, 'Bearer first\n');
  process.env.PPURI_TEST_KEY = 'key-1';
  onTestFinished(() => void delete process.env.PPURI_TEST_KEY);
  const headers = { Authorization: { file }, 'X-Key': { env: 'PPURI_TEST_KEY' } };
  const { hooks } = hook(url, { headers });
  hooks.onAlert(alert('a1'));
  await expect.poll(() => heard.length, soon).toBe(1);
  writeFileSync(file, 'Bearer second\n');
  hooks.onAlert(alert('a2'));
  await expect.poll(() => heard.length, soon).toBe(2);
  expect(heard.map(({ headers: got }) => [got.authorization, got['x-key']])).toEqual([
    ['Bearer first', 'key-1'],
    ['Bearer second', 'key-1'],
  ]);
});

test.each<[string, Answer, RegExp]>([
  ['answers 500', say(500), /it answers 500/],
  ['answers 429', say(429), /it answers 429/],
  ['hangs up', (response) => void response.socket?.destroy(), /ECONNRESET|socket hang up/],
])('a server that %s is tried again, and then it is said', async (_, answer, why) => {
  const { ids, url } = await server(answer);
  const { hooks, told } = hook(url);
  hooks.onAlert(alert('a1'));
  await expect.poll(() => told, soon).toHaveLength(1);
  expect(ids()).toHaveLength(5);
  expect(told[0]).toMatch(/^warn webhook-gave-up office alert a1 .* in 5 tries/);
  expect(told[0]).toMatch(why);
  expect(hooks.status()).toMatchObject([{ ok: false, detail: expect.stringMatching(why) }]);
});

test('a server that is silent is waited for so long and no longer', async () => {
  const { url } = await server(() => undefined);
  const { hooks, told } = hook(url, { timeoutMs: 100 });
  hooks.onAlert(alert('a1'));
  await expect.poll(() => told, soon).toHaveLength(1);
  expect(told[0]).toContain('in 5 tries: no answer within 100 ms');
  expect(hooks.status()).toMatchObject([{ ok: false, failed: 5 }]);
});

test('a server that fails twice has it in the end, and nobody is told', async () => {
  const { ids, url } = await server((response, count) => say(count < 3 ? 503 : 200)(response, 0));
  const { hooks, told } = hook(url);
  hooks.onAlert(alert('a1'));
  await expect.poll(() => hooks.status()[0]?.writes, soon).toBe(1);
  expect(ids()).toHaveLength(3);
  expect(told).toEqual([]);
  expect(hooks.status()).toMatchObject([{ ok: true, detail: '', failed: 2 }]);
});

test.each([400, 401, 404, 301])('a refusal by %i is not asked again', async (status) => {
  const { ids, url } = await server(say(status));
  const { hooks, told } = hook(url);
  hooks.onAlert(alert('a1'));
  await expect.poll(() => told, soon).toHaveLength(1);
  expect(told[0]).toContain(`in 1 try: it answers ${status}`);
  expect(ids()).toEqual(['a1 raised']);
});

test('a server that is not there yet', async () => {
  const port = await freePort();
  const { hooks, told } = hook(`http://localhost:${port}/`);
  hooks.onAlert(alert('a1'));
  await expect.poll(() => told, soon).toHaveLength(1);
  expect(told[0]).toContain('ECONNREFUSED');
  const { ids } = await server(say(204), undefined, port);
  hooks.onAlert(alert('a2'));
  await expect.poll(ids, soon).toEqual(['a2 raised']);
});

test('slow: one request at a time, of one alert only the newest, of too many not the oldest', async () => {
  const held: ServerResponse[] = [];
  let open = 0;
  let most = 0;
  let slow = true;
  const { ids, url } = await server((response) => {
    open += 1;
    most = Math.max(most, open);
    response.on('close', () => {
      open -= 1;
    });
    if (slow) held.push(response);
    else say(204)(response, 0);
  });
  const { hooks, told } = hook(url, { timeoutMs: 60_000 });
  hooks.onAlert(alert('first'));
  await expect.poll(() => held.length, soon).toBe(1);
  hooks.onAlert(alert('gone'));
  hooks.onAlert(alert('gone', { state: 'cleared' }));
  for (let i = 0; i < 70; i++) hooks.onAlert(alert(`a${i}`));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^warn webhook-behind office more than 64 alerts wait/);
  slow = false;
  for (const response of held) say(204)(response, 0);
  await expect.poll(() => hooks.status()[0]?.writes, soon).toBe(65);
  const newest = Array.from({ length: 64 }, (_, i) => `a${i + 6} raised`);
  expect(ids()).toEqual(['first raised', ...newest]);
  expect(most).toBe(1);
  await expect
    .poll(() => told.at(-1))
    .toMatch(/^info webhook-caught-up office caught up; 7 alerts/);
});

test('an end that comes before its beginning was posted goes alone', async () => {
  let release: () => void = () => undefined;
  const { ids, url } = await server((response, count) => {
    if (count > 1) say(204)(response, 0);
    else release = () => say(204)(response, 0);
  });
  const { hooks } = hook(url);
  hooks.onAlert(alert('first'));
  await expect.poll(ids, soon).toHaveLength(1);
  hooks.onAlert(alert('short'));
  hooks.onAlert(alert('short', { state: 'cleared' }));
  release();
  await expect.poll(ids, soon).toEqual(['first raised', 'short cleared']);
});

test('TLS of another authority or name: nothing is sent; of the right one it is', async () => {
  const dir = temporaryDirectory();
  const [ours, theirs] = [new Authority(dir, 'ours'), new Authority(dir, 'theirs')];
  const right = ours.issue('right', 'DNS:localhost');
  const elsewhere = ours.issue('elsewhere', 'DNS:elsewhere.example');
  const cases = [
    { pair: right, ca: theirs.ca },
    { pair: right, ca: undefined },
    { pair: elsewhere, ca: ours.ca },
  ];
  for (const { pair, ca } of cases) {
    const { heard, url } = await server(say(204), pair);
    const { hooks, told } = hook(url, ca === undefined ? {} : { ca });
    hooks.onAlert(alert('a1'));
    await expect.poll(() => told, soon).toHaveLength(1);
    expect(told[0]).toMatch(/UNABLE_TO|CERT|SELF_SIGNED/);
    expect(heard).toEqual([]);
  }
  const { ids, url } = await server(say(204), right);
  const { hooks } = hook(url, { ca: ours.ca });
  hooks.onAlert(alert('a1'));
  await expect.poll(ids, soon).toEqual(['a1 raised']);
});

test('no secret is told: of a header, of the URL, or that the server repeats', async () => {
  const file = join(temporaryDirectory(), 'token');
  writeFileSync(file, 'canary-secret');
  const { url } = await server((response) => void response.writeHead(500).end('canary-secret'));
  const { hooks, told } = hook(url, { headers: { Authorization: { file } } });
  hooks.onAlert(alert('a1'));
  await expect.poll(() => told, soon).toHaveLength(1);
  writeFileSync(file, 'canary-secret\nin two lines');
  hooks.onAlert(alert('a2'));
  await expect.poll(() => told, soon).toHaveLength(2);
  const all = JSON.stringify([told, hooks.status()]);
  expect(all).toContain('ERR_INVALID_CHAR');
  expect(all).not.toMatch(/canary|in-the-url/);
});

test('a secret that is not there is said, without a request', async () => {
  const { ids, url } = await server();
  const { hooks, told } = hook(url, { headers: { Authorization: { env: 'PPURI_NOT_SET' } } });
  hooks.onAlert(alert('a1'));
  await expect.poll(() => told, soon).toHaveLength(1);
  expect(told[0]).toContain('there is no secret in environment variable PPURI_NOT_SET');
  expect(ids()).toEqual([]);
});

test('an answer without end is let go by, and closing waits for nothing', async () => {
  const { ids, url } = await server((response) => {
    response.writeHead(200);
    const more = setInterval(() => response.write('x'.repeat(1000)), 1);
    response.on('close', () => clearInterval(more));
  });
  const { hooks } = hook(url, { timeoutMs: 60_000 });
  hooks.onAlert(alert('a1'));
  hooks.onAlert(alert('a2'));
  await expect.poll(ids, soon).toEqual(['a1 raised', 'a2 raised']);
  const silent = await server(() => undefined);
  const { hooks: others, told } = hook(silent.url, { timeoutMs: 60_000 });
  others.onAlert(alert('a3'));
  await expect.poll(silent.ids, soon).toHaveLength(1);
  await others.close();
  others.onAlert(alert('a4'));
  expect(told).toEqual([]);
});

test('a lost notice is told as of its webhook, and no sync is spoken of where there is none', async () => {
  const { url } = await server(say(404));
  const outputs = outputsSchema.parse({ office: { type: 'webhook', url } });
  const beside = {
    ...keepPlan('127.0.0.1:0'),
    webhooks: { gateway: 'gw-1', outputs, synced: false },
  };
  const { keeper, seen } = startKeeper(temporaryDirectory(), { beside });
  // What works beside the store is there from then on.
  await seen('panel-listening');
  const raised = alert('a1');
  keeper.keep({ kind: 'alert', alert: raised }, raised.at);
  const event = await seen('webhook-gave-up');
  expect(event).toMatchObject({ subject: 'office', level: 'warn' });
  expect(event.text).toMatch(/^alert a1 .* in 1 try: it answers 404; .* no sync is configured$/);
  const synced = hook(url);
  synced.hooks.onAlert(alert('a2'));
  await expect.poll(() => synced.told, soon).toHaveLength(1);
  expect(synced.told[0]).toMatch(/its record is kept and goes by sync$/);
});
