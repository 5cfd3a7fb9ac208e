/** The whole way: a simulated machine, the agent as it is started, a broker that wants a password. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasMosquitto, type Mosquitto, startMosquitto } from '../fixtures/mosquitto.ts';
import { MqttReceiver } from '../fixtures/mqtt-receiver.ts';
import { groupMembers, run, type Started, start } from './program.ts';

const canary = (place: string): string => `canary-${place}-5b1f`;
const right = { file: canary('file'), env: canary('env'), credential: canary('credential') };
const wrong = canary('wrong');

const ends: (() => Promise<unknown>)[] = [];
beforeEach((context) => context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare'));
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function broker(dir: string): Promise<Mosquitto> {
  const file = join(dir, 'passwords');
  const users = { ...right, receiver: 'receiver' };
  writeFileSync(
    file,
    Object.entries(users)
      .map(([name, word]) => `${name}:${word}\n`)
      .join(''),
  );
  execFileSync('mosquitto_passwd', ['-U', file]);
  chmodSync(dir, 0o755);
  chmodSync(file, 0o644);
  const running = await startMosquitto(['allow_anonymous false', `password_file ${file}`]);
  ends.push(() => running.stop());
  return running;
}

async function machine(): Promise<number> {
  const simulator = start(['simulate', 'die-casting-cold-chamber', '--speed', '60', '--json']);
  ends.push(async () => {
    simulator.process.kill('SIGTERM');
    await simulator.finished;
  });
  return JSON.parse(await simulator.line(/"listening"/)).listening.port;
}

function configured(dir: string, port: number, url: string): string {
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1, site: busan-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port}, timeoutMs: 300 } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press, unit: 1 } }
store: { path: ${join(dir, 'store')} }
sync:
  - { type: mqtt, name: by-file, url: "${url}", clientId: a, username: file, password: { file: ${join(dir, 'word')} } }
  - { type: mqtt, name: by-env, url: "${url}", clientId: b, username: env, password: { env: PPURI_TEST_WORD } }
  - { type: mqtt, name: scada, url: "${url}", clientId: c, format: sparkplug-b, username: credential, password: { credential: word } }
`,
  );
  return file;
}

const commandLines = (started: Started): string =>
  groupMembers(started.process.pid ?? 0)
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    .join('\n');

test('shots reach every target; secrets are in no log, file, answer or command line', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-sync-e2e-'));
  const { url } = await broker(dir);
  const receiver = new MqttReceiver();
  await receiver.listen(url, { username: 'receiver', password: 'receiver' });
  ends.push(() => receiver.close());
  const file = configured(dir, await machine(), url);
  writeFileSync(join(dir, 'word'), wrong);
  const secrets = join(dir, 'credentials');
  execFileSync('mkdir', [secrets]);
  writeFileSync(join(secrets, 'word'), `${right.credential}\n`);
  const agent = start(['run', '-c', file], dir, 'pipe', {
    PPURI_TEST_WORD: right.env,
    CREDENTIALS_DIRECTORY: secrets,
  });
  ends.push(async () => {
    agent.process.kill('SIGTERM');
    await agent.finished;
  });
  await agent.line(/"sync-denied"/);
  writeFileSync(join(dir, 'word'), right.file);
  await agent.line(/"sync-ok"/);
  await receiver.until(5);

  type Facts = { target: string; state: string; delivered: number };
  const told: string[] = [];
  const asked = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await run([...args, '-c', file]);
    told.push(stdout, stderr);
    return stdout;
  };
  const facts = async (): Promise<Facts[]> =>
    JSON.parse(await asked('status', '--json')).keep.targets;
  while ((await facts()).some(({ delivered }) => delivered < 3));
  expect((await facts()).map(({ target, state }) => `${target} ${state}`)).toEqual([
    'by-file connected',
    'by-env connected',
    'scada connected',
  ]);
  const ledger = JSON.parse(await asked('ledger', '--json'));
  for (const name of ['by-file', 'by-env', 'scada'])
    expect(ledger.delivered[name] + ledger.pending[name]).toBe(ledger.kept);
  expect(await asked('status')).toMatch(/외부 전송 scada 연결됨/);
  expect(await asked('status', '--metrics')).toMatch(/ppuri_sync_connected\{target="scada"\} 1/);
  await asked('check');
  await asked('backup', join(dir, 'copy.db'));

  told.push(commandLines(agent), agent.stdout());
  agent.process.kill('SIGTERM');
  const { code, stdout, stderr } = await agent.finished;
  expect(code).toBe(0);
  told.push(stdout, stderr, readFileSync(join(dir, 'copy.db'), 'latin1'));
  const store = join(dir, 'store');
  for (const name of readdirSync(store)) told.push(readFileSync(join(store, name), 'latin1'));
  for (const word of [...Object.values(right), wrong])
    expect(told.filter((text) => text.includes(word))).toEqual([]);
}, 60_000);
