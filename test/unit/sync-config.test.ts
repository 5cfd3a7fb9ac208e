/** What a configuration may say of a sync target. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type CheckReport, checkFile, reportLines } from '../../agent/cli/check.ts';
import { syncSchema } from '../../config/sync-schema.ts';
import { Authority } from '../fixtures/certificates.ts';
import { temporaryDirectory } from './store-support.ts';

const sound = (entry: object): boolean =>
  syncSchema.safeParse([{ type: 'mqtt', url: 'mqtts://broker.example', ...entry }]).success;

test('a network in the clear must be said', () => {
  const url = 'mqtt://broker.example:1883';
  expect(sound({ url })).toBe(false);
  expect(sound({ url, tls: 'none' })).toBe(true);
  expect(sound({ url: 'mqtt://127.0.0.1:1883' })).toBe(true);
});

test('a primary host is for Sparkplug, and part of a topic', () => {
  expect(sound({ primaryHost: 'scada' })).toBe(false);
  expect(sound({ primaryHost: 'scada', format: 'sparkplug-b' })).toBe(true);
  expect(sound({ primaryHost: 'sca/da', format: 'sparkplug-b' })).toBe(false);
});

test('a certificate has its key, a secret is no text, two targets have two names', () => {
  expect(sound({ cert: '/gw.pem' })).toBe(false);
  expect(sound({ cert: '/gw.pem', key: '/gw.key' })).toBe(true);
  expect(sound({ password: 'secret' })).toBe(false);
  expect(sound({ username: 'gw-1', password: { env: 'PPURI_PASSWORD' } })).toBe(true);
  expect(sound({ password: { env: 'PPURI_PASSWORD' } })).toBe(false);
  expect(sound({ ca: 'relative.pem' })).toBe(false);
  const url = 'mqtts://broker.example';
  const twice = [
    { type: 'mqtt', url },
    { type: 'mqtt', url },
  ];
  expect(syncSchema.safeParse(twice).success).toBe(false);
});

test('two targets that would end each other, or bring all twice, are refused', () => {
  const url = 'mqtts://broker.example';
  const two = (one: object, other: object): boolean =>
    syncSchema.safeParse([
      { type: 'mqtt', url, ...one },
      { type: 'mqtt', url: `${url}:8883`, name: 'two', ...other },
    ]).success;
  const sparkplug = { format: 'sparkplug-b' };
  expect(two({}, sparkplug)).toBe(true);
  expect(two({}, {})).toBe(false);
  expect(two(sparkplug, sparkplug)).toBe(false);
  expect(two({ clientId: 'a' }, { ...sparkplug, clientId: 'a' })).toBe(false);
  expect(two({ clientId: 'a' }, { ...sparkplug, clientId: 'b' })).toBe(true);
  expect(two({ clientId: 'a' }, { clientId: 'b' })).toBe(true);
  expect(two({ clientId: 'a' }, { url: 'mqtts://other.example', clientId: 'a' })).toBe(true);
});

/** A configuration with this target, in a directory of its own, as `ppuri check` judges it. */
function checked(entry: object): Promise<CheckReport> {
  const dir = temporaryDirectory();
  const file = join(dir, 'ppuri.yaml');
  const target = { type: 'mqtt', url: 'mqtts://broker.example', ...entry };
  writeFileSync(
    file,
    `gateway: { id: gw-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }
machines:
  - { id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press } } }
store: { path: ${dir} }
sync: [ ${JSON.stringify(target)} ]
`,
  );
  return checkFile(file);
}

/** Problems of one target, as the check tells them. */
async function told(entry: object): Promise<string[]> {
  const { problems } = await checked(entry);
  return problems.map(({ path, message, line, hint }) =>
    /canary/.test(hint) ? hint : `${line} ${path} ${message}`,
  );
}

