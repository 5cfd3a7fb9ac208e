/** The panel's server over real sockets: names, origins, bodies, floods, streams and certificates. */

import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Authority } from '../fixtures/certificates.ts';
import {
  ask,
  codeOf,
  loggedIn,
  operator,
  Page,
  panelDirectory,
  startClaimed,
  startPanel,
} from '../fixtures/panel-client.ts';

const sitting = { name: 'local screen', role: 'operator', kiosk: false } as const;

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Also by a reset, which `once` would take for a failure. */
const closeOf = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', resolve));

/** Everything that comes until the other side ends. */
async function all(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  await closeOf(socket);
  return text;
}

/** A stream of events, as a page reads it. */
async function listen(port: number, headers: Readonly<Record<string, string>> = {}) {
  const socket = open(port);
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([k, v]) => `${k}: ${v}\r\n`);
  socket.write(`GET /events HTTP/1.1\r\n${lines.join('')}\r\n`);
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const seen = async (part: string): Promise<string> => {
    while (!text.includes(part)) await once(socket, 'data');
    return text;
  };
  await seen('\r\n\r\n');
  return { socket, seen };
}

describe('a page of another site', () => {
  test('that points a name of its own here is told nothing', async () => {
    const panel = await startPanel({ hosts: ['Press-3.plant.local'] }, { local: sitting });
    const at = (host: string) => ask(panel.port, '/api/overview', { headers: { host } });
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example'])
      expect((await at(host)).status).toBe(403);
    for (const head of ['GET /api/overview HTTP/1.1\r\nHost: ', 'GET /api/overview HTTP/1.0']) {
      const socket = open(panel.port);
      socket.write(`${head}\r\nConnection: close\r\n\r\n`);
      expect(await all(socket)).toMatch(/^HTTP\/1\.1 403 /);
    }
    const own = ['localhost', '127.0.0.1', '[::1]', hostname(), 'press-3.plant.local'];
    for (const host of own) expect((await at(`${host}:${panel.port}`)).status).toBe(200);
  });

  test('cannot change anything, whatever it sends', async () => {
    const panel = await startClaimed();
    const page = await loggedIn(panel, operator);
    const tries: [Record<string, string>, string][] = [
      [{ origin: 'http://evil.example' }, 'cross-site'],
      [{ origin: 'null' }, 'cross-site'],
      [{ origin: `http://127.0.0.1:${panel.port + 1}` }, 'cross-site'],
      [{ 'sec-fetch-site': 'cross-site' }, 'cross-site'],
      [{ 'sec-fetch-site': 'same-site' }, 'cross-site'],
      [{ 'sec-fetch-site': 'none' }, 'cross-site'],
      [{ 'content-type': 'text/plain' }, 'not-json'],
      [{ 'content-type': 'application/x-www-form-urlencoded' }, 'not-json'],
      [{ 'content-type': 'multipart/form-data; boundary=x' }, 'not-json'],
      [{ 'content-type': '' }, 'not-json'],
      [{ 'x-ppuri-token': '' }, 'token-wrong'],
      [{ 'x-ppuri-token': 'A'.repeat(43) }, 'token-wrong'],
    ];
    for (const [headers, why] of tries)
      expect(codeOf(await page.post('/api/labels', {}, headers))).toBe(why);
    // Nor log somebody in as somebody else.
    const login = await page.post('/api/login', operator, { origin: 'http://evil.example' });
    expect([codeOf(login), login.headers['set-cookie']]).toEqual(['cross-site', undefined]);
    expect(panel.changes).toEqual([]);
    expect((await page.post('/api/labels', {})).status).toBe(200);
  });

  test('cannot read, listen, or have a GET do something', async () => {
    const panel = await startPanel({}, { local: sitting });
    const headers = { 'sec-fetch-site': 'cross-site' };
    for (const path of ['/api/me', '/api/overview', '/events'])
      expect((await ask(panel.port, path, { headers })).status).toBe(403);
    expect(panel.server.stream.clients).toBe(0);
    const got = await ask(panel.port, '/api/labels');
    expect([got.status, got.headers.allow]).toEqual([405, 'POST']);
    expect(got.headers).not.toHaveProperty('access-control-allow-origin');
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      expect((await ask(panel.port, '/api/labels', { method })).status).toBe(405);
    expect(panel.changes).toEqual([]);
  });
});

