/** access.json: damaged, not writable, and how strong what it holds is. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { passwordCost } from '../../agent/panel/access/password.ts';
import {
  admin,
  codeOf,
  loggedIn,
  operator,
  Page,
  panelDirectory,
  type Running,
  startClaimed,
  startPanel,
} from '../fixtures/panel-client.ts';

const claimOf = (panel: Running) => ({ code: panel.codes[0] ?? '', ...admin });

describe('access.json', () => {
  test.each([
    ['cut', (text: string) => text.slice(0, text.length / 2)],
    ['not ours', () => '{"version":1,"users":"all","kiosks":[],"sessions":[]}'],
    ['with a weak hash', (text: string) => text.replace(/"hash":"[^"]+"/, '"hash":"AAAA"')],
    ['empty', () => ''],
  ])('damaged (%s): set aside and said, no open door, to be claimed anew', async (_, spoil) => {
    const before = await startClaimed();
    const page = await loggedIn(before, admin);
    await before.end();
    const file = join(before.dir, 'access.json');
    writeFileSync(file, spoil(readFileSync(file, 'utf8')));
    const after = await startPanel({ dir: before.dir });
    expect(String(after.faults[0])).toMatch(/is damaged; set aside as .*access\.json\.damaged-1$/);
    const again = new Page(after.port);
    again.cookie = page.cookie;
    expect((await again.get('/api/overview')).status).toBe(401);
    expect((await again.login('kim', admin.password)).status).toBe(401);
    expect(after.codes).toHaveLength(1);
    expect((await again.post('/api/claim', claimOf(after))).status).toBe(200);
    expect(readdirSync(before.dir).sort()).toEqual(['access.json', 'access.json.damaged-1']);
  });

  test('cannot be written: nothing changes and it is said, but logins go on', async () => {
    const panel = await startClaimed();
    const chief = await loggedIn(panel, admin);
    // A directory in its place stops even root.
    const file = join(panel.dir, 'access.json');
    await panel.access.close();
    const before = readFileSync(file, 'utf8');
    rmSync(file);
    mkdirSync(join(file, 'in the way'), { recursive: true });
    const user = { name: 'lee', role: 'admin', password: 'long enough 12' };
    expect(codeOf(await chief.post('/api/users/put', user))).toBe('not-kept');
    expect(panel.access.users.map(({ name }) => name)).not.toContain('lee');
    expect(panel.faults.length).toBeGreaterThan(0);
    await loggedIn(panel, operator);
    rmSync(file, { recursive: true });
    writeFileSync(file, before);
    chmodSync(file, 0o600);
    expect((await chief.post('/api/users/put', user)).status).toBe(200);
  });

  test('no file at all: set aside too, and to be claimed anew', async () => {
    const dir = panelDirectory();
    mkdirSync(join(dir, 'access.json'));
    const panel = await startPanel({ dir });
    expect(String(panel.faults[0])).toContain('cannot be read (EISDIR)');
    expect((await new Page(panel.port).post('/api/claim', claimOf(panel))).status).toBe(200);
    expect(readdirSync(dir).sort()).toEqual(['access.json', 'access.json.damaged-1']);
  });

  test('passwords are kept with their cost, and still work when the standard changes', async () => {
    const before = await startClaimed({}, { passwordCost });
    await before.end();
    const { users } = JSON.parse(readFileSync(join(before.dir, 'access.json'), 'utf8'));
    expect(users[0].password).toMatchObject({ n: 16_384, r: 8, p: 5 });
    const salts = users.map(({ password }: { password: { salt: string } }) => password.salt);
    expect(new Set(salts).size).toBe(2);
    const after = await startPanel({ dir: before.dir });
    await loggedIn(after, admin);
  });
});
