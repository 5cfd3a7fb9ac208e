/** `ppuri panel …` against a real keep child, which serves the panel at the same time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { AgentEvent } from '../../agent/records.ts';
import { panelSchema } from '../../config/panel-schema.ts';
import { run } from '../e2e/program.ts';
import { freePort } from '../fixtures/free-port.ts';
import { codeOf, Page } from '../fixtures/panel-client.ts';
import { keepPlan } from '../fixtures/panel-plan.ts';
import { hasProgram } from '../fixtures/programs.ts';
import { startKeeper, temporaryDirectory } from '../unit/store-support.ts';

const launcher = fileURLToPath(new URL('../../agent/ppuri.js', import.meta.url));

/** A keep child with its panel, and what it wrote to the log. */
async function started(dir = temporaryDirectory(), more: object = {}) {
  let served = 0;
  const again = Promise.withResolvers<void>();
  const onEvent = ({ kind }: AgentEvent): void => {
    if (kind === 'panel-listening') served += 1;
    if (served === 2) again.resolve();
  };
  const logged: { event: string; fields: Record<string, unknown> }[] = [];
  const note = (event: string, fields: Record<string, unknown> = {}): void =>
    void logged.push({ event, fields });
  const settings = panelSchema.parse({ listen: '127.0.0.1:0', local: 'login', ...more });
  const { keeper, events, seen } = startKeeper(dir, {
    beside: keepPlan('127.0.0.1:0', { settings }),
    log: { info: note, warn: note, error: note },
    onEvent,
  });
  const { text } = await seen('panel-listening');
  const servedAgain = again.promise;
  return { dir, keeper, events, logged, servedAgain, port: Number(/:(\d+)$/.exec(text)?.[1]) };
}

const panel = (dir: string, ...args: string[]) =>
  run(['panel', ...args, '--store', dir, '--lang', 'en']);

function passwordFile(dir: string, password: string): string {
  const file = join(dir, 'password');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return file;
}

test('the claim code is in the log and at the command, in no record, and works at the page', async () => {
  const { dir, port, logged, events } = await started();
  const { stdout, code } = await panel(dir, 'claim');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^[A-Z2-9]{8}\n$/)]);
  const said = logged.find(({ event }) => event === 'panel-claim');
  expect(said?.fields).toEqual({ code: stdout.trim() });
  expect(JSON.stringify(events)).not.toContain(stdout.trim());
  const page = new Page(port);
  const given = { code: stdout.trim(), name: 'kim', password: 'long enough 12' };
  expect((await page.post('/api/claim', given)).status).toBe(200);
  expect((await panel(dir, 'claim')).stdout).toMatch(/there is an administrator already/);
  expect(JSON.parse((await panel(dir, 'claim', '--json')).stdout)).toEqual({ code: null });
});

test('users put and removed at the command hold at the page at once', async () => {
  const { dir, port } = await started();
  const file = passwordFile(dir, '주물공장-3호기');
  const put = (...more: string[]) => panel(dir, 'user', 'put', '김반장', ...more);
  expect(await put('--role', 'admin', '--password-file', file)).toMatchObject({ code: 0 });
  const page = new Page(port);
  expect((await page.login('김반장', '주물공장-3호기')).status).toBe(200);
  const refused = await put('--role', 'operator');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('last admin')]);
  await panel(dir, 'user', 'put', 'lee', '--role', 'admin', '--password-file', file);
  // Without a password that of a user there is stays.
  expect(await put('--role', 'viewer')).toMatchObject({ code: 0, stdout: '김반장 is viewer\n' });
  expect((await page.me()).visitor).toEqual({ name: '김반장', role: 'viewer', kiosk: false });
  const listed = await panel(dir, 'user', 'list', '--json');
  expect(JSON.parse(listed.stdout)).toEqual({
    users: [
      { name: 'lee', role: 'admin' },
      { name: '김반장', role: 'viewer' },
    ],
    kiosks: [],
  });
  expect(await panel(dir, 'user', 'remove', '김반장')).toMatchObject({ code: 0 });
  expect((await page.me()).visitor).toBeNull();
});

test('a password is no argument, and without a terminal it is a file', async () => {
  const { dir } = await started();
  const put = ['user', 'put', 'kim', '--role', 'admin'];
  const asArgument = await panel(dir, ...put, '--password', 'long enough 12');
  expect(asArgument.code).toBe(2);
  const unasked = await panel(dir, ...put);
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--password-file')]);
  const empty = await panel(dir, ...put, '--password-file', passwordFile(dir, ''));
  expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining('no password')]);
});