test('a secret that is written where its place belongs is not told back', async () => {
  const wrong = [
    { password: 'hunter2-canary' },
    { password: ['hunter2-canary'] },
    { password: { file: 'hunter2-canary' } },
    { url: 'mqtts://gw:hunter2-canary@broker.example' },
    { type: 'https', url: 'https://gw:hunter2-canary@server.example/' },
    { type: 'https', url: 'https://server.example/', token: 'hunter2-canary' },
  ];
  for (const entry of wrong) {
    const said = await told(entry);
    expect(said).not.toEqual([]);
    expect(said.join()).not.toContain('canary');
  }
});

test('certificates, keys and secrets that cannot be used are told where they are named', async () => {
  const dir = temporaryDirectory();
  const ours = new Authority(dir, 'ours');
  const { ca } = ours;
  const [gw, other] = [ours.issue('gw', 'DNS:gw'), ours.issue('other', 'DNS:other')];
  const late = ours.issue('late', 'DNS:late', ['-days', '-1']);
  const empty = join(dir, 'empty');
  writeFileSync(empty, '\n');
  expect(await told({ ca, ...gw })).toEqual([]);
  expect(await told({ ca: '/absent.pem' })).toEqual(['6 sync[0].ca /absent.pem is not there']);
  expect(await told({ ca: gw.key })).toEqual([`6 sync[0].ca ${gw.key} is no certificate`]);
  expect(await told({ cert: gw.cert, key: gw.cert })).toEqual([
    `6 sync[0].key ${gw.cert} is no private key`,
  ]);
  expect(await told({ cert: gw.cert, key: other.key })).toEqual([
    `6 sync[0].key ${other.key} is not the key of ${gw.cert}`,
  ]);
  expect((await told(late)).join()).toMatch(/^6 sync\[0\]\.cert .* expired on /);
  expect(await told({ username: 'gw-1', password: { file: empty } })).toEqual([
    `6 sync[0].password.file ${empty} is empty`,
  ]);
});

test('a secret that cannot be sent is told by what is wrong with its file', async () => {
  const dir = temporaryDirectory();
  const written = (text: string | Buffer): string => {
    const file = join(dir, 'token');
    writeFileSync(file, text);
    return file;
  };
  const server = { type: 'https', url: 'https://records.example' };
  const token = async (text: string | Buffer) =>
    (await told({ ...server, token: { file: written(text) } })).join();
  expect(await token('let-me-in\r\n')).toBe('');
  expect(await token('\uFEFFlet-me-in')).toMatch(/token\.file .* begins with a byte order mark$/);
  for (const odd of ['열쇠', 'two\nlines', Buffer.from('let-me-in', 'utf16le')])
    expect(await token(odd)).toMatch(/token\.file .* has characters that an HTTP header cannot/);
  const password = async (text: string) =>
    (await told({ username: 'gw-1', password: { file: written(text) } })).join();
  expect(await password('비밀번호')).toBe('');
  expect(await password('\uFEFFsecret')).toMatch(/password\.file .* byte order mark$/);
});

test('an environment variable that is not set here is a warning: the service may have it', async () => {
  const name = 'PPURI_TEST_CANARY';
  const entry = { username: 'gw-1', password: { env: name } };
  const report = await checked(entry);
  expect(report.ok).toBe(true);
  expect(reportLines(report).at(-1)).toMatch(
    /^warning: .*:6:\d+ sync\[0\]\.password\.env environment variable PPURI_TEST_CANARY is not set here \(/,
  );
  process.env[name] = 'hunter2';
  onTestFinished(() => void delete process.env[name]);
  expect((await checked(entry)).warnings).toEqual([]);
});

test('the check says where records go, without what an address may hide', async () => {
  const report = await checked({
    ...{ type: 'https', name: 'head-office' },
    url: 'https://records.example:8443/in?key=hunter2',
  });
  expect(reportLines(report)).toContain(
    '  records are delivered to head-office (https, https://records.example:8443)',
  );
  expect(JSON.stringify(report)).not.toContain('hunter2');
});
