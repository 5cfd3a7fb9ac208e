/** What the agent's processes leave behind and whom they speak to: nobody but the machines. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { groupMembers, start } from './program.ts';

afterEach(() => vi.unstubAllEnvs());

test('inference reports to nobody: no telemetry of ONNX Runtime, nor its files', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'ppuri-private-'));
  vi.stubEnv('TMPDIR', temporary);
  vi.stubEnv('ORT_DISABLE_TELEMETRY', undefined);
  const demo = start(['demo', '--for', '10s', '--speed', '50']);
  await demo.line(/양품|ok/);
  const roles = groupMembers(demo.process.pid ?? 0).map((pid) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'),
  );
  const inference = roles.filter((environ) => environ.includes('PPURI_ROLE=infer'));
  expect(inference.length).toBeGreaterThan(0);
  for (const environ of inference) expect(environ).toContain('ORT_DISABLE_TELEMETRY=1');
  expect((await demo.finished).code).toBe(0);
  expect(readdirSync(temporary).filter((name) => /\.ses$|mat-debug/.test(name))).toEqual([]);
});