describe('pages', () => {
  test('are packed, known again, and run no script but their own', async () => {
    const panel = await startPanel();
    const plain = await ask(panel.port, '/');
    expect(plain.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
    expect(plain.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-cache',
    });
    const etag = String(plain.headers.etag);
    const known = await ask(panel.port, '/', { headers: { 'if-none-match': etag } });
    expect([known.status, known.body]).toEqual([304, '']);
    const socket = open(panel.port);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    const head = bytes.indexOf('\r\n\r\n') + 4;
    expect(bytes.subarray(0, head).toString()).toContain('Content-Encoding: gzip');
    expect(gunzipSync(bytes.subarray(head)).toString()).toBe(plain.body);
  });

  test('a step of a path is decoded once, and what is no name is no page', async () => {
    const panel = await startPanel({}, { local: sitting });
    const at = (path: string) => ask(panel.port, path);
    expect((await at('/api/machines/3%ED%98%B8%EA%B8%B0?shots=60')).body).toBe('{"rest":"3호기"}');
    for (const path of ['/api/machines/', '/api/machines/%ff', '/api/machines/a/b', '/../x', '*'])
      expect([path, (await at(path)).status]).toEqual([path, 404]);
    expect((await at('http://evil.example/api/overview')).status).toBe(404);
  });

  test('one that fails says no more than that, and the log the rest', async () => {
    const broken = () => {
      throw new Error('/var/lib/secret is broken');
    };
    const panel = await startPanel({
      routes: [['/broken', { method: 'GET', role: 'anyone', handle: broken }]],
    });
    const got = await ask(panel.port, '/broken');
    expect([got.status, codeOf(got)]).toEqual([500, 'failed']);
    expect(got.body).not.toContain('secret');
    expect(String(panel.faults[0])).toContain('secret');
  });
});

describe('bodies', () => {
  const headOf = (port: number, token: string, more: string): string =>
    `POST /api/labels HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nX-Ppuri-Token: ${token}\r\n${more}\r\n\r\n`;

  test('ten megabytes are refused by their length, hardly read, and the rest is cut off', async () => {
    const panel = await startPanel({}, { local: sitting });
    const { token } = await new Page(panel.port).me();
    const socket = open(panel.port);
    socket.write(headOf(panel.port, token ?? '', `Content-Length: ${10 * 2 ** 20}`));
    const [reply] = (await once(socket, 'data')) as [Buffer];
    expect(reply.toString()).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    const closed = closeOf(socket);
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk));
      if (!socket.destroyed) socket.once('drain', pour);
    };
    pour();
    await closed;
    // What the system itself had taken in meanwhile counts too.
    expect(socket.bytesWritten - socket.writableLength).toBeLessThan(9 * 2 ** 20);
    expect(panel.changes).toEqual([]);
  });

  test('who asks first whether to send is told no before anything is sent', async () => {
    const panel = await startPanel({}, { local: sitting });
    const { token } = await new Page(panel.port).me();
    const socket = open(panel.port);
    const length = `Content-Length: ${10 * 2 ** 20}\r\nExpect: 100-continue`;
    socket.write(headOf(panel.port, token ?? '', length));
    const text = await all(socket);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).not.toContain('100 Continue');
    const small = open(panel.port);
    small.write(headOf(panel.port, token ?? '', 'Content-Length: 2\r\nExpect: 100-continue'));
    const [go] = (await once(small, 'data')) as [Buffer];
    expect(go.toString()).toContain('100 Continue');
    small.write('{}');
    const [done] = (await once(small, 'data')) as [Buffer];
    expect(done.toString()).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('one without a length ends where it grows too long', async () => {
    const panel = await startPanel({}, { local: sitting });
    const { token } = await new Page(panel.port).me();
    const socket = open(panel.port);
    socket.write(headOf(panel.port, token ?? '', 'Transfer-Encoding: chunked'));
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    for (let i = 0; i < 6; i++) socket.write(chunk);
    const [reply] = (await once(socket, 'data')) as [Buffer];
    expect(reply.toString()).toMatch(/^HTTP\/1\.1 413 /);
    expect(panel.changes).toEqual([]);
  });

  test('a route that takes more takes it, and no longer body', async () => {
    const panel = await startPanel({}, { local: sitting });
    const page = new Page(panel.port);
    await page.me();
    const csv = 'x'.repeat(1_000_000);
    expect((await page.post('/api/labels/import', { csv })).status).toBe(200);
    expect((await page.post('/api/labels/import', { csv: csv + csv })).status).toBe(413);
    expect((await page.post('/api/labels', { csv })).status).toBe(413);
    expect(panel.changes).toEqual(['/api/labels/import']);
  });

  test.each(['{', '', '{"id":1}}', '\u0000'])('%j is no JSON', async (body) => {
    const panel = await startPanel({}, { local: sitting });
    const { token } = await new Page(panel.port).me();
    const headers = { 'content-type': 'application/json', 'x-ppuri-token': token ?? '' };
    const got = await ask(panel.port, '/api/labels', { method: 'POST', headers, body });
    expect(codeOf(got)).toBe('bad-request');
  });
});

