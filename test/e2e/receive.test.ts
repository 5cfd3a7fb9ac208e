/** `ppuri receive` as a process, killed in the middle, and what it says afterwards. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../fixtures/free-port.ts';
import { hasMosquitto, startMosquitto } from '../fixtures/mosquitto.ts';
import { cycleBody, message, storedRecord } from '../fixtures/stored-records.ts';
import { planOf } from '../fixtures/sync-plan.ts';
import { startKeeper } from '../unit/store-support.ts';
import { run, type Started, start } from './program.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function receive(args: readonly string[]): Promise<Started> {
  const started = start(['receive', '--json', ...args]);
  ends.push(async () => {
    started.process.kill('SIGKILL');
    await started.finished;
  });
  await started.line(/"listening"/);
  return started;
}

/** Shots go on while the receiver is killed and comes back; then it is ended and says what it has. */
async function through(target: object, args: readonly string[], dir: string) {
  const first = await receive(args);
  const { keeper } = startKeeper(join(dir, 'store'), { sync: planOf([target]) });
  const at = () => ({ monoMs: performance.now(), wallMs: Date.now() });
  for (let seq = 1; seq <= 2000; seq += 1) keeper.keep(cycleBody(seq), at());
  await keeper.flush(20_000);
  first.process.kill('SIGKILL');
  await first.finished;
  const second = await receive(args);
  for (let seq = 2001; seq <= 2200; seq += 1) keeper.keep(cycleBody(seq), at());
  await keeper.flush(20_000);
  const left = async (): Promise<number> => {
    const { pending } = await keeper.query('ledger', {});
    return Object.values(pending).reduce((sum, count) => sum + count, 0);
  };
  while ((await left()) > 0);
  return second;
}

