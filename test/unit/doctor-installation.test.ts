/** What the doctor says of an installation, in directory trees as gateways have them. */
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findAccount, mayUse } from '../../agent/health/accounts.ts';
import {
  certificateFinding,
  journalFindings,
  trustFinding,
} from '../../agent/health/doctor-files.ts';
import { reach, targetFinding } from '../../agent/health/doctor-network.ts';
import { panelPortFinding } from '../../agent/health/doctor-ports.ts';
import { serialFindings } from '../../agent/health/doctor-serial.ts';
import {
  priorityFinding,
  readService,
  runsWith,
  serviceFindings,
} from '../../agent/health/doctor-service.ts';
import { storeFindings } from '../../agent/health/doctor-store.ts';
import type { Finding } from '../../agent/health/finding.ts';
import { readAnchors } from '../../models/trust.ts';
import { Authority } from '../fixtures/certificates.ts';
import { freePort } from '../fixtures/free-port.ts';
import { hasProgram } from '../fixtures/programs.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'ppuri-installation-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, text: string): string {
  const whole = path.join(root, file);
  mkdirSync(path.dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  return whole;
}

const levels = (findings: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ id, level }) => [id, level]));

const unit = readFileSync(new URL('../../config/install/ppuri.service', import.meta.url), 'utf8');

/** A gateway as the package leaves it. */
function installed(text = unit): void {
  put('usr/lib/systemd/system/ppuri.service', text);
  put('etc/systemd/system/multi-user.target.wants/ppuri.service', '');
  put(
    'etc/passwd',
    'root:x:0:0::/root:/bin/sh\nppuri:x:990:990::/var/lib/ppuri:/usr/sbin/nologin\n',
  );
  put('etc/group', 'root:x:0:\ndialout:x:20:pi\nppuri:x:990:\nplant:x:5000:ppuri\n');
}

const use = { configFile: null, usesSerial: true, standardConfig: '/none/ppuri.yaml' };

describe('the service', () => {
  test('as the shipped unit says it: begun at boot, fed, first in line, with the serial ports', async () => {
    installed();
    const facts = await readService(root);
    expect(facts.account).toEqual({
      ...{ name: 'ppuri', uid: 990, gids: [990, 20, 5000] },
      groups: ['dialout', 'ppuri', 'plant'],
    });
    expect(levels(await serviceFindings(facts, use))).toEqual({
      service: 'ok',
      'service-user': 'ok',
      'serial-group': 'ok',
      watchdog: 'ok',
    });
    expect(priorityFinding(facts, false).level).toBe('ok');
  });

  test('what a drop-in takes away is missed', async () => {
    installed();
    put(
      'etc/systemd/system/ppuri.service.d/site.conf',
      '[Service]\nWatchdogSec=0\nNice=0\nLimitNICE=0\nSupplementaryGroups=\n',
    );
    const facts = await readService(root);
    const found = levels(await serviceFindings(facts, use));
    expect(found).toMatchObject({ watchdog: 'warn', 'serial-group': 'fail' });
    expect(priorityFinding(facts, true).level).toBe('warn');
  });

  test('not enabled, without its user, and not there at all', async () => {
    put('etc/systemd/system/ppuri.service', unit);
    const found = await serviceFindings(await readService(root), use);
    expect(levels(found)).toMatchObject({ service: 'warn', 'service-user': 'fail' });
    expect(found.find(({ id }) => id === 'service-user')?.hint?.ko).toContain('useradd');
    const bare = await readService(path.join(root, 'none'));
    expect(levels(await serviceFindings(bare, use))).toEqual({ service: 'ok' });
    const config = put('etc/ppuri/ppuri.yaml', '');
    const left = { ...use, standardConfig: config };
    expect(levels(await serviceFindings(bare, left))).toEqual({ service: 'warn' });
    expect([priorityFinding(bare, true).level, priorityFinding(bare, false).level]).toEqual([
      'ok',
      'warn',
    ]);
  });

  test('its configuration must be for its user to read', async () => {
    installed();
    const configFile = put('etc/ppuri/ppuri.yaml', '');
    chmodSync(configFile, 0o640);
    // The tree is below a directory of its own, which the service may not enter.
    const facts = await readService(root);
    const shut = await serviceFindings(facts, { ...use, configFile });
    expect(levels(shut)['config-rights']).toBe('fail');
    expect(shut.at(-1)?.hint?.en).toContain('sudo chgrp ppuri');
    expect(runsWith(facts, '/etc/ppuri/ppuri.yaml')).toBe(true);
    expect(runsWith(facts, configFile)).toBe(false);
  });

  test('what an account may do follows from owner, group and mode', async () => {
    installed();
    const account = await findAccount('ppuri', ['dialout'], root);
    const file = put('store', '');
    if (account === null) throw new Error('no account');
    chmodSync(file, 0o640);
    const { mode } = statSync(file);
    const as = (uid: number, gid: number) => ({ ...statSync(file), mode, uid, gid }) as never;
    expect(mayUse(account, as(990, 0), 6)).toBe(true);
    expect(mayUse(account, as(0, 20), 4)).toBe(true);
    expect(mayUse(account, as(0, 20), 2)).toBe(false);
    expect(mayUse(account, as(0, 0), 4)).toBe(false);
    expect(mayUse({ ...account, uid: 0 }, as(1, 1), 7)).toBe(true);
    expect(await findAccount('nobody-here', [], root)).toBeNull();
  });
});