describe('floods', () => {
  test('a thousand idle sockets stop neither a page nor a stream nor a login', async () => {
    const panel = await startClaimed({}, { local: sitting });
    const stream = await listen(panel.port);
    const idle: Socket[] = [];
    for (let i = 0; i < 1000; i++) {
      const socket = open(panel.port);
      await once(socket, 'connect');
      idle.push(socket);
      if (i % 100 === 0) expect((await ask(panel.port, '/')).status).toBe(200);
    }
    expect((await ask(panel.port, '/api/overview')).status).toBe(200);
    await loggedIn(panel, operator);
    panel.server.stream.push('overview', '{"still":"here"}');
    await stream.seen('event: overview\ndata: {"still":"here"}\n\n');
    // Most were let go of, so that memory stays bounded.
    expect(idle.filter(({ destroyed }) => destroyed).length).toBeGreaterThan(800);
  });

  test('those of one address do not push out the idle connection of another', async () => {
    const panel = await startPanel();
    const other = connect({ port: panel.port, host: '127.0.0.1', localAddress: '127.0.0.9' });
    onTestFinished(() => void other.destroy());
    await once(other, 'connect');
    for (let i = 0; i < 400; i++) await once(open(panel.port), 'connect');
    other.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [reply] = (await once(other, 'data')) as [Buffer];
    expect(reply.toString()).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('headers that never end, and what is no HTTP, are cut off', async () => {
    const panel = await startPanel();
    const noise = open(panel.port);
    noise.write('\u0000\u0001 not HTTP\r\n\r\n');
    await all(noise);
    const slow = open(panel.port);
    slow.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const drip = setInterval(() => slow.write('a'), 100);
    onTestFinished(() => clearInterval(drip));
    await all(slow);
    expect((await ask(panel.port, '/')).status).toBe(200);
    const huge = open(panel.port);
    huge.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Huge: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(await all(huge)).not.toContain('200 OK');
  });
});

describe('streams', () => {
  test('all who listen get each event once, a new one its welcome', async () => {
    const welcome = () => [{ event: 'overview', data: '{"n":0}' }];
    const panel = await startPanel({ stream: { path: '/events', welcome } }, { local: sitting });
    const listeners = await Promise.all(Array.from({ length: 20 }, () => listen(panel.port)));
    expect(panel.server.stream.clients).toBe(20);
    panel.server.stream.push('shot', '{"machine":"dc-03"}');
    panel.server.stream.push('shot', '{"two":\n"lines"}');
    for (const { seen } of listeners) {
      const text = await seen('"lines"}\n\n');
      expect(text).toContain('retry: 1000\n\n');
      expect(text).toContain('event: overview\ndata: {"n":0}\n\n');
      expect(text.match(/data: {"machine":"dc-03"}/g)).toHaveLength(1);
      expect(text).toContain('event: shot\ndata: {"two":\ndata: "lines"}\n\n');
    }
    for (const { socket } of listeners) socket.destroy();
    while (panel.server.stream.clients > 0) await ask(panel.port, '/healthz');
  });

  test('one address gets so many, another still its own, and nobody without a right', async () => {
    const panel = await startPanel({}, { local: sitting });
    for (let i = 0; i < 24; i++) await listen(panel.port);
    const refused = await ask(panel.port, '/events');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '10']);
    const other = connect({ port: panel.port, host: '127.0.0.1', localAddress: '127.0.0.9' });
    onTestFinished(() => void other.destroy());
    other.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [reply] = (await once(other, 'data')) as [Buffer];
    expect(reply.toString()).toContain('text/event-stream');
    const strict = await startPanel();
    expect((await ask(strict.port, '/events')).status).toBe(401);
  });

  test('one that does not read is cut off, the others get all', async () => {
    const panel = await startPanel({}, { local: sitting });
    const good = await listen(panel.port);
    const stuck = await listen(panel.port);
    stuck.socket.pause();
    const big = 'x'.repeat(200_000);
    let n = 0;
    while (panel.server.stream.clients === 2) {
      n += 1;
      panel.server.stream.push('overview', `${big}${n}`);
      await good.seen(`${big}${n}\n\n`);
    }
    panel.server.stream.push('overview', 'the end');
    await good.seen('data: the end\n\n');
    expect(panel.server.stream.clients).toBe(1);
  });
});