describe('ppuri receive', () => {
  test('over HTTP with a token: every record once, through a kill', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-receive-'));
    const [port, token] = [await freePort(), join(dir, 'token')];
    writeFileSync(token, 'let me in\n');
    const to = join(dir, 'received');
    const args = ['--dir', to, '--listen', `127.0.0.1:${port}`, '--token-file', token];
    const target = { type: 'https', url: `http://127.0.0.1:${port}/r`, token: { file: token } };
    const receiver = await through(target, args, dir);
    receiver.process.kill('SIGINT');
    const { code, stdout } = await receiver.finished;
    expect(code).toBe(0);
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(report).toMatchObject({ records: 2200, boots: [{ gateway: 'gw-1', missing: 0 }] });
    const again = await run(['receive', '--dir', to, '--report', '--lang', 'ko']);
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^받은 기록 2200건/);
  }, 60_000);

  test('from a broker: every record once, through a kill', async (context) => {
    context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare');
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-receive-'));
    const broker = await startMosquitto(['persistence true']);
    ends.push(() => broker.stop());
    const to = join(dir, 'received');
    await through({ type: 'mqtt', url: broker.url }, ['--dir', to, '--mqtt', broker.url], dir);
    const has = async (): Promise<number> =>
      JSON.parse((await run(['receive', '--dir', to, '--report', '--json'])).stdout).records;
    while ((await has()) < 2200);
    const { stdout, code } = await run(['receive', '--dir', to, '--report', '--json']);
    expect(JSON.parse(stdout).boots).toMatchObject([{ records: 2200, missing: 0 }]);
    expect(code).toBe(0);
  }, 60_000);

  test('other content under one key: told, kept apart, and the summary ends with 1', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-receive-'));
    const args = ['--dir', dir, '--listen', '127.0.0.1:0'];
    const receiver = await receive(args);
    const { url } = JSON.parse(await receiver.line(/"listening"/)).listening;
    const post = (seq: number, shot: number) =>
      fetch(url, { method: 'POST', body: message(storedRecord(seq, cycleBody(shot))) });
    for (const [seq, shot] of [
      [1, 1],
      [2, 2],
      [1, 9],
    ] as const)
      expect((await post(seq, shot)).status).toBe(200);
    receiver.process.kill('SIGINT');
    const ended = await receiver.finished;
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      ...{ records: 2, conflicts: 1, boots: [{ records: 2, missing: 0, conflicts: 1 }] },
    });
    const report = await run(['receive', '--dir', dir, '--report', '--lang', 'ko']);
    expect(report.code).toBe(1);
    expect(report.stdout).toMatch(/내용이 다른 기록 1건: 먼저 받은 기록이 유효/);
  }, 60_000);

  test('a second receiver on one directory refuses; a report may look at it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-receive-'));
    const args = ['--dir', dir, '--listen', '127.0.0.1:0'];
    const first = await receive(args);
    const second = await run(['receive', ...args]);
    expect(second.code).toBe(5);
    expect(second.stderr).toMatch(/another receiver keeps its records there.*another --dir/s);
    expect((await run(['receive', '--dir', dir, '--report'])).code).toBe(0);
    first.process.kill('SIGKILL');
    await first.finished;
    await receive(args);
  }, 60_000);

  test('a record under the topic of another gateway is not taken', async (context) => {
    context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare');
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-receive-'));
    const broker = await startMosquitto();
    ends.push(() => broker.stop());
    const receiver = await receive(['--dir', dir, '--mqtt', broker.url]);
    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    ends.push(() => client.endAsync(true));
    const send = (topic: string, gateway: string, seq: number) =>
      client.publishAsync(topic, message(storedRecord(seq, cycleBody(seq)), gateway), { qos: 1 });
    await send('ppuri/busan-1/gw-b/cycle', 'gw-a', 1);
    await send('ppuri/busan-1/gw-b/cycle', 'gw-b', 1);
    const report = async () =>
      JSON.parse((await run(['receive', '--dir', dir, '--report', '--json'])).stdout);
    while ((await report()).records === 0);
    receiver.process.kill('SIGINT');
    const { stderr } = await receiver.finished;
    expect((await report()).boots).toMatchObject([{ gateway: 'gw-b', records: 1 }]);
    expect(stderr).toMatch(/ppuri\/busan-1\/gw-b\/cycle: it says that it is of gateway gw-a/);
  }, 60_000);

  test('wrong flags, a port in use, nothing received: what, where and what to do', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-receive-'));
    const of = (...args: string[]) => run(['receive', '--dir', join(dir, 'r'), ...args]);
    const [taken, marked] = [await freePort(), join(dir, 'marked')];
    writeFileSync(marked, '\uFEFFlet me in\n');
    await receive(['--dir', join(dir, 'a'), '--listen', `127.0.0.1:${taken}`]);
    const tries: [string[], RegExp][] = [
      [[], /one of --listen, --mqtt and --report/],
      [['--listen', '0.0.0.0:0'], /in the clear/],
      [['--listen', 'nowhere'], /ADDRESS:PORT/],
      [['--mqtt', 'notaurl'], /not the address of a broker/],
      [['--mqtt', 'mqtt://u:canary@127.0.0.1'], /^(?!.*canary)/s],
      [['--mqtt', 'mqtt://broker.example'], /in the clear/],
      [['--mqtt', 'mqtt://127.0.0.1:1'], /does not take the connection/],
      [['--listen', '127.0.0.1:0', '--cert', 'x'], /go together/],
      [['--listen', '127.0.0.1:0', '--token-file', '/absent'], /cannot read the file: ENOENT/],
      [['--listen', '127.0.0.1:0', '--token-file', marked], /token .*byte order mark/],
      [['--listen', `127.0.0.1:${taken}`], /EADDRINUSE/],
      [['--report', '--dir', join(dir, 'absent')], /nothing was ever received/],
    ];
    for (const [args, why] of tries) {
      const { code, stderr } = await of(...args);
      expect(stderr).toMatch(why);
      expect(code).toBe(args[1] === 'mqtt://127.0.0.1:1' ? 1 : 2);
    }
  }, 60_000);
});