test('a store that the service may not write is wrong, though this user may', async () => {
  const dir = path.join(root, 'store');
  mkdirSync(dir, { mode: 0o700 });
  const owner = { name: 'ppuri', uid: 424_242, gids: [424_242], groups: [] };
  const place = { dir, configured: true, owner };
  expect(levels(await storeFindings(place))).toEqual({ 'store-dir': 'fail' });
  chmodSync(dir, 0o777);
  expect(levels(await storeFindings(place))).toMatchObject({
    'store-dir': 'ok',
    'disk-sync': expect.any(String),
  });
  if (process.getuid?.() !== 0) return;
  chmodSync(dir, 0o700);
  chownSync(dir, 424_242, 424_242);
  expect(levels(await storeFindings(place))['store-dir']).toBe('ok');
});

describe('serial adapters', () => {
  test('a name that may change is told with the one that stays', async () => {
    put('dev/ttyUSB0', '');
    mkdirSync(path.join(root, 'dev/serial/by-id'), { recursive: true });
    symlinkSync('../../ttyUSB0', path.join(root, 'dev/serial/by-id/usb-FTDI_A1-port0'));
    const lasting = '/dev/serial/by-id/usb-FTDI_A1-port0';
    const found = await serialFindings(
      [
        { bus: 'cabinet', path: '/dev/ttyUSB0' },
        { bus: 'press', path: lasting },
        { bus: 'gone', path: '/dev/ttyUSB7' },
      ],
      root,
    );
    expect(levels(found)).toEqual({
      'serial-cabinet': 'warn',
      'serial-press': 'ok',
      'serial-gone': 'fail',
    });
    expect(found[0]?.hint?.ko).toContain(lasting);
  });

  test('one that holds replies back asks for the rule, or to be plugged in again', async () => {
    const timer = 'sys/bus/usb-serial/devices/ttyUSB0/latency_timer';
    put(timer, '16\n');
    const slow = await serialFindings([], root);
    expect(levels(slow)).toEqual({ 'adapter-latency': 'warn' });
    expect(slow[0]?.text.en).toContain('ttyUSB0 16 ms');
    expect(slow[0]?.hint?.en).toContain('install the udev rule');
    put('etc/udev/rules.d/99-ppuri.rules', '');
    expect((await serialFindings([], root))[0]?.hint?.en).toContain('plug it in again');
    put(timer, '1\n');
    expect(levels(await serialFindings([], root))).toEqual({ 'adapter-latency': 'ok' });
  });
});

test('the limit of the journal is the last one that is set', async () => {
  expect(await journalFindings(root)).toEqual([]);
  mkdirSync(path.join(root, 'var/log/journal'), { recursive: true });
  put('etc/systemd/journald.conf', '[Journal]\n#SystemMaxUse=\nSystemMaxUse=1G\n');
  put('etc/systemd/journald.conf.d/ppuri.conf', '[Journal]\nSystemMaxUse=200M\n');
  const [set] = await journalFindings(root);
  expect([set?.level, set?.data.limit]).toEqual(['ok', '200M']);
  rmSync(path.join(root, 'etc/systemd/journald.conf.d/ppuri.conf'));
  put('etc/systemd/journald.conf', '[Journal]\n');
  const [unset] = await journalFindings(root);
  expect(unset?.data).toMatchObject({ limit: null, mostMiB: expect.any(Number) });
});

