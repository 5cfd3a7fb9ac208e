import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
