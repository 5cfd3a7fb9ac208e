/** Who may use the panel, over real sockets: claim, login, roles, kiosks, and how guessing ends. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  admin,
  ask,
  codeOf,
  loggedIn,
  operator,
  Page,
  type Running,
  startClaimed,
  startPanel,
} from '../fixtures/panel-client.ts';

const sitting = { name: '현장 화면', role: 'operator', kiosk: false } as const;
const cli = { who: 'root', from: 'cli' } as const;

/** A clock that is turned by hand. */
function handClock() {
  let ms = 1000;
  return { nowMs: () => ms, pass: (more: number) => (ms += more) };
}

const claimOf = (panel: Running, code = panel.codes[0] ?? '') => ({ code, ...admin });

describe('a new gateway', () => {
  test('its code makes one administrator, once, who is logged in by it', async () => {
    const panel = await startPanel();
    expect(panel.codes[0]).toMatch(/^[A-HJKMNP-Z2-9]{8}$/);
    const page = new Page(panel.port);
    expect(await page.me()).toEqual({ visitor: null, claimable: true, token: null });
    const code = panel.codes[0] ?? '';
    const typed = `${code.slice(0, 4)}-${code.slice(4)} `.toLowerCase();
    expect((await page.post('/api/claim', claimOf(panel, typed))).status).toBe(200);
    expect(await page.me()).toMatchObject({
      visitor: { name: 'kim', role: 'admin' },
      claimable: false,
    });
    const other = new Page(panel.port);
    expect(codeOf(await other.post('/api/claim', claimOf(panel, code)))).toBe('claimed-already');
    expect(panel.access.users).toEqual([{ name: 'kim', role: 'admin' }]);
    expect(panel.deeds.map(({ what, who }) => [what, who])).toEqual([
      ['claimed', 'kim'],
      ['login', 'kim'],
    ]);
  });

  test('two who claim at once: one gets it', async () => {
    const panel = await startPanel();
    const [a, b] = [new Page(panel.port), new Page(panel.port)];
    const code = panel.codes[0] ?? '';
    const got = await Promise.all([
      a.post('/api/claim', { code, name: 'lee', password: 'password of lee' }),
      b.post('/api/claim', { code, name: 'park', password: 'password of park' }),
    ]);
    expect(got.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(panel.access.users).toHaveLength(1);
  });

  test('wrong codes make nobody anything, and soon cost a wait', async () => {
    const clock = handClock();
    const panel = await startPanel({}, clock);
    const page = new Page(panel.port);
    const tried: number[] = [];
    for (let i = 0; i < 5; i++)
      tried.push((await page.post('/api/claim', claimOf(panel, 'AAAAAAAA'))).status);
    expect(tried).toEqual([403, 403, 403, 403, 429]);
    expect(codeOf(await page.post('/api/claim', claimOf(panel)))).toBe('wait');
    expect(panel.access.users).toEqual([]);
    clock.pass(1000);
    expect((await page.post('/api/claim', claimOf(panel))).status).toBe(200);
  });

  test('a bad name or password claims nothing, and the code still holds', async () => {
    const panel = await startPanel();
    const page = new Page(panel.port);
    const code = panel.codes[0] ?? '';
    for (const [name, password, why] of [
      ['kim', 'short', 'password-invalid'],
      ['long-name-it-is', 'Long-Name-It-Is', 'password-invalid'],
      ['<script>', 'long enough 12', 'name-invalid'],
      ['', 'long enough 12', 'name-invalid'],
    ] as const)
      expect(codeOf(await page.post('/api/claim', { code, name, password }))).toBe(why);
    expect(panel.access.users).toEqual([]);
    expect(panel.access.claimCode).toBe(code);
  });
});

describe('login', () => {
  test('a name in other case or other Hangul composition is the same user', async () => {
    const panel = await startClaimed();
    const page = new Page(panel.port);
    const { name, password } = operator;
    const got = await page.login(name.normalize('NFD'), password.normalize('NFD'));
    expect(got.status).toBe(200);
    const [cookie = ''] = got.headers['set-cookie'] as string[];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect((await page.me()).visitor).toEqual({ name, role: 'operator', kiosk: false });
    expect((await new Page(panel.port).login('KIM', admin.password)).status).toBe(200);
  });

  test('a wrong password and an unknown user are answered alike', async () => {
    const panel = await startClaimed();
    const page = new Page(panel.port);
    const wrong = await page.login('kim', 'not this one');
    const unknown = await page.login('nobody', 'not this one');
    expect([wrong.status, wrong.body]).toEqual([401, unknown.body]);
    expect(wrong.headers).not.toHaveProperty('set-cookie');
    // What was typed for a name may be a password: the audit does not keep it.
    expect(panel.deeds).toEqual([
      { what: 'login-failed', subject: 'kim', who: 'kim', from: 'panel', detail: '127.0.0.1, 1×' },
    ]);
  });

  test('guessing costs ever longer waits; the right password after one works, others go on', async () => {
    const clock = handClock();
    const panel = await startClaimed({}, clock);
    const thief = new Page(panel.port, '127.0.0.2');
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      let got = await thief.login('kim', `guess number ${i}`);
      if (got.status === 429) {
        const { retryAfterS } = JSON.parse(got.body).error;
        expect(got.headers['retry-after']).toBe(String(retryAfterS));
        waits.push(retryAfterS);
        clock.pass(retryAfterS * 1000);
        got = await thief.login('kim', `guess number ${i}`);
      }
      expect(got.status).toBe(401);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    // The administrator has to wait too, the operator at another address does not.
    const kim = new Page(panel.port);
    expect((await kim.login('kim', admin.password)).status).toBe(429);
    await loggedIn(panel, operator);
    clock.pass(60_000);
    expect((await kim.login('kim', admin.password)).status).toBe(200);
  });

  test('many guesses at once are no way around the wait', async () => {
    const panel = await startClaimed({}, handClock());
    const got = await Promise.all(
      Array.from({ length: 40 }, (_, i) => new Page(panel.port).login('kim', `guess number ${i}`)),
    );
    const tried = got.filter(({ status }) => status === 401);
    expect(tried.length).toBeLessThanOrEqual(4);
    expect(got.every(({ status }) => [401, 429].includes(status))).toBe(true);
  });

  test('one address that tries many names has to wait as well', async () => {
    const panel = await startClaimed({}, handClock());
    const thief = new Page(panel.port, '127.0.0.2');
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++)
      statuses.push((await thief.login(`name-${i}`, 'one for all 12')).status);
    expect(statuses).toEqual([...Array(11).fill(401), 429]);
    await loggedIn(panel, admin);
  });
});

