import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countLevels, examine } from '../../agent/health/doctor.ts';
import { clockFinding, machineFindings, wakeupFinding } from '../../agent/health/doctor-host.ts';
import { atLeast, platformFindings } from '../../agent/health/doctor-platform.ts';
import {
  panelPortFinding,
  readSerialPorts,
  serialPortsFinding,
} from '../../agent/health/doctor-ports.ts';
import { storeFindings } from '../../agent/health/doctor-store.ts';
import type { Finding } from '../../agent/health/finding.ts';
import { forkRole } from '../../agent/role.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'ppuri-doctor-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const levels = (findings: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ id, level }) => [id, level]));

const gateway = {
  platform: 'linux',
  arch: 'arm64',
  kernel: '6.6.31',
  glibc: '2.36',
  node: 'v26.10.0',
  napi: 10,
};

describe('platform', () => {
  test('a 64-bit Linux with glibc 2.34 and N-API 10 is fine', () => {
    expect(levels(platformFindings({ ...gateway, glibc: '2.34' }))).toEqual({
      system: 'ok',
      glibc: 'ok',
      node: 'ok',
    });
  });

  test.each([
    ['a 32-bit system', { arch: 'arm' }, 'system'],
    ['macOS', { platform: 'darwin' }, 'system'],
    ['glibc of Debian 11', { glibc: '2.31' }, 'glibc'],
    ['musl', { glibc: null }, 'glibc'],
    ['Node 22.12', { node: 'v22.12.0', napi: 9 }, 'node'],
  ])('%s fails, and only that', (_name, change, id) => {
    const failed = platformFindings({ ...gateway, ...change }).filter((f) => f.level === 'fail');
    expect(failed.map((f) => f.id)).toEqual([id]);
  });

  test('versions compare by number, not by letter', () => {
    expect(atLeast('2.4', '2.34')).toBe(false);
    expect(atLeast('2.100', '2.34')).toBe(true);
    expect(atLeast('3', '2.34')).toBe(true);
    expect(atLeast('2.34', '2.34')).toBe(true);
  });
});

describe('host', () => {
  test('a clock that starts in 1970 is a warning: the agent works without one', () => {
    expect(clockFinding({ wallMs: 0, synced: null }).level).toBe('warn');
    const wallMs = Date.UTC(2026, 10, 22);
    expect(clockFinding({ wallMs, synced: false }).level).toBe('warn');
    expect(clockFinding({ wallMs, synced: true }).level).toBe('ok');
    expect(clockFinding({ wallMs, synced: null }).level).toBe('ok');
  });

  test('memory, cores and a governor that holds the clock down', () => {
    const facts = { cores: 4, availableMiB: 900, governor: 'ondemand', governorDriver: null };
    const fine = { cores: 'ok', memory: 'ok', 'cpu-governor': 'ok' };
    expect(levels(machineFindings(facts))).toEqual(fine);
    expect(levels(machineFindings({ ...facts, availableMiB: 100 })).memory).toBe('fail');
    expect(levels(machineFindings({ ...facts, cores: 1 })).cores).toBe('warn');
    const slow = { ...facts, governor: 'powersave', governorDriver: 'cpufreq-dt' };
    expect(levels(machineFindings(slow))['cpu-governor']).toBe('warn');
    const pstate = { ...slow, governorDriver: 'intel_pstate' };
    expect(levels(machineFindings(pstate))['cpu-governor']).toBe('ok');
  });

  test('timers that fire late are a warning', () => {
    expect(wakeupFinding([0.1, 0.2, 0.4]).level).toBe('ok');
    expect(wakeupFinding([0.1, 0.2, 40]).level).toBe('warn');
    expect(wakeupFinding([]).level).toBe('warn');
  });
});

describe('store directory', () => {
  test('one that can be written is measured and left as it was', async () => {
    const found = await storeFindings({ dir, configured: true });
    expect(found.map(({ id }) => id)).toEqual(['store-dir', 'disk-space', 'disk-sync']);
    expect(found[2]?.data.maxMs).toBeGreaterThan(0);
    expect(readdirSync(dir)).toEqual([]);
  });

  test('one that does not exist yet is looked at where it would be made', async () => {
    const found = await storeFindings({ dir: path.join(dir, 'a/b'), configured: true });
    expect(levels(found)['store-dir']).toBe('ok');
    expect(readdirSync(dir)).toEqual([]);
  });

  test('one that cannot be made fails when configured and warns when it is the default', async () => {
    const impossible = '/proc/ppuri';
    const configured = await storeFindings({ dir: impossible, configured: true });
    expect(levels(configured)).toEqual({ 'store-dir': 'fail' });
    expect(configured[0]?.hint?.en).toContain(impossible);
    const byDefault = await storeFindings({ dir: impossible, configured: false });
    expect(levels(byDefault)).toEqual({ 'store-dir': 'warn' });
  });
});

describe('ports', () => {
  test('a panel port in use is told from a free one', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const used = await panelPortFinding({ host: '127.0.0.1', port });
    expect(used).toMatchObject({ level: 'warn', data: { reason: 'EADDRINUSE' } });
    await new Promise((resolve) => server.close(resolve));
    expect((await panelPortFinding({ host: '127.0.0.1', port })).level).toBe('ok');
  });

  test('serial adapters are found by name, other terminals are not', async () => {
    const dev = mkdtempSync(path.join(dir, 'dev-'));
    for (const name of ['ttyUSB0', 'ttyACM1', 'ttyS0', 'tty1', 'ttyUSBx'])
      writeFileSync(path.join(dev, name), '');
    const ports = await readSerialPorts(dev);
    expect(ports.map((port) => path.basename(port.path))).toEqual(['ttyACM1', 'ttyUSB0']);
    rmSync(dev, { recursive: true });
  });

  test('a port without permission says which group to join', () => {
    const finding = serialPortsFinding([{ path: '/dev/ttyUSB0', writable: false }]);
    expect(finding.level).toBe('warn');
    expect(finding.hint?.ko).toContain('dialout');
  });
});

test('a whole examination, addons and all, passes here in order and in both languages', async () => {
  const seen: string[] = [];
  const findings = await examine({
    fork: forkRole,
    store: { dir, configured: true },
    panel: { host: '127.0.0.1', port: 0 },
    wakeupsForMs: 50,
    onFinding: ({ id }) => void seen.push(id),
  });
  expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
  expect(findings.map(({ id }) => id)).toEqual(seen);
  expect(new Set(seen).size).toBe(seen.length);
  expect(countLevels(findings).ok).toBeGreaterThan(10);
  for (const { text, hint, level } of findings) {
    expect(text.ko).not.toBe('');
    expect(text.en).not.toBe('');
    expect(hint === null).toBe(level === 'ok');
  }
});