describe('TLS', () => {
  /** Serial number of the certificate that a new connection meets. */
  async function serialAt(port: number, ca: Buffer): Promise<string> {
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().serialNumber;
  }

  test('its own certificate, a renewed one while it runs, and cookies for TLS alone', async () => {
    const dir = panelDirectory();
    const authority = new Authority(dir, 'plant-ca');
    const ca = readFileSync(authority.ca);
    const [first, second] = ['first', 'second'].map((name) =>
      authority.issue(name, 'DNS:localhost,IP:127.0.0.1'),
    );
    const tls = { cert: join(dir, 'panel.pem'), key: join(dir, 'panel.key') };
    const install = (file: 'cert' | 'key', pair = first): void =>
      copyFileSync(pair?.[file] ?? '', tls[file]);
    install('cert');
    install('key');
    const panel = await startClaimed({ tls });
    const before = await serialAt(panel.port, ca);
    const page = new Page(panel.port, '127.0.0.1', ca);
    const got = await page.login(operator.name, operator.password);
    expect(String(got.headers['set-cookie'])).toMatch(/; Secure$/);
    expect((await page.post('/api/labels', {})).status).toBe(200);
    const plain = { origin: `http://127.0.0.1:${panel.port}` };
    expect(codeOf(await page.post('/api/labels', {}, plain))).toBe('cross-site');
    // Half of a renewal: the old pair goes on, and it is said.
    install('cert', second);
    expect(await serialAt(panel.port, ca)).toBe(before);
    expect(panel.faults).toHaveLength(1);
    install('key', second);
    const after = await serialAt(panel.port, ca);
    expect(after).not.toBe(before);
    expect((await page.get('/api/overview')).status).toBe(200);
    await expect(ask(panel.port, '/')).rejects.toThrow();
  });

  test('older than 1.2 is refused, and without its files nothing is served', async () => {
    const dir = panelDirectory();
    const authority = new Authority(dir, 'plant-ca');
    const pair = authority.issue('panel', 'DNS:localhost');
    const panel = await startPanel({ tls: pair });
    const old = connectTls({
      ...{ port: panel.port, host: '127.0.0.1', ca: readFileSync(authority.ca) },
      ...{ servername: 'localhost', minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
      ciphers: 'ALL:@SECLEVEL=0',
    } as const);
    const [error] = await once(old, 'error').catch((thrown) => [thrown]);
    expect(String(error)).toMatch(/protocol|version|alert/i);
    const gone = { ...pair, cert: join(dir, 'gone.pem') };
    await expect(startPanel({ tls: gone })).rejects.toThrow('ENOENT');
    const misfit = authority.issue('other', 'DNS:localhost');
    await expect(startPanel({ tls: { ...pair, key: misfit.key } })).rejects.toThrow();
  });
});