describe('sessions', () => {
  test('a stolen cookie is worth nothing after the logout, nor is its stream', async () => {
    const panel = await startClaimed();
    const page = await loggedIn(panel, operator);
    const thief = new Page(panel.port);
    thief.cookie = page.cookie;
    await thief.me();
    expect((await thief.get('/api/overview')).status).toBe(200);
    const streamed = ask(panel.port, '/events', { headers: { cookie: thief.cookie } });
    const cut = expect(streamed).rejects.toThrow();
    while (panel.server.stream.clients === 0) await page.get('/healthz');
    expect((await page.post('/api/logout', {})).status).toBe(200);
    await cut;
    expect((await thief.get('/api/overview')).status).toBe(401);
    expect((await thief.post('/api/labels', {})).status).toBe(401);
    expect(panel.changes).toEqual([]);
  });

  test('they outlive a restart; only hashes of their secrets are on the disk', async () => {
    const before = await startClaimed();
    const page = await loggedIn(before, operator);
    await before.end();
    const file = join(before.dir, 'access.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(page.cookie.split('=')[1]);
    expect(text).not.toContain(operator.password);
    const after = await startPanel({ dir: before.dir });
    expect(after.codes).toEqual([]);
    const again = new Page(after.port);
    again.cookie = page.cookie;
    again.token = page.token;
    expect((await again.post('/api/labels', {})).status).toBe(200);
  });

  test('unused for twelve hours one ends; used in between it goes on', async () => {
    const clock = handClock();
    const panel = await startClaimed({}, clock);
    const page = await loggedIn(panel, operator);
    clock.pass(11.9 * 3_600_000);
    expect((await page.get('/api/overview')).status).toBe(200);
    clock.pass(11.9 * 3_600_000);
    expect((await page.get('/api/overview')).status).toBe(200);
    clock.pass(12.1 * 3_600_000);
    expect((await page.get('/api/overview')).status).toBe(401);
  });

  test('beyond fifty the one unused longest ends', async () => {
    const panel = await startClaimed();
    const first = await loggedIn(panel, operator);
    const second = await loggedIn(panel, operator);
    for (let i = 0; i < 48; i++) await loggedIn(panel, operator);
    expect((await first.get('/api/overview')).status).toBe(200);
    await loggedIn(panel, operator);
    expect((await second.get('/api/overview')).status).toBe(401);
    expect((await first.get('/api/overview')).status).toBe(200);
  });

  test('removing a user or changing the password ends the sessions, changing the role holds at once', async () => {
    const panel = await startClaimed();
    const chief = await loggedIn(panel, admin);
    const page = await loggedIn(panel, operator);
    const put = (more: object) => chief.post('/api/users/put', { name: operator.name, ...more });
    expect((await put({ role: 'viewer', password: null })).status).toBe(200);
    expect(codeOf(await page.post('/api/labels', {}))).toBe('not-allowed');
    expect((await put({ role: 'operator', password: 'another one 34' })).status).toBe(200);
    expect((await page.get('/api/overview')).status).toBe(401);
    const again = await loggedIn(panel, { ...operator, password: 'another one 34' });
    await chief.post('/api/users/remove', { name: operator.name });
    expect((await again.get('/api/overview')).status).toBe(401);
    expect(panel.deeds.filter(({ what }) => what === 'user-changed')).toMatchObject([
      { subject: operator.name, who: 'kim', detail: 'role viewer' },
      { subject: operator.name, who: 'kim', detail: 'role operator, password' },
      { subject: operator.name, who: 'kim', detail: 'removed' },
    ]);
  });
});

describe('roles', () => {
  const routes = [
    ['GET', '/healthz', 'anyone'],
    ['GET', '/', 'anyone'],
    ['GET', '/api/overview', 'viewer'],
    ['POST', '/api/alerts/acknowledge', 'kiosk'],
    ['POST', '/api/buzzer/silence', 'kiosk'],
    ['POST', '/api/alerts/shelve', 'operator'],
    ['POST', '/api/labels', 'operator'],
    ['GET', '/api/users', 'admin'],
    ['POST', '/api/users/put', 'admin'],
    ['POST', '/api/users/remove', 'admin'],
  ] as const;
  const may: Readonly<Record<string, readonly string[]>> = {
    nobody: ['anyone'],
    kiosk: ['anyone', 'viewer', 'kiosk'],
    viewer: ['anyone', 'viewer'],
    operator: ['anyone', 'viewer', 'kiosk', 'operator'],
    admin: ['anyone', 'viewer', 'kiosk', 'operator', 'admin'],
  };

  test('each may what is theirs and nothing above it', async () => {
    const panel = await startClaimed();
    await panel.access.putUser(cli, { name: 'guest', password: 'long enough 12', role: 'viewer' });
    const token = await panel.access.putKiosk(cli, 'line-3');
    const pages: Record<string, Page> = {
      nobody: new Page(panel.port),
      kiosk: new Page(panel.port),
      viewer: await loggedIn(panel, { name: 'guest', password: 'long enough 12' }),
      operator: await loggedIn(panel, operator),
      admin: await loggedIn(panel, admin),
    };
    const opened = await pages.kiosk?.get(`/kiosk?token=${token}`);
    expect([opened?.status, opened?.headers.location]).toEqual([303, '/']);
    expect(await pages.kiosk?.me()).toMatchObject({ visitor: { name: 'line-3', kiosk: true } });
    const users = panel.access.users;
    for (const [who, page] of Object.entries(pages)) {
      for (const [method, path, role] of routes) {
        const changed = panel.changes.length;
        const got = await (method === 'GET' ? page.get(path) : page.post(path, {}));
        const allowed = may[who]?.includes(role) === true;
        // Without a name in it a change of users is understood and refused.
        const expected = !allowed
          ? [who === 'nobody' ? 401 : 403]
          : path.startsWith('/api/users/')
            ? [400]
            : [200];
        expect([who, path, expected]).toEqual([who, path, [got.status]]);
        if (!allowed) expect(panel.changes).toHaveLength(changed);
      }
    }
    expect(panel.access.users).toEqual(users);
  });

  test('a kiosk cannot log anyone out, and its token ends with a new one', async () => {
    const panel = await startClaimed();
    const token = await panel.access.putKiosk(cli, 'line-3');
    const screen = new Page(panel.port);
    await screen.get(`/kiosk?token=${token}`);
    await screen.me();
    expect((await screen.post('/api/logout', {})).status).toBe(403);
    expect((await new Page(panel.port).get('/kiosk?token=guess')).status).toBe(401);
    await panel.access.putKiosk(cli, 'line-3');
    expect((await screen.get('/api/overview')).status).toBe(401);
    expect(panel.deeds.map(({ what }) => what)).toEqual(['kiosk-made', 'kiosk-made']);
  });

  test('the token of a kiosk reads as a bearer, for Prometheus, and changes nothing', async () => {
    const panel = await startClaimed();
    const token = await panel.access.putKiosk(cli, 'prometheus');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    expect((await ask(panel.port, '/api/overview', { headers })).status).toBe(200);
    const post = { method: 'POST', headers, body: '{}' };
    expect((await ask(panel.port, '/api/alerts/acknowledge', post)).status).toBe(401);
    expect(panel.changes).toEqual([]);
  });

  test('the last administrator stays', async () => {
    const panel = await startClaimed();
    const chief = await loggedIn(panel, admin);
    expect(codeOf(await chief.post('/api/users/remove', { name: 'kim' }))).toBe('last-admin');
    const demotion = { name: 'kim', role: 'viewer', password: null };
    expect(codeOf(await chief.post('/api/users/put', demotion))).toBe('last-admin');
    expect(panel.access.users).toContainEqual({ name: 'kim', role: 'admin' });
  });

  test('two administrators at once: both changes hold', async () => {
    const panel = await startClaimed();
    const [a, b] = [await loggedIn(panel, admin), await loggedIn(panel, admin)];
    const put = (page: Page, name: string) =>
      page.post('/api/users/put', { name, role: 'viewer', password: 'long enough 12' });
    const got = await Promise.all([put(a, 'lee'), put(b, 'park'), put(a, 'choi'), put(b, 'jung')]);
    expect(got.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await panel.end();
    const names = JSON.parse(readFileSync(join(panel.dir, 'access.json'), 'utf8')).users.map(
      ({ name }: { name: string }) => name,
    );
    expect(names.sort()).toEqual(['choi', 'jung', 'kim', 'lee', 'park', operator.name].sort());
  });
});

describe('this computer itself', () => {
  test('is an operator without a login, and no more than that', async () => {
    const panel = await startClaimed({}, { local: sitting });
    const screen = new Page(panel.port);
    expect((await screen.me()).visitor).toEqual(sitting);
    expect((await screen.post('/api/labels', {})).status).toBe(200);
    expect((await screen.get('/api/users')).status).toBe(401);
    expect(codeOf(await screen.post('/api/users/remove', { name: 'kim' }))).toBe('login-needed');
    // What a proxy passes on is somebody else's.
    expect((await screen.get('/api/overview', { 'x-forwarded-for': '10.0.0.5' })).status).toBe(401);
  });

  test('keeps its token over a restart, so that a tap on an open page still counts', async () => {
    const before = await startPanel({}, { local: sitting });
    const screen = new Page(before.port);
    await screen.me();
    await before.end();
    const after = await startPanel({ dir: before.dir }, { local: sitting });
    const again = new Page(after.port);
    again.token = screen.token;
    expect((await again.post('/api/labels', {})).status).toBe(200);
  });
});
