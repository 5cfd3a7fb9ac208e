import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { demoMachines } from '../../agent/demo/plan.ts';
import { startDemo } from '../../agent/demo/run.ts';
import { createLog } from '../../agent/health/log.ts';
import { prepare } from '../../agent/prepare.ts';
import type { Alert } from '../../agent/records.ts';
import { forkRole } from '../../agent/role.ts';
import type { MadeShot } from '../../agent/simulator/plant.ts';
import { groupMembers, run, start } from './program.ts';

describe('ppuri demo', () => {
  test.each([['20'], ['50']])('accounts for every shot at speed %s', async (speed) => {
    const { code, stdout, stderr } = await run([
      'demo',
      '--for',
      '12s',
      '--speed',
      speed,
      '--json',
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ unaccounted: 0, repeated: 0, outOfOrder: 0 });
    expect(summary.cycles.made).toBeGreaterThan(5);
    const { ok, defect, unscored } = summary.verdicts;
    const sum = Object.values<number>(unscored).reduce((total, n) => total + n, ok + defect);
    expect(sum).toBe(summary.cycles.made);
    expect(summary.latencyMs.snapshotToAlert).toMatchObject({
      p50: expect.any(Number),
      p999: expect.any(Number),
    });
  });

  test('ends on Ctrl-C with a summary, exit 0, no process and no file left', async () => {
    // Of its own: other tests run demos at the same time.
    const folder = await mkdtemp(join(tmpdir(), 'ppuri-ends-'));
    const demo = start(['demo'], undefined, 'pipe', { TMPDIR: folder });
    await demo.line(/, 불량확률 \d/);
    const group = demo.process.pid ?? 0;
    expect(groupMembers(group).length).toBeGreaterThanOrEqual(4);
    process.kill(-group, 'SIGINT');
    const { code, stdout } = await demo.finished;
    expect(stdout).toMatch(/생산 \d+샷, 저장 \d+샷, 누락 0, 중복 0/);
    expect(code).toBe(0);
    expect(groupMembers(group)).toEqual([]);
    const left = (await readdir(folder)).filter((name) => name.startsWith('ppuri-demo-'));
    expect(left).toEqual([]);
    await rm(folder, { recursive: true, force: true });
  });

  test('names the cause that the simulator planted', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'ppuri-causes-'));
    const made: MadeShot[] = [];
    const raised: Alert[] = [];
    const enough = Promise.withResolvers<void>();
    try {
      const demo = await startDemo({
        options: {
          ...{ machines: demoMachines, speed: 50, seed: 11, scenario: 'troubled' },
          ...{
            deadlineMs: 1000,
            hardLimitMs: 2000,
            limits: 'profile',
            locale: 'ko',
            panelPort: null,
          },
        },
        fork: forkRole,
        log: createLog(() => undefined, 'error'),
        dir,
        prepare,
        onShot: (shot) => made.push(shot),
        onAlert: (alert) => {
          if (alert.state !== 'raised' || alert.severity !== 'warning') return;
          raised.push(alert);
          if (new Set(raised.map(({ machine }) => machine)).size === 2) enough.resolve();
        },
      });
      await Promise.race([enough.promise, demo.broken]);
      await demo.finish(5000);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    for (const { machine, cause, shots, text } of raised) {
      const true_ = made.filter((shot) => shot.machine === machine && shot.truth.cause !== null);
      const near = true_.filter(
        ({ shot }) => shots !== null && shot >= shots.from && shot <= shots.to,
      );
      expect(
        near.map(({ truth }) => truth.cause),
        text.en,
      ).toContain(cause);
      expect(text.ko).toMatch(/^\[경고\] [35]호기 금형 \d+ .+ \(기준 .+~.+\).*위험\. .+번 선별\.$/);
    }
  });

  test.each([
    [['demo', '--speed', 'fast'], 2, 'give a factor above 0, up to 1000, or max'],
    [['demo', '--for', '-1'], 2, 'give a time such as 60s'],
    [['demo', '--model', 'x'], 2, '--model goes with --replay'],
    [['demo', '--replay', '/nowhere.csv', '--json'], 2, 'csv-invalid'],
    [['demmo'], 2, 'Did you mean demo'],
  ])('%j says what is wrong', async (args, exit, text) => {
    const { code, stdout, stderr } = await run(args);
    expect(stdout + stderr).toContain(text);
    expect(code).toBe(exit);
  });
});
