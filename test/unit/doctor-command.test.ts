import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '../..');
interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a process of its own. */
function doctor(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const argv = ['agent/ppuri.js', 'doctor', ...args];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      argv,
      { cwd: root, env: { ...process.env, ...env } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'ppuri-doctor-command-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function config(name: string, store: string, gatewayKey = 'id'): string {
  const file = path.join(dir, name);
  const lines = [
    `gateway: { ${gatewayKey}: gw-1 }`,
    'buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }',
    'machines: [{ id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press } } }]',
    `store: { path: ${store} }`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

test('a usable computer and configuration: exit code 0, one JSON object', async () => {
  const { code, stdout } = await doctor(['--json', '-c', config('good.yaml', dir)]);
  const report = JSON.parse(stdout);
  expect(report.fail).toBe(0);
  expect(report.findings[0]).toMatchObject({ id: 'config', level: 'ok' });
  expect(report.findings.length).toBe(report.ok + report.warn + report.fail);
  expect(code).toBe(0);
});

test('a store that cannot be written: exit code 1 and what to do, in the terminal’s language', async () => {
  const file = config('store.yaml', '/proc/ppuri');
  const { code, stdout } = await doctor(['-c', file], { LC_ALL: 'ko_KR.UTF-8' });
  expect(stdout).toContain('이상  /proc/ppuri에 쓸 수 없음');
  expect(stdout).toContain('→ 판정과 알림은 나오지만 기록이 남지 않습니다');
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^정상 \d+ · 주의 \d+ · 이상 1$/);
  expect(code).toBe(1);
});

test('a broken or missing configuration does not keep it from looking at the rest', async () => {
  const broken = await doctor(['-c', config('broken.yaml', dir, 'idd'), '--lang', 'en']);
  expect(broken.stdout).toMatch(/^FAIL .*errors in .*broken\.yaml/m);
  expect(broken.stdout).toContain('ppuri check -c');
  expect(broken.stdout).toContain('better-sqlite3');
  expect(broken.code).toBe(1);
  const missing = await doctor(['-c', path.join(dir, 'none.yaml'), '--lang', 'en']);
  expect(missing.stdout).toMatch(/^FAIL .*none\.yaml/m);
  expect(missing.code).toBe(1);
});

test('says once that a configuration cannot be read', async () => {
  const { stdout } = await doctor(['-c', 'no-such.yaml', '--lang', 'en']);
  expect(stdout).toMatch(/^FAIL +cannot read no-such\.yaml: there is no such file$/m);
});

/** A configuration with a model, and a target that nobody listens for. */
function whole(name: string, model: string): string {
  const file = config(name, dir);
  const text = readFileSync(file, 'utf8').replace(
    'plc: { bus: press } }',
    `plc: { bus: press } }, model: ${model}`,
  );
  writeFileSync(file, `${text}sync: [{ type: mqtt, url: "mqtts://127.0.0.1:1" }]\n`);
  return file;
}

test('models are loaded and targets tried; one that is away is no reason to fail', async () => {
  const { code, stdout } = await doctor(['--json', '-c', whole('whole.yaml', 'diecast-defect')]);
  const found = new Map(JSON.parse(stdout).findings.map((one: { id: string }) => [one.id, one]));
  expect(found.get('model-diecast-defect')).toMatchObject({
    level: 'ok',
    data: { version: '1.0.0' },
  });
  expect(found.get('sync-mqtt')).toMatchObject({ level: 'warn', data: { why: 'refused' } });
  for (const id of ['service', 'priority', 'trust', 'clock']) expect(found.has(id), id).toBe(true);
  expect(code).toBe(0);
});

test('a model that cannot be used is wrong, and says what becomes of its machine', async () => {
  const { code, stdout } = await doctor([
    '--lang',
    'ko',
    '-c',
    whole('no-model.yaml', 'diecast-defekt'),
  ]);
  expect(stdout).toMatch(/^이상 +.*no-model\.yaml에 오류 1개$/m);
  expect(stdout).toContain('diecast-defekt');
  expect(code).toBe(1);
});
