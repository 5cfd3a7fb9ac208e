/** The single file, built once: it is the whole program, wherever it lies and whoever starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Built, buildBinary } from '../../config/install/build-binary.ts';
import { sourceVersion } from '../../config/install/source.ts';
import type { Finished } from './program.ts';

const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const root = mkdtempSync(join(tmpdir(), 'ppuri-binary-'));
const runtime = join(root, 'runtime');
let built: Built;

beforeAll(async () => {
  built = await buildBinary(arch, join(root, 'first'));
}, 300_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As on a computer without Node: no PATH to one, no checkout around it. */
async function run(args: readonly string[], more: Record<string, string> = {}): Promise<Finished> {
  const home = mkdtempSync(join(root, 'home-'));
  const env = { PATH: '/usr/bin:/bin', HOME: home, NO_COLOR: '1', PPURI_RUNTIME_DIR: runtime };
  const child = spawn(built.file, args, {
    cwd: home,
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** One machine of a shipped profile, with a shipped model. */
function configuration(): string {
  const file = join(root, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1, site: here, locale: ko }
buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press, unit: 1 } }
    model: diecast-defect
store: { path: ${root}/store }
`,
  );
  return file;
}

const folderOf = (group: string): string =>
  join(runtime, readdirSync(runtime).find((name) => name.startsWith(`${group}-`)) ?? 'none');

test('two builds are the same to the byte', async () => {
  const again = await buildBinary(arch, join(root, 'second'));
  expect(again.sha256).toBe(built.sha256);
  expect(readFileSync(again.file).equals(readFileSync(built.file))).toBe(true);
}, 300_000);

test('it stays within its size', () => {
  expect(built.bytes).toBeLessThanOrEqual(170e6);
});

describe('the file alone', () => {
  test('says its version without unpacking anything', async () => {
    const { code, stdout } = await run(['--version'], { PPURI_RUNTIME_DIR: '/proc/nowhere' });
    expect([code, stdout]).toEqual([0, `${sourceVersion()}\n`]);
  });

  test('loads each addon in a child of its own', async () => {
    const { stdout } = await run(['doctor', '--json']);
    const findings: { id: string; level: string }[] = JSON.parse(stdout).findings;
    const levels = new Map(findings.map(({ id, level }) => [id, level]));
    for (const addon of ['onnxruntime-node', 'better-sqlite3'])
      expect(levels.get(`addon-${addon}`)).toBe('ok');
    // Listing ports wants udevadm, which not every computer has; the addon itself did load.
    expect(['ok', 'warn']).toContain(levels.get('addon-serialport'));
  });

  test('runs the demo: simulators, models, store and delivery', async () => {
    const { code, stdout, stderr } = await run(['demo', '--for', '12s', '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(summary.cycles.kept).toBeGreaterThan(0);
    expect(summary.cycles.kept).toBe(summary.cycles.made);
    expect(summary).toMatchObject({ unaccounted: 0, repeated: 0 });
    expect(summary.delivered).toBe(summary.cycles.kept);
  });

  test('has the shipped profiles and models', async () => {
    const { code, stdout } = await run(['check', '-c', configuration()]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('dc-03')]);
  });
});

describe('what it unpacked', () => {
  test('belongs to its user alone and cannot be changed by accident', () => {
    const library = join(folderOf('onnxruntime-node'), 'libonnxruntime.so.1');
    expect(statSync(folderOf('onnxruntime-node')).mode & 0o777).toBe(0o700);
    expect(statSync(library).mode & 0o222).toBe(0);
  });

  test('is never loaded once somebody has changed it', async () => {
    const addon = join(folderOf('better-sqlite3'), 'better-sqlite3.node');
    const sound = readFileSync(addon);
    chmodSync(addon, 0o644);
    writeFileSync(addon, Buffer.concat([sound.subarray(0, -1), Buffer.from([1])]));
    const { stdout } = await run(['doctor', '--json']);
    expect(stdout).toMatch(/"id":"addon-better-sqlite3","level":"ok"/);
    expect(readFileSync(addon).equals(sound)).toBe(true);
  });

  test('is not put where others can write', async () => {
    const open = join(root, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const more = { PPURI_RUNTIME_DIR: open };
    const { code, stdout, stderr } = await run(['check', '-c', configuration()], more);
    expect([code, stdout + stderr]).toEqual([3, expect.stringContaining('PPURI_RUNTIME_DIR')]);
    expect(readdirSync(open)).toEqual([]);
  });
});

test('it measures this computer with machines it simulates and an agent that is itself', async () => {
  const json = join(root, 'bench.json');
  const args = ['bench', '-c', configuration(), '--for', '2s', '--no-capacity', '--while-running'];
  const { code, stdout, stderr } = await run([...args, '--json', json, '--lang', 'en']);
  expect([0, 1], stderr).toContain(code);
  expect(stdout).toMatch(/this gateway (bears|does not bear) the machine configured/);
  const { run: figures, store } = JSON.parse(readFileSync(json, 'utf8'));
  expect(figures.stagesMs.featuresToVerdict.count).toBeGreaterThan(0);
  expect(Object.keys(figures.memoryMiB).sort()).toEqual(['infer', 'keep', 'loop']);
  expect(store.commitMs.count).toBeGreaterThan(0);
}, 120_000);
