/** Inspection results by command, sheet and barcode, through a kill, to both kinds of receivers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../fixtures/free-port.ts';
import { hasMosquitto, startMosquitto } from '../fixtures/mosquitto.ts';
import { type Finished, run, type Started, start } from './program.ts';

const launcher = fileURLToPath(new URL('../../agent/ppuri.js', import.meta.url));

const ends: (() => Promise<unknown>)[] = [];
beforeEach((context) => context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare'));
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function begin(args: readonly string[], cwd?: string): Started {
  const started = start(args, cwd);
  ends.push(async () => {
    started.process.kill('SIGKILL');
    await started.finished;
  });
  return started;
}

interface Plant {
  readonly dir: string;
  readonly file: string;
  readonly receivers: readonly string[];
}

async function plant(): Promise<Plant> {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-label-'));
  const broker = await startMosquitto(['persistence true']);
  ends.push(() => broker.stop());
  const port = await freePort();
  const receivers = [join(dir, 'by-mqtt'), join(dir, 'by-http')];
  const [byMqtt = '', byHttp = ''] = receivers;
  const listening = [
    begin(['receive', '--json', '--dir', byMqtt, '--mqtt', broker.url]),
    begin(['receive', '--json', '--dir', byHttp, '--listen', `127.0.0.1:${port}`]),
  ].map((receiver) => receiver.line(/"listening"/));
  const simulator = begin(['simulate', 'die-casting-cold-chamber', '--speed', '60', '--json']);
  const machine = JSON.parse(await simulator.line(/"listening"/)).listening.port;
  await Promise.all(listening);
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1, site: busan-1, shifts: ["07:30"] }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${machine}, timeoutMs: 300 } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press, unit: 1 } }
store: { path: ${join(dir, 'store')} }
sync:
  - { type: mqtt, name: broker, url: "${broker.url}" }
  - { type: https, name: central, url: "http://127.0.0.1:${port}/r" }
`,
  );
  return { dir, file, receivers };
}

/** Types `lines` as a barcode scanner does. */
async function scan(args: readonly string[], lines: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, [launcher, 'label', 'scan', ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** Results a receiver has, by shot. */
function received(dir: string): Map<number, string> {
  const path = join(dir, 'received.db');
  if (!existsSync(path)) return new Map();
  const db = new Database(path, { readonly: true });
  const rows = db.prepare(`SELECT record FROM records WHERE kind = 'label' ORDER BY rowid`).pluck();
  const labels = rows.all().map((text) => JSON.parse(String(text)).body.label);
  db.close();
  return new Map(labels.map(({ shot, result }) => [shot, result]));
}

test('results are kept, found to repeat, survive a kill -9, and reach the receivers', async () => {
  const { dir, file, receivers } = await plant();
  const ppuri = (...args: string[]): Promise<Finished> => run([...args, '-c', file]);
  const asJson = async (...args: string[]) => JSON.parse((await ppuri(...args, '--json')).stdout);
  const agent = begin(['run', '-c', file], dir);
  await agent.line(/"bus-connected"/);
  let shots: number[] = [];
  while (shots.length < 4)
    shots = (await asJson('cycles', '--outcome', 'ok')).cycles
      .filter(({ observed }: { observed: string }) => observed === 'whole')
      .map(({ shot }: { shot: number }) => shot)
      .reverse();
  const [first = 0, second = 0, third = 0, fourth = 0] = shots;

  const one = await ppuri('label', `3호기#${first}`, '양품', '--by', '김검사');
  expect(one.stdout).toMatch(
    new RegExp(`^3호기 #${first} \\(.*\\): 판정 양품, 검사 양품 등록$`, 'm'),
  );
  expect(one.code).toBe(0);
  const again = await asJson('label', `dc-03#${first}`, 'ok', '--by', '김검사');
  expect(again).toMatchObject({ state: 'repeated', label: { shot: first, who: '김검사' } });
  const wrong = await ppuri('label', `dc-03#${first}`, 'defect', '--type', '긁힘');
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('불량유형') });

  const sheet = join(dir, '검사.csv');
  writeFileSync(
    sheet,
    `\ufeff설비,타수,판정,불량유형\n3호기,${second},불량,수축공\n3호기,99999,양품,\n3호기,${third},,\n`,
  );
  const counted = { kept: 1, repeated: 0, blank: 1, rows: 3, refused: [{ line: 3 }] };
  expect(await asJson('label', 'import', sheet, '--dry-run')).toMatchObject({
    ...counted,
    dryRun: true,
  });
  const imported = await ppuri('label', 'import', sheet, '--json');
  expect(JSON.parse(imported.stdout)).toMatchObject({ ...counted, dryRun: false });
  expect(imported.code).toBe(1);
  const twice = await ppuri('label', 'import', sheet);
  expect(twice.stdout).toContain('등록 0건, 이미 등록됨 1건, 결과 없음 1행, 등록 못 함 1행');
  expect(twice.stdout).toContain('3행: 해당하는 샷이 없습니다: 3호기#99999');

  const scanned = await scan(['-c', file], ['junk', 'NG', `dc-03-${third}`]);
  expect(scanned.stdout).toMatch(new RegExp(`이후 불량\n3호기 #${third} .*검사 불량 등록`));
  expect(scanned).toMatchObject({ code: 1, stderr: expect.stringContaining('junk') });

  // Killed at once after it was said to be kept.
  const last = await asJson('label', `dc-03#${fourth}`, 'ok');
  process.kill(-(agent.process.pid ?? 0), 'SIGKILL');
  expect(last.state).toBe('kept');
  await agent.finished;
  const stored = await asJson('label', 'list');
  expect(stored.live).toBe(false);
  const results = stored.labels.map(
    ({ shot, result, type, from }: Record<string, unknown>) => `${shot} ${result} ${type} ${from}`,
  );
  expect(results).toEqual([
    `${fourth} ok null cli`,
    `${third} defect null cli`,
    `${second} defect shrinkage import`,
    `${first} ok null cli`,
  ]);
  const alone = await ppuri('label', `dc-03#${first}`, 'defect');
  expect(alone).toMatchObject({ code: 5, stderr: expect.stringContaining('실행 중이 아닙니다') });

  const quality = await asJson('quality', '--by', 'machine');
  expect(quality.rows).toMatchObject([
    { machine: 'dc-03', labelled: 4, falseNegatives: 2, trueNegatives: 2 },
  ]);
  const table = (await ppuri('quality')).stdout;
  expect(table).toMatch(/설비 +금형 +모델 +교대 .*검출률 +미검출 +오경보/);
  expect(table).toMatch(/3호기 .* 07:30 /);

  begin(['run', '-c', file], dir);
  const all = new Map([
    [first, 'ok'],
    [second, 'defect'],
    [third, 'defect'],
    [fourth, 'ok'],
  ]);
  for (const receiver of receivers) {
    while (received(receiver).size < all.size) await pause(100);
    expect(received(receiver)).toEqual(all);
  }
}, 240_000);
