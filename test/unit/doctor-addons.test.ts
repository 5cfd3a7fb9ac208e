import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addonFinding, tryAddon } from '../../agent/health/doctor-addons.ts';
import { addons } from '../../agent/health/selftest.ts';
import { type ForkRole, forkRole } from '../../agent/role.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'ppuri-addons-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Forks a program of its own in place of ours, and keeps the child to look at. */
function program(source: string): { readonly start: ForkRole; child(): ChildProcess | undefined } {
  const file = path.join(mkdtempSync(path.join(dir, 'p-')), 'child.mjs');
  writeFileSync(file, source);
  let child: ChildProcess | undefined;
  const start: ForkRole = () => {
    child = fork(file, [], { stdio: 'ignore', serialization: 'advanced', execArgv: [] });
    return child;
  };
  return { start, child: () => child };
}

test.each(addons)('%s loads and works in a child of the program', async (addon) => {
  const outcome = await tryAddon(forkRole, addon);
  expect(outcome.kind).toBe('works');
  expect(addonFinding(addon, outcome).level).not.toBe('fail');
});

test('an unknown addon is refused by the child', async () => {
  const child = forkRole('selftest', { args: ['no-such'], stdio: 'ignore' });
  const [message] = await once(child, 'message');
  expect(message).toEqual({ ok: false, error: 'no such addon: no-such' });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});

describe('a child that goes wrong is a finding', () => {
  test.each(['SIGSEGV', 'SIGILL', 'SIGABRT'])('killed by %s', async (signal) => {
    const { start } = program(
      `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1e6);`,
    );
    const outcome = await tryAddon(start, 'better-sqlite3');
    expect(outcome).toEqual({ kind: 'died', signal, code: null });
    const finding = addonFinding('better-sqlite3', outcome);
    expect(finding.level).toBe('fail');
    expect(finding.text.en).toContain(signal);
    expect(finding.text.ko).toContain(signal);
  });

  test('a crash after its report still counts', async () => {
    const { start } = program(
      "process.send({ ok: true, detail: {} }, () => process.kill(process.pid, 'SIGSEGV'));",
    );
    expect(await tryAddon(start, 'onnxruntime-node')).toMatchObject({ kind: 'died' });
  });

  test('an end without a report', async () => {
    const { start } = program('process.exitCode = 7; process.disconnect();');
    const outcome = await tryAddon(start, 'serialport');
    expect(outcome).toEqual({ kind: 'died', signal: null, code: 7 });
  });

  test('an error it reports', async () => {
    const { start } = program(
      "process.send({ ok: false, error: 'no such file' }, () => process.disconnect());",
    );
    const finding = addonFinding('serialport', await tryAddon(start, 'serialport'));
    expect(finding).toMatchObject({
      level: 'fail',
      text: { en: 'serialport: failed: no such file' },
    });
  });

  test('one that never reports is killed', async () => {
    const { start, child } = program('setInterval(() => {}, 1e6);');
    expect(await tryAddon(start, 'serialport', 200)).toEqual({ kind: 'hung', afterMs: 200 });
    expect(child()?.signalCode).toBe('SIGKILL');
  });
});
