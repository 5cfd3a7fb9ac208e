/** A transmitter's decimal point moved: found by a real agent, told everywhere, kept over a restart. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { DriftHealth } from '../../agent/records.ts';
import { run, type Started, start } from './program.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function begin(args: readonly string[]): Started {
  const started = start(args);
  ends.push(async () => {
    started.process.kill('SIGKILL');
    await started.finished;
  });
  return started;
}

const [shots, goodShots] = [260, 230];

/** Steady production, and the fast-shot speed a tenth of itself at the end. */
async function brokenLog(dir: string): Promise<string> {
  const file = join(dir, 'log.csv');
  const made = await run([
    ...['simulate', 'die-casting-cold-chamber', '--dataset', file, '--seed', '5'],
    ...['--scenario', 'steady', '--shots', String(shots)],
  ]);
  expect(made.code).toBe(0);
  const [head = '', ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const column = head.split(',').indexOf('highSpeed');
  expect(column).toBeGreaterThan(0);
  const shifted = rows.map((row, at) => {
    const cells = row.split(',');
    if (at >= goodShots) cells[column] = (Number(cells[column]) / 10).toFixed(1);
    return cells.join(',');
  });
  writeFileSync(file, [head, ...shifted].join('\n'));
  return file;
}

interface Health {
  readonly running: boolean;
  readonly machines: readonly { readonly machine: string; readonly drift: DriftHealth }[];
}

/** Until something is in doubt. */
async function doubted(config: string): Promise<DriftHealth> {
  for (;;) {
    const { stdout } = await run(['model', 'health', '-c', config, '--json']);
    const { machines } = JSON.parse(stdout) as Partial<Health>;
    const drift = machines?.[0]?.drift;
    if (drift !== undefined && drift.findings.length > 0) return drift;
    await pause(300);
  }
}

const openAlerts = async (config: string): Promise<{ id: string; cause: string }[]> =>
  JSON.parse((await run(['alerts', '-c', config, '--json'])).stdout).alerts;

test('a moved decimal point is found, told with what to do, and outlives a restart', {
  timeout: 180_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-health-'));
  const log = await brokenLog(dir);
  const simulator = begin([
    ...['simulate', 'die-casting-cold-chamber', '--replay', log, '--speed', 'max', '--json'],
  ]);
  const { port } = JSON.parse(await simulator.line(/"listening"/)).listening;
  const config = join(dir, 'ppuri.yaml');
  writeFileSync(
    config,
    `gateway: { id: gw-1, locale: ko }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port} } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    model: diecast-defect
    devices: { plc: { bus: press, unit: 1 } }
store: { path: ${join(dir, 'store')} }
`,
  );
  const agent = begin(['run', '-c', config]);
  const { findings } = await doubted(config);
  expect(findings).toMatchObject([
    { kind: 'decimal-shift', feature: 'highSpeed', modelInput: true },
  ]);
  const [found] = findings;
  expect((found?.from ?? 0) / (found?.to ?? 1)).toBeGreaterThan(8);

  const health = await run(['model', 'health', '-c', config]);
  expect(health.code).toBe(1);
  expect(health.stdout).toMatch(
    /^3호기 \(diecast-defect \S+\): 입력값 이상 1건\(모델 입력 1건\)$/m,
  );
  expect(health.stdout).toMatch(/고속 구간 속도 자릿수 어긋남: 평소 .*약 1\/10/);
  expect(health.stdout).toContain('검사 결과가 없어 모델 확률이 맞는지 알 수 없음');
  const [alert] = (await openAlerts(config)).filter(({ cause }) => cause === 'decimal-shift');
  expect(alert).toBeDefined();
  const metrics = await run(['status', '-c', config, '--metrics']);
  expect(metrics.stdout).toContain('ppuri_drift_findings{machine="dc-03",kind="decimal-shift"} 1');

  agent.process.kill('SIGTERM');
  await agent.finished;
  const stopped = await run(['model', 'health', '-c', config, '--json']);
  expect(JSON.parse(stopped.stdout)).toMatchObject({ running: false, machines: [] });
  begin(['run', '-c', config]);
  // No shot comes any more: what is known is what was kept.
  const again = await doubted(config);
  expect(again.findings).toMatchObject([{ kind: 'decimal-shift', sinceShot: found?.sinceShot }]);
  const kept = (await openAlerts(config)).filter(({ cause }) => cause === 'decimal-shift');
  expect(kept.map(({ id }) => id)).toEqual([alert?.id]);
});