test.skipIf(!hasProgram('script'))('at a terminal it is asked twice and not shown', async () => {
  const { dir, port } = await started();
  const words = [launcher, 'panel', 'user', 'put', 'kim', '--role', 'admin', '--store', dir];
  const command = [process.execPath, ...words, '--lang', 'ko'].join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, VITEST: undefined, NO_COLOR: '1' },
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  const asked = async (prompt: string): Promise<void> => {
    while (!shown.includes(prompt)) await once(child.stdout, 'data');
  };
  await asked('kim 비밀번호: ');
  // A wrong letter, of three bytes, is taken back.
  child.stdin.write('긴 비밀번호가\u007f 12\r');
  await asked('한 번 더: ');
  child.stdin.write('긴 비밀번호 12\r');
  const [code] = await once(child, 'close');
  expect([code, shown]).toEqual([0, expect.stringContaining('kim: 관리자')]);
  expect(shown).not.toContain('긴 비');
  expect((await new Page(port).login('kim', '긴 비밀번호 12')).status).toBe(200);
});

test('a kiosk opens by its link, reads, and ends when it is removed', async () => {
  const { dir, port } = await started();
  const made = await panel(dir, 'kiosk', 'line-3');
  const [, link = ''] = /^(\/kiosk\?token=[\w-]{43})\n$/.exec(made.stdout) ?? [];
  const screen = new Page(port);
  expect((await screen.get(link)).status).toBe(303);
  expect((await screen.me()).visitor).toMatchObject({ name: 'line-3', kiosk: true });
  const listed = await panel(dir, 'user', 'list');
  expect(listed.stdout).toMatch(/line-3 +kiosk/);
  expect(listed.stderr).toContain('ppuri panel kiosk NAME --remove');
  // Who takes it for a user is led to what ends it.
  const asUser = await panel(dir, 'user', 'remove', 'line-3');
  expect([asUser.code, asUser.stderr]).toEqual([
    1,
    expect.stringContaining('ppuri panel kiosk NAME --remove'),
  ]);
  const other = await panel(dir, 'kiosk', 'line-4', '--remove');
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('no such kiosk')]);
  expect(await panel(dir, 'kiosk', 'line-3', '--remove')).toMatchObject({ code: 0 });
  expect((await screen.me()).visitor).toBeNull();
});

test('sessions outlive a keep process that was killed', async () => {
  const free = await freePort();
  const { dir, keeper, servedAgain } = await started(temporaryDirectory(), {
    listen: `127.0.0.1:${free}`,
  });
  const file = passwordFile(dir, 'long enough 12');
  await panel(dir, 'user', 'put', 'kim', '--role', 'admin', '--password-file', file);
  const page = new Page(free);
  await page.login('kim', 'long enough 12');
  process.kill(keeper.stats().pid ?? 0, 'SIGKILL');
  await servedAgain;
  // With the token of before: a page that stayed open goes on.
  const { name, role } = { name: 'lee', role: 'viewer' };
  const put = await page.post('/api/users/put', { name, role, password: 'long enough 12' });
  expect(put.status).toBe(200);
});

test('/metrics for who has logged in, or everybody, as configured', async () => {
  const strict = await started(temporaryDirectory(), { metrics: 'login' });
  expect(codeOf(await new Page(strict.port).get('/metrics'))).toBe('login-needed');
  expect((await new Page(strict.port).get('/healthz')).status).toBe(503);
  const usual = await started();
  expect((await new Page(usual.port).get('/metrics')).status).toBe(200);
  const proxied = { 'x-forwarded-for': '10.0.0.5' };
  expect((await new Page(usual.port).get('/metrics', proxied)).status).toBe(403);
  const open = await started(temporaryDirectory(), { metrics: 'open' });
  expect((await new Page(open.port).get('/metrics', proxied)).status).toBe(200);
});

test('without an agent, and with one that serves no panel, it says so', async () => {
  const dir = temporaryDirectory();
  const none = await panel(dir, 'claim');
  expect([none.code, none.stderr]).toEqual([
    5,
    expect.stringContaining('the agent is not running'),
  ]);
  const { keeper } = startKeeper(dir, {
    beside: keepPlan('127.0.0.1:0', { settings: null }),
  });
  await keeper.opened();
  const unserved = await panel(dir, 'claim');
  expect([unserved.code, unserved.stderr]).toEqual([2, expect.stringContaining('panel: {}')]);
});
