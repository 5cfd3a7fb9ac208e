/** `ppuri init` with flags, as scripts and those in a hurry use it. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { run, type Started, start } from './program.ts';

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

const init = (...args: string[]) => run(['init', ...args], dir);
const file = (): string => join(dir, 'ppuri.yaml');
const press = ['--bus', 'tcp://192.168.0.10', '--profile', 'die-casting-cold-chamber'];

test('writes what was asked for, with which the other commands agree', async () => {
  const { code, stdout } = await init(
    ...['--gateway', 'gw-press-3', '--site', 'busan-1', ...press, '--machine', 'dc-03'],
    ...['--name', '3호기', '--reject', 'coil:0', '--model', 'diecast-defect'],
    ...['--device', 'meter=eastron-sdm630@7@tcp://192.168.0.30:1502'],
    ...['--machine', 'dc-04', '--unit', '2', '--json'],
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    file: 'ppuri.yaml',
    machines: [
      { id: 'dc-03', unit: 1, model: 'diecast-defect' },
      { id: 'dc-04', unit: 2 },
    ],
    next: expect.arrayContaining(['ppuri check -c ppuri.yaml']),
  });
  const { config } = loadConfig(file());
  expect(config).toMatchObject({
    gateway: { id: 'gw-press-3', site: 'busan-1', locale: 'ko' },
    buses: {
      'ethernet-1': { type: 'modbus-tcp', host: '192.168.0.10', port: 502 },
      'ethernet-2': { host: '192.168.0.30', port: 1502 },
    },
    panel: { listen: '127.0.0.1:8787' },
  });
  expect(config.machines).toMatchObject([
    {
      ...{ id: 'dc-03', name: '3호기', model: 'diecast-defect', reject: { coil: 0 } },
      devices: {
        plc: { bus: 'ethernet-1', unit: 1 },
        meter: { bus: 'ethernet-2', unit: 7, profile: 'eastron-sdm630' },
      },
    },
    { id: 'dc-04', profile: 'die-casting-cold-chamber', devices: { plc: { unit: 2 } } },
  ]);
  expect((await run(['check', '-c', file(), '--json'])).code).toBe(0);
});

test('serial settings, an instrument that speaks text, a machine’s own register', async () => {
  const { code } = await init(
    ...['--bus', 'rtu:///dev/ttyUSB0?baud=19200&parity=even', '--profile', 'ls-xgb'],
    ...['--machine', 'press-1', '--reject', 'register:500', '--panel', 'none', '--lang', 'en'],
    ...[
      '--device',
      'scale=cas-scale@1@line:///dev/ttyUSB1?baud=9600',
      '--store',
      join(dir, 'store'),
    ],
  );
  expect(code).toBe(0);
  const { config } = loadConfig(file());
  expect(config.buses).toMatchObject({
    'serial-1': { path: '/dev/ttyUSB0', baudRate: 19_200, parity: 'even' },
    'instrument-1': { type: 'serial-line', path: '/dev/ttyUSB1' },
  });
  expect(config.panel).toBeUndefined();
  expect(config.machines[0]?.reject).toMatchObject({ register: 500 });
  const text = readFileSync(file(), 'utf8');
  expect(text).toContain('# what operators call it'.replace('what operators call it', 'Machines.'));
  expect(text).not.toMatch(/[가-힣](?!.*profile)/);
});

test('names keep every character that operators may use', async () => {
  const names = ['3호기', '3', 'true', '#1: "A"', "it's", 'a\\b', ' 공백 ', '압출 - 2', '*x', '🙂'];
  const flags = names.flatMap((name, i) => [
    '--machine',
    `m-${i}`,
    '--unit',
    `${i}`,
    '--name',
    name,
  ]);
  expect((await init(...press, ...flags)).code).toBe(0);
  expect(loadConfig(file()).config.machines.map(({ name }) => name)).toEqual(names);
});

test('never overwrites, and leaves nothing beside the file', async () => {
  writeFileSync(file(), 'mine\n');
  const { code, stderr } = await init(...press, '--machine', 'dc-03');
  expect([code, readFileSync(file(), 'utf8'), readdirSync(dir)]).toEqual([
    3,
    'mine\n',
    ['ppuri.yaml'],
  ]);
  expect(stderr).toContain('파일이 이미 있습니다');
  const json = JSON.parse((await init(...press, '--machine', 'dc-03', '--json')).stdout);
  expect(json.error.code).toBe('config-not-written');
});

test('takes the place of the example that an installation left, unless somebody has touched it', async () => {
  const example = readFileSync(new URL('../../config/example.yaml', import.meta.url), 'utf8');
  writeFileSync(file(), `${example}# ours\n`);
  expect((await init(...press, '--machine', 'dc-03')).code).toBe(3);
  writeFileSync(file(), example);
  expect((await init(...press, '--machine', 'dc-03')).code).toBe(0);
  expect(loadConfig(file()).config.machines.map(({ id }) => id)).toEqual(['dc-03']);
  expect(readdirSync(dir)).toEqual(['ppuri.yaml']);
});

test('what the check refuses is not written', async () => {
  const { code, stderr } = await init(
    '--bus',
    'tcp://10.0.0.1',
    '--machine',
    'dc-03',
    '--profile',
    'ls-xbg',
  );
  expect([code, readdirSync(dir)]).toEqual([3, []]);
  expect(stderr).toContain('did you mean "ls-xgb"?');
  expect(stderr).not.toContain('.new');
});

test('everything that is missing is told at once, and a bad flag is usage', async () => {
  const lacking = await init('--machine', 'dc-03', '--lang', 'en');
  expect(lacking.code).toBe(2);
  expect(lacking.stderr).toContain('--bus of dc-03, --profile of dc-03');
  for (const wrong of [
    ['--reject', 'coil'],
    ['--unit', '999'],
    ['--device', 'plc=x'],
    ['--bus', 'x'],
  ])
    expect((await init('--machine', 'dc-03', ...wrong)).code).toBe(2);
  expect((await init('--name', '3호기')).stderr).toContain('comes after the --machine');
  expect((await init()).code).toBe(2);
  expect(readdirSync(dir)).toEqual([]);
});

test('one port with two settings is refused', async () => {
  const { code, stderr } = await init(
    ...['--profile', 'ls-xgb', '--machine', 'a', '--bus', 'rtu:///dev/ttyUSB0?baud=9600'],
    ...['--machine', 'b', '--unit', '2', '--bus', 'rtu:///dev/ttyUSB0?baud=19200'],
  );
  expect([code, readdirSync(dir)]).toEqual([2, []]);
  expect(stderr).toContain('ttyUSB0');
});

test('is for its owner and group alone, whatever the umask', async () => {
  const before = process.umask(0o077);
  try {
    expect((await init(...press, '--machine', 'dc-03')).code).toBe(0);
  } finally {
    process.umask(before);
  }
  expect(statSync(file()).mode & 0o777).toBe(0o640);
});

test('a directory that is not there is named, and not made', async () => {
  const { code, stderr } = await init('there/ppuri.yaml', ...press, '--machine', 'dc-03');
  expect([code, existsSync(join(dir, 'there'))]).toEqual([3, false]);
  expect(stderr).toContain('mkdir -p');
});

test('--scan finds unit and profile of a simulated machine', async () => {
  const port = await machine('--unit', '3');
  const bus = ['--bus', `tcp://127.0.0.1:${port}`];
  const { code, stdout } = await init(...bus, '--machine', 'dc-03', '--scan', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).machines).toEqual([
    { id: 'dc-03', profile: 'die-casting-cold-chamber', unit: 3, model: null },
  ]);
  const two = await init('two.yaml', ...bus, '--machine', 'a', '--machine', 'b', '--scan');
  expect([two.code, existsSync(join(dir, 'two.yaml'))]).toEqual([2, false]);
});

test('lists the shipped profiles with what they are', async () => {
  const listed = JSON.parse((await init('--list', '--json')).stdout);
  expect(listed).toContainEqual({
    ...{ id: 'ls-xgb', kind: 'machine' },
    title: {
      ko: expect.stringContaining('LS ELECTRIC'),
      en: expect.stringContaining('LS ELECTRIC'),
    },
  });
  expect((await init('--list')).stdout).toMatch(/^cas-scale +계측기\(문자 통신\) +CAS 저울$/m);
});