test('trusted keys are counted, and files that are none are named', async () => {
  const dir = path.join(root, 'trust');
  expect(trustFinding(dir, await readAnchors(dir))).toMatchObject({
    level: 'ok',
    data: { keys: [] },
  });
  const { publicKey } = generateKeyPairSync('ed25519');
  put('trust/plant.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());
  expect(trustFinding(dir, await readAnchors(dir)).data.keys).toEqual(['plant']);
  put('trust/other.pub', 'no key');
  expect(trustFinding(dir, await readAnchors(dir))).toMatchObject({
    level: 'warn',
    text: { en: expect.stringContaining('other.pub') },
  });
  expect(trustFinding(dir, null).level).toBe('fail');
});

test('the panel’s port is no matter where ppuri itself has it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const listen = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  expect((await panelPortFinding(listen)).level).toBe('warn');
  expect((await panelPortFinding(listen, true)).level).toBe('ok');
  server.close();
});

describe.skipIf(!hasProgram('openssl'))('certificates and targets', () => {
  const dayMs = 86_400_000;

  test('a certificate is told in time, and when it has ended', () => {
    const { cert } = new Authority(root, 'plant').issue('panel', 'DNS:localhost');
    const at = (days: number) =>
      certificateFinding({ of: 'panel', path: cert }, Date.now() + days * dayMs);
    expect([at(-60).level, at(0).level, at(8).level]).toEqual(['ok', 'warn', 'fail']);
    expect(at(0).data.days).toBe(6);
    const none = certificateFinding({ of: 'panel', path: put('x.pem', 'no pem') }, Date.now());
    expect(none.level).toBe('fail');
    expect(certificateFinding({ of: 'panel', path: `${root}/gone` }, Date.now()).level).toBe(
      'fail',
    );
  });

  test('a target is reached over TLS, and sees nothing but a handshake', async () => {
    const authority = new Authority(root, 'plant');
    const { cert, key } = authority.issue('broker', 'DNS:localhost');
    const heard: Buffer[] = [];
    const server = createTlsServer(
      { cert: readFileSync(cert), key: readFileSync(key) },
      (socket) => {
        socket.on('data', (bytes: Buffer) => heard.push(bytes));
        socket.on('error', () => undefined);
      },
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const target = { id: 'sync-mqtt', url: `mqtts://localhost:${port}`, ca: authority.ca };
    const reached = await reach(target);
    expect(reached.kind).toBe('reached');
    const nowMs = Date.now();
    expect(targetFinding(target, reached, nowMs - 60 * dayMs).level).toBe('ok');
    expect(targetFinding(target, reached, nowMs)).toMatchObject({
      level: 'warn',
      text: { en: expect.stringContaining('ends on') },
    });
    const stranger = await reach({ ...target, ca: new Authority(root, 'other').ca });
    expect(stranger).toMatchObject({ kind: 'unreached', why: 'tls' });
    const otherName = await reach({ ...target, url: `mqtts://127.0.0.1:${port}` });
    expect(otherName).toMatchObject({ kind: 'unreached', why: 'tls' });
    expect(await reach({ ...target, ca: `${root}/gone.pem` })).toMatchObject({ why: 'tls' });
    server.close();
    expect(Buffer.concat(heard).length).toBe(0);
  });

  test('a closed port, a name that nobody has, and a server that never answers', async () => {
    const port = await freePort();
    const refused = { id: 'sync-https', url: `https://127.0.0.1:${port}/records` };
    expect(await reach(refused)).toMatchObject({ kind: 'unreached', why: 'refused' });
    const unknown = await reach({ id: 'x', url: 'mqtts://no-such-host.invalid' });
    expect(unknown).toMatchObject({ kind: 'unreached', why: 'name' });
    const mute = createServer((socket) => socket.on('error', () => undefined)).listen(
      0,
      '127.0.0.1',
    );
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port: at } = mute.address() as AddressInfo;
    expect(await reach({ id: 'x', url: `mqtts://127.0.0.1:${at}` }, 200)).toMatchObject({
      why: 'silent',
    });
    expect((await reach({ id: 'x', url: `mqtt://127.0.0.1:${at}` })).kind).toBe('reached');
    mute.close();
    const said = targetFinding(refused, await reach(refused), Date.now());
    expect([said.level, said.hint?.ko]).toEqual(['warn', expect.stringContaining('포트 번호')]);
  });
});
