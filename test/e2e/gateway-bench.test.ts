/** `ppuri bench` as a technician runs it. Figures are not judged here: a shared computer has its own. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BenchReport } from '../../agent/bench/report.ts';
import { canMakeDisks, SmallDisk } from '../fixtures/small-disk.ts';
import { groupMembers, run, start } from './program.ts';

const withSocat = spawnSync('socat', ['-V']).status === 0;

function makeDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-gateway-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Two machines that are not there, one of them on a serial line. */
function configIn(dir: string, more = ''): string {
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-secret, site: busan-secret }
buses:
  press: { type: modbus-tcp, host: 192.0.2.1 }
  cabinet: { type: modbus-rtu, path: /dev/ttyNOWHERE, baudRate: 115200 }
machines:
  - id: secret-03
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press, unit: 1 }, meter: { bus: cabinet, unit: 7, profile: eastron-sdm630 } }
    model: diecast-defect
    deadlineMs: 2000
    hardLimitMs: 4000
  - id: secret-05
    profile: injection-molding
    devices: { plc: { bus: cabinet, unit: 2 } }
    deadlineMs: 2000
    hardLimitMs: 4000
store: { path: ${join(dir, 'store')} }
${more}`,
  );
  return file;
}

const bench = (...args: string[]) => ['bench', '--while-running', ...args];
/** Nothing of the benchmark, and no store where the real one would be. */
const leftIn = (dir: string): string[] =>
  readdirSync(dir).filter((name) => name.startsWith('.ppuri-bench') || name === 'store');

describe('ppuri bench', () => {
  it('measures the configured machines from simulators and leaves nothing behind', async () => {
    const dir = makeDir();
    const json = join(dir, 'bench.json');
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const file = configIn(dir, `panel: { listen: "127.0.0.1:${port}" }`);
    const started = start(bench('-c', file, '--for', '4s', '--json', json, '--lang', 'ko'));
    const { code, stdout, stderr } = await started.finished;
    expect([0, 1], stderr).toContain(code);
    const report: BenchReport = JSON.parse(readFileSync(json, 'utf8'));
    expect(report).toMatchObject({
      schema: 'ppuri-bench/1',
      load: { source: 'configuration', machines: 2, buses: { 'modbus-tcp': 1, 'modbus-rtu': 1 } },
      verdict: { holds: code === 0, deadlineMs: 2000 },
    });
    expect(JSON.stringify(report)).not.toMatch(/secret|192\.0\.2|ttyNOWHERE|ppuri-gateway/);
    const { run: figures, store, capacity } = report;
    expect(figures.shots).toBeGreaterThan(5);
    expect(figures.wireMs.changeToReject.max).toBeGreaterThan(0);
    expect(figures.stagesMs.snapshotToVerdict.count).toBeGreaterThan(0);
    expect(figures.bounds.map(({ by }) => by).sort()).toEqual(['agent', 'wire']);
    for (const role of ['loop', 'infer', 'keep']) {
      expect(figures.memoryMiB[role]).toBeGreaterThan(1);
      expect(figures.cpuCores[role]).toBeGreaterThanOrEqual(0);
    }
    expect(figures.loopLateMs?.max).toBeGreaterThan(0);
    expect(store.commitMs.count).toBeGreaterThan(20);
    expect(store.onStoreDisk).toBe(true);
    expect(capacity?.holds).toBeGreaterThanOrEqual(0);
    expect(stdout).toMatch(/이 게이트웨이는 설정된 2대를 감당/);
    expect(stdout).toContain('스냅샷 → 배출 신호');
    if (!withSocat) expect(stdout).toContain('socat');
    expect(leftIn(dir)).toEqual([]);
    expect(groupMembers(started.process.pid ?? 0)).toEqual([]);
  }, 120_000);

  it('takes a standard load without a configuration', async () => {
    const { code, stdout, stderr } = await run(
      bench('--for', '2s', '--no-capacity', '--lang', 'en'),
    );
    expect([0, 1], stderr).toContain(code);
    expect(stdout).toMatch(/this gateway (bears|does not bear) the standard load of 10 machines/);
    expect(stdout).toMatch(/10 simulated machines \(die-casting-cold-chamber 10\)/);
  }, 90_000);

  it('ends with Ctrl-C at any time, and leaves no process and no directory', async () => {
    const dir = makeDir();
    const started = start(bench('-c', configIn(dir), '--for', '60s', '--lang', 'en'));
    await expect.poll(() => started.stderr(), { timeout: 30_000 }).toMatch(/measuring 2 simulated/);
    const store = (): boolean =>
      leftIn(dir).some((name) => existsSync(join(dir, name, 'm2', 'store', 'ppuri.db')));
    await expect.poll(store, { timeout: 30_000 }).toBe(true);
    const group = started.process.pid ?? 0;
    process.kill(-group, 'SIGINT');
    const { code, stderr } = await started.finished;
    expect({ code, stderr }).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('interrupted'),
    });
    await expect.poll(() => groupMembers(group), { timeout: 10_000 }).toEqual([]);
    expect(leftIn(dir)).toEqual([]);
  }, 90_000);

  it('stays away while an agent works on this gateway, unless told', async () => {
    const dir = makeDir();
    const file = configIn(dir);
    const agent = start(['run', '-c', file]);
    await agent.line(/"event":"starting"/);
    const { code, stderr } = await run(['bench', '-c', file, '--lang', 'ko']);
    expect(code).toBe(2);
    expect(stderr).toContain('에이전트가 실행 중입니다');
    expect(stderr).toContain('--while-running');
    agent.process.kill('SIGINT');
    expect((await agent.finished).code).toBe(0);
  }, 60_000);

  it('says of a broken configuration all that is wrong, and begins nothing', async () => {
    const dir = makeDir();
    const file = configIn(dir, 'machine: []\nalerts: { callsPerHour: 999 }');
    const { code, stderr, stdout } = await run(bench('-c', file));
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/2 errors in .*ppuri\.yaml[\s\S]*machine[\s\S]*callsPerHour/);
    expect((await run(bench('-c', join(dir, 'absent.yaml')))).code).toBe(3);
    expect(leftIn(dir)).toEqual([]);
  }, 60_000);

  it('refuses a model that cannot be used: without it the load is another one', async () => {
    const dir = makeDir();
    const file = configIn(dir);
    writeFileSync(file, readFileSync(file, 'utf8').replace('diecast-defect', './no-such-bundle'));
    const { code, stderr } = await run(bench('-c', file));
    expect(code).toBe(3);
    expect(stderr).toContain('no-such-bundle');
  }, 60_000);

  it('knows how long to measure, and where it cannot write', async () => {
    expect((await run(bench('--for', 'soon'))).code).toBe(2);
    const dir = makeDir();
    const nowhere = join(dir, 'no', 'such', 'bench.json');
    const ended = await run(bench('-c', configIn(dir), '--for', '2s', '--json', nowhere));
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(nowhere);
  }, 60_000);
});

describe.skipIf(!canMakeDisks())(
  'ppuri bench on a full disk (left out without root and strace)',
  () => {
    it('says so before it begins', async () => {
      const dir = makeDir();
      const disk = new SmallDisk(dir, 128);
      onTestFinished(() => disk.close());
      disk.fill();
      const file = configIn(dir);
      const text = readFileSync(file, 'utf8').replace(join(dir, 'store'), join(disk.root, 'store'));
      writeFileSync(file, text);
      const { code, stderr } = await run(bench('-c', file, '--lang', 'ko'));
      expect(code).toBe(5);
      expect(stderr).toContain(disk.root);
      expect(leftIn(disk.root)).toEqual([]);
    }, 60_000);
  },
);
