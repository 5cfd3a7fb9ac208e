/** `ppuri init` at a real pseudo terminal, typed at as a technician does. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { needs } from '../fixtures/programs.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { run, type Started, start } from './program.ts';

needs('script');

const launcher = fileURLToPath(new URL('../../agent/ppuri.js', import.meta.url));
const ctrlC = '\u0003';

let dir = '';
let simulator: Started | null = null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ppuri-init-'));
});
afterEach(async () => {
  simulator?.process.kill('SIGTERM');
  await simulator?.finished;
  simulator = null;
});

/** Port of a simulated die-casting machine on loopback. */
async function machine(...more: string[]): Promise<number> {
  simulator = start(['simulate', 'die-casting-cold-chamber', '--speed', '60', '--json', ...more]);
  return JSON.parse(await simulator.line(/"listening"/)).listening.port;
}

const file = (): string => join(dir, 'ppuri.yaml');

const wizard = (...args: string[]) =>
  new Terminal([process.execPath, launcher, 'init', ...args], dir);

/** Up to the address, as given. */
async function upToBus(terminal: Terminal, port: number): Promise<void> {
  await terminal.answer('게이트웨이 이름', 'gw-1');
  await terminal.answer('공장 이름', 'busan-1');
  await terminal.answer('기록 폴더', join(dir, 'store'));
  await terminal.answer('설비 번호', 'dc-03');
  await terminal.answer('작업자가 부르는 이름', '3호기');
  await terminal.answer('설비 주소', `tcp://127.0.0.1:${port}`);
}

test('finds a simulated machine, and the agent runs with what it wrote', async () => {
  const port = await machine('--unit', '2');
  const terminal = wizard();
  await upToBus(terminal, port);
  await terminal.answer('찾아볼까요', '');
  await terminal.answer('국번 [2]', '');
  await terminal.until('콜드챔버 다이캐스팅기 · 설비 · die-casting-cold-chamber ← 추정');
  await terminal.answer('종류 (번호', '');
  await terminal.until('모의 설비로 학습한 연습용');
  await terminal.answer('불량 예측 모델', '1');
  await terminal.answer('불량 배출 신호', 'coil:0');
  await terminal.answer('전력량계', 'n');
  await terminal.answer('설비가 더', '');
  await terminal.answer('현장 화면', '3');
  await terminal.answer('이대로 저장', '');
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen).toContain('ppuri run -c ppuri.yaml');
  const report = JSON.parse((await run(['check', '-c', file(), '--json'])).stdout);
  expect(report).toMatchObject({ ok: true, machines: 1, plan: [{ unit: 2 }] });
  const agent = start(['run', '-c', file()], dir);
  await agent.line(/"bus-connected"/);
  const kept = async (): Promise<number> => {
    const { stdout } = await run(['cycles', '-c', file(), '--json']);
    return stdout === '' ? 0 : (JSON.parse(stdout).cycles?.length ?? 0);
  };
  while ((await kept()) < 3);
  agent.process.kill('SIGTERM');
  expect((await agent.finished).code).toBe(0);
});

test('asks again for what it cannot take, and takes numbers, names and bare addresses', async () => {
  const terminal = wizard('--lang', 'en', '--gateway', 'gw-9', '--store', '/tmp/none');
  await terminal.answer('Name of the plant', 'Busan 1');
  await terminal.until('lower-case letters, digits and hyphens');
  await terminal.answer('Name of the plant', '');
  await terminal.answer('Id of the machine', 'im-05');
  await terminal.answer('operators call it', '');
  await terminal.answer('Its address', 'serial one');
  await terminal.until('is no bus address');
  await terminal.answer('Its address', '192.168.0.20');
  await terminal.answer('Look for units', 'n');
  await terminal.answer('Unit', '300');
  await terminal.answer('Unit', '');
  await terminal.answer('What it is', 'cas-scale');
  await terminal.until('of a meter, not of a machine');
  await terminal.answer('What it is', 'injection-molding');
  await terminal.answer('Model (number)', '');
  await terminal.answer('Reject signal', '');
  await terminal.answer('Is there a power meter', 'y');
  await terminal.answer('Its name', 'meter');
  await terminal.answer('Its address', '1');
  await terminal.answer('Unit', '7');
  await terminal.answer('What it is', 'eastron-sdm630');
  await terminal.answer('Is there a power meter', '');
  await terminal.answer('Another machine', 'y');
  await terminal.answer('Id of the machine', 'im-05');
  await terminal.until('that name is taken');
  await terminal.answer('Id of the machine', 'im-06');
  await terminal.answer('operators call it', 'six');
  await terminal.answer('Its address [tcp://192.168.0.20:502]', '');
  await terminal.answer('Look for units', 'n');
  await terminal.answer('Unit', '2');
  await terminal.answer('What it is', '');
  await terminal.answer('Model (number)', '');
  await terminal.answer('Reject signal', '');
  await terminal.answer('Is there a power meter', '');
  await terminal.answer('Another machine', '');
  await terminal.answer('Panel', '10.0.0.5:8787');
  await terminal.answer('Write it', 'y');
  expect(await terminal.ended).toBe(0);
  const { config } = loadConfig(file());
  expect(config.gateway).toMatchObject({ id: 'gw-9', site: 'site', locale: 'en' });
  expect(config.panel).toMatchObject({ listen: '10.0.0.5:8787' });
  expect(config.machines).toMatchObject([
    { id: 'im-05', devices: { plc: { unit: 1 }, meter: { unit: 7, profile: 'eastron-sdm630' } } },
    { id: 'im-06', name: 'six', profile: 'injection-molding', devices: { plc: { unit: 2 } } },
  ]);
  expect(Object.keys(config.buses)).toEqual(['ethernet-1']);
});

test.each([
  '게이트웨이 이름',
  '공장 이름',
  '기록 폴더',
  '설비 번호',
  '작업자가 부르는',
  '설비 주소',
  '찾아볼까요',
  '국번',
  '종류 (번호',
  '불량 예측',
  '불량 배출',
  '전력량계',
  '설비가 더',
  '현장 화면',
  '이대로',
])('Ctrl-C at “%s” leaves nothing behind', async (last) => {
  const terminal = wizard();
  const answers: readonly (readonly [string, string])[] = [
    ['게이트웨이 이름', ''],
    ['공장 이름', ''],
    ['기록 폴더', ''],
    ['설비 번호', 'dc-03'],
    ['작업자가 부르는', ''],
    ['설비 주소', '10.0.0.1'],
    ['찾아볼까요', 'n'],
    ['국번', ''],
    ['종류 (번호', '1'],
    ['불량 예측', ''],
    ['불량 배출', ''],
    ['전력량계', ''],
    ['설비가 더', ''],
    ['현장 화면', ''],
  ];
  for (const [question, text] of answers) {
    if (question === last) break;
    await terminal.answer(question, text);
  }
  await terminal.until(last);
  terminal.type(ctrlC);
  expect(await terminal.ended).toBe(130);
  expect(terminal.screen).toContain('아무것도 저장하지 않았습니다');
  expect(readdirSync(dir)).toEqual([]);
});

test('a file that appears meanwhile stays as it is', async () => {
  const terminal = wizard(
    '--gateway',
    'gw-1',
    '--site',
    'a',
    '--store',
    '/tmp/none',
    '--panel',
    'none',
  );
  await terminal.answer('설비 번호', 'dc-03');
  await terminal.answer('작업자가 부르는', '');
  await terminal.answer('설비 주소', '10.0.0.1');
  await terminal.answer('찾아볼까요', 'n');
  await terminal.answer('국번', '');
  await terminal.answer('종류 (번호', '1');
  await terminal.answer('불량 예측', '');
  await terminal.answer('불량 배출', '');
  await terminal.answer('전력량계', '');
  await terminal.answer('설비가 더', '');
  await terminal.until('이대로 저장');
  writeFileSync(file(), 'theirs\n');
  terminal.type('y\r');
  expect(await terminal.ended).toBe(3);
  expect([readFileSync(file(), 'utf8'), readdirSync(dir)]).toEqual(['theirs\n', ['ppuri.yaml']]);
});

test('a search that finds nothing goes on to the next question', async () => {
  const terminal = wizard();
  await upToBus(terminal, 1);
  await terminal.answer('찾아볼까요', '');
  await terminal.answer('국번 [1]', '');
  await terminal.until('종류 (번호');
  terminal.type(ctrlC);
  expect(await terminal.ended).toBe(130);
});

test('Ctrl-C while it looks ends the search alone', async () => {
  // Takes every question and answers none.
  const mute = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const terminal = wizard();
  await upToBus(terminal, port);
  await terminal.answer('찾아볼까요', '');
  await terminal.until('국번 2 (');
  terminal.type(ctrlC);
  await terminal.until('중단했습니다');
  await terminal.until('국번 [1]');
  terminal.type(ctrlC);
  expect(await terminal.ended).toBe(130);
  expect(readdirSync(dir)).toEqual([]);
  await new Promise((resolve) => mute.close(resolve));
});
