/** What a technician types, in a process of its own, against devices on sockets and pseudo terminals. */
import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { claimEndpoints } from '../../agent/health/claim.ts';
import { encodeRaw } from '../../drivers/decode.ts';
import { freePort } from '../fixtures/free-port.ts';
import { LineDevice } from '../fixtures/line-device.ts';
import { exception, ModbusDevice } from '../fixtures/modbus-device.ts';
import { needs } from '../fixtures/programs.ts';
import { rtuUnits, tcpUnits } from '../fixtures/register-device.ts';
import { RtuDevice } from '../fixtures/rtu-device.ts';
import { settingsOf, steadyPty } from '../fixtures/steady-pty.ts';

const root = path.join(import.meta.dirname, '../..');
const running: (() => Promise<unknown>)[] = [];

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ppuri(...args: readonly string[]): {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
} {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const child = execFile(
    process.execPath,
    ['agent/ppuri.js', ...args],
    { cwd: root },
    (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
  );
  return { child, ended: promise };
}

async function json(...args: readonly string[]) {
  const { code, stdout, stderr } = await ppuri(...args, '--json').ended;
  if (stdout === '') throw new Error(stderr);
  return { code, report: JSON.parse(stdout) };
}

async function started<Device extends { start(): Promise<void>; stop(): Promise<void> }>(
  device: Device,
): Promise<Device> {
  await device.start();
  running.push(() => device.stop());
  return device;
}

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

const floats = (values: Readonly<Record<number, number>>, table: string) =>
  Object.fromEntries(
    Object.entries(values).flatMap(([at, value]) => {
      const spec = {
        table: 'input',
        address: 0,
        type: 'float32',
        order: 'ABCD',
        bit: null,
      } as const;
      return encodeRaw(value, spec).map((word, i) => [`${table} ${Number(at) + i}`, word]);
    }),
  );
const zeros = (table: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${table} ${i}`, 0]));

describe('ppuri read', () => {
  test('shows a float under every order, and takes a manual’s number for what it is', async () => {
    const { port } = await started(tcpUnits({ 3: floats({ 0: 230.5, 2: 229.5 }, 'input') }));
    const { code, stdout } = await ppuri(
      ...['read', `tcp://127.0.0.1:${port}`, '--unit', '3', '--input', '30001', '--lang', 'ko'],
    ).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/0 +30001 +0x4366 +17254/);
    expect(stdout).toMatch(/float32 +230\.5 \*/);
    expect(stdout).toContain('주소는 0부터 셉니다. 설명서의 40001은 holding 0입니다.');
  });

  test('after exception 2 names the neighbour that answers, and ends with 4', async () => {
    const device = await started(tcpUnits({ 1: { 'holding 99': 1234 } }));
    const url = `tcp://127.0.0.1:${device.port}`;
    const { code, report } = await json('read', url, '--holding', '100', '--type', 'uint16');
    expect(code).toBe(4);
    expect(report).toMatchObject({ words: null, error: { code: 'modbus-exception' } });
    expect(report.notes[0]).toMatchObject({ id: 'off-by-one' });
    expect(report.notes[0].text.ko).toContain('holding 99');
    expect(new Set(device.requests.map(({ functionCode }) => functionCode))).toEqual(new Set([3]));
  });

  test('--every goes on until Ctrl-C, which is no failure', async () => {
    const device = await started(tcpUnits({ 1: { 'coil 0': 1 } }));
    const { child, ended } = ppuri(
      ...['read', `tcp://127.0.0.1:${device.port}`, '--coil', '0', '--every', '20ms', '--json'],
    );
    let lines = 0;
    child.stdout?.on('data', (text: string) => {
      lines += text.split('\n').length - 1;
      if (lines >= 3) child.kill('SIGINT');
    });
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line).words).toEqual([1]);
  });

  test('a bus that a running agent has is left alone, unless it is TCP and --share is given', async () => {
    const device = await started(tcpUnits({ 1: { 'holding 0': 5 } }));
    const url = `tcp://127.0.0.1:${device.port}`;
    const claim = await claimEndpoints([url]);
    running.push(() => claim.release());
    const { code, report } = await json('read', url, '--holding', '0', '--type', 'int16');
    expect([code, report.error.code]).toEqual([4, 'bus-in-use']);
    expect(report.error.hint).toContain('--share');
    expect(device.requests).toEqual([]);
    const shared = await json('read', url, '--holding', '0', '--type', 'int16', '--share');
    expect(shared.report.words).toEqual([5]);
  });
});

test('a file that is no serial port is called so, in Korean, with the bus by its address', async () => {
  const { code, stderr } = await ppuri('read', 'rtu:///dev/null?baud=9600', '--holding', '0').ended;
  expect(code).toBe(4);
  expect(stderr).toMatch(/^오류: .*\n {2}하던 일: .*\n {2}조치: this file is no serial port/);
  const many = ['read', 'tcp://127.0.0.1:1', '--holding', '0', '--count', '126', '--lang', 'ko'];
  expect((await ppuri(...many).ended).stderr).toContain('(tcp://127.0.0.1:1 unit 1)');
});

describe('ppuri scan', () => {
  test('finds units behind a gateway, counts exceptions as answers, and guesses the meter', async () => {
    const meter = {
      ...zeros('input', 400),
      ...floats(
        { 0: 220, 2: 221, 4: 219, 6: 10, 8: 11, 10: 12, 12: 2200, 14: 2300, 16: 2100 },
        'input',
      ),
      ...floats({ 52: 6600, 56: 7000, 60: 900, 62: 0.94, 70: 60, 72: 5000, 342: 5000 }, 'input'),
    };
    const device = await started(tcpUnits({ 2: meter, 5: { 'coil 0': 1 } }));
    const url = `tcp://127.0.0.1:${device.port}`;
    const { code, report } = await json('scan', url, '--units', '1-6', '--timeout', '80ms');
    expect(code).toBe(0);
    expect(report.units).toMatchObject([
      { unit: 2, answered: 'exception', exception: 2 },
      { unit: 5, answered: 'exception', exception: 2 },
    ]);
    expect(report.units[0].maybe[0]).toMatchObject({ profile: 'eastron-sdm630' });
    expect(report.units[0].maybe[0].check.length).toBeGreaterThan(0);
    expect(report.units[1].maybe).toEqual([]);
    expect(report.yaml).toContain(
      `  found: { type: modbus-tcp, host: 127.0.0.1, port: ${device.port} }`,
    );
    expect(device.requests.every(({ functionCode }) => functionCode <= 4)).toBe(true);
  });

  test('a late answer is counted for the unit that gave it', async () => {
    const device = await started(
      new ModbusDevice((request, socket) => {
        const answer = (): unknown => socket.write(exception(request, 2));
        if (request.unit === 2) setTimeout(answer, 120);
        else answer();
      }),
    );
    const url = `tcp://127.0.0.1:${device.port}`;
    const { report } = await json('scan', url, '--units', '2-5', '--timeout', '60ms', '--no-guess');
    expect(report.units.map(({ unit }: { unit: number }) => unit)).toContain(5);
    const late = report.units.filter(({ unit }: { unit: number }) => unit === 2);
    for (const { exception: code } of late) expect(code).toBe(2);
  });

  test('Ctrl-C prints what was found so far and ends with 130', async () => {
    const device = await started(tcpUnits({ 1: { 'holding 0': 7 } }));
    const { child, ended } = ppuri(
      ...['scan', `tcp://127.0.0.1:${device.port}`, '--timeout', '300ms', '--no-guess', '--json'],
    );
    while (device.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ complete: false, units: [{ unit: 1 }] });
  });

  test('an endpoint that goes away mid-way leaves what was found, and ends with 4', async () => {
    const device = await started(tcpUnits({ 1: { 'holding 0': 7 } }));
    const { ended } = ppuri(
      ...['scan', `tcp://127.0.0.1:${device.port}`, '--timeout', '300ms', '--no-guess', '--json'],
    );
    while (device.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await device.stop();
    const { code, stdout } = await ended;
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ complete: false, units: [{ unit: 1 }] },
      error: { code: 'bus-unavailable' },
    });
  });

  test('a device that answers, though not with what was asked, is not called silent', async () => {
    const device = await started(
      new ModbusDevice((request, socket) => {
        const reply = exception(request, 2);
        reply.writeUInt16BE(1, 2);
        socket.write(reply);
      }),
    );
    const url = `tcp://127.0.0.1:${device.port}`;
    const { code, stdout } = await ppuri('scan', url, '--units', '1', '--lang', 'en').ended;
    expect(code).toBe(1);
    expect(stdout).toContain('unit 1: a reply came, but its protocol id is 1 instead of 0');
  });

  test('advice fits the bus: no baud rate over TCP, no units of an instrument of text', async () => {
    const silent = await started(new LineDevice());
    const where = `127.0.0.1:${silent.port}`;
    const baud = await ppuri('scan', `tcp://${where}`, '--baud', 'all').ended;
    expect([baud.code, silent.connections]).toEqual([2, 0]);
    const modbus = await ppuri('scan', `tcp://${where}`, '--units', '1', '--lang', 'en').ended;
    expect([modbus.code, modbus.stdout]).toEqual([1, expect.not.stringContaining('baud')]);
    const line = await ppuri('scan', `line+tcp://${where}`, '--listen', '50ms', '--lang', 'en')
      .ended;
    expect(line.code).toBe(1);
    expect(line.stdout).toContain('only when asked');
    expect(line.stdout).not.toMatch(/units answered|baud|buses:/);
  });

  describe('on a serial port', () => {
    needs('socat', 'stty');

    test('finds baud rate and format of a silent line, the settings of the pseudo terminal standing in for the line’s', async () => {
      let tty = '';
      const device = await started(
        rtuUnits({ 7: { 'holding 0': 42 } }, (reply, send) => {
          const { baudRate, stopBits } = settingsOf(tty);
          if (baudRate === 19_200 && stopBits === 2) send(reply);
        }),
      );
      const pty = await steadyPty(device.port);
      running.push(() => pty.close());
      tty = pty.path;
      const { code, report } = await json(
        ...['scan', `rtu://${tty}`, '--baud', '9600,19200', '--parity', 'none,even'],
        ...['--units', '7,8', '--timeout', '60ms', '--listen', '10ms', '--no-guess'],
      );
      expect(code).toBe(0);
      expect(report.settings).toEqual({ baudRate: 19_200, parity: 'none', stopBits: 2 });
      expect(report.units).toMatchObject([{ unit: 7, answered: 'words' }]);
      expect(report.yaml[1]).toContain('baudRate: 19200, parity: none, stopBits: 2');
    });

    test('hears that a scale speaks text, and proposes the bus for it', async () => {
      const device = await started(new RtuDevice(() => undefined));
      const pty = await steadyPty(device.port);
      running.push(() => pty.close());
      const timer = setInterval(() => device.say(Buffer.from('ST,GS,+  1.500kg\r\n')), 30);
      running.push(async () => clearInterval(timer));
      const { code, report } = await json('scan', `rtu://${pty.path}?baud=9600`);
      expect(code).toBe(0);
      expect(report.unasked).toMatchObject({ kind: 'text', delimiter: '\r\n' });
      expect(report.yaml[1]).toMatch(/type: serial-line, .*delimiter: "\\r\\n"/);
    });
  });
});

describe('ppuri probe', () => {
  /** One die-casting machine on unit 1. */
  function configFor(port: number): string {
    const dir = mkdtempSync(path.join(tmpdir(), 'ppuri-probe-'));
    running.push(async () => rmSync(dir, { recursive: true }));
    const file = path.join(dir, 'ppuri.yaml');
    const lines = [
      'gateway: { id: gw-1 }',
      `buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port}, timeoutMs: 200 } }`,
      'machines:',
      '  - id: dc-03',
      '    profile: die-casting-cold-chamber',
      '    devices: { plc: { bus: press, unit: 1 } }',
      `store: { path: ${dir}/store }`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }

  test('a port that cannot be opened is 4, with the cause in words', async () => {
    const file = configFor(await freePort());
    const { code, stdout } = await ppuri('probe', '-c', file).ended;
    expect(code).toBe(4);
    expect(stdout).toContain('장비는 있으나 그 TCP 포트가 닫혀 있습니다 (port-refused)');
  });

  test('every signal comes with words, quality and time, and what is not good makes it 1', async () => {
    const device = await started(
      tcpUnits({ 1: { ...zeros('holding', 41), ...zeros('input', 3), 'holding 14': 40_000 } }),
    );
    const { code, report } = await json('probe', '-c', configFor(device.port));
    expect(code).toBe(1);
    expect(report.ok).toBe(false);
    const counter = report.signals.find(({ signal }: { signal: string }) => signal === 'shotCount');
    expect(counter).toMatchObject({
      machine: 'dc-03',
      at: 'holding 0',
      words: [0],
      value: 0,
      quality: 'good',
    });
    const melt = report.signals.find(
      ({ signal }: { signal: string }) => signal === 'meltTemperature',
    );
    expect(melt).toMatchObject({ value: null, words: [40_000], required: true });
    expect(report.causes[0]).toMatchObject({
      cause: 'odd-value',
      text: { ko: expect.any(String) },
    });
    expect(device.requests.every(({ functionCode }) => functionCode <= 4)).toBe(true);
  });

  test('an instrument that speaks text is listened to, and a silent one is said to be', async () => {
    const plc = await started(tcpUnits({ 1: { ...zeros('holding', 41), ...zeros('input', 3) } }));
    const scale = await started(new LineDevice());
    const file = configFor(plc.port);
    const lines = readFileSync(file, 'utf8')
      .replace(
        /(buses: \{.*) \}$/m,
        `$1, scale: { type: serial-line-tcp, host: 127.0.0.1, port: ${scale.port} } }`,
      )
      .replace('unit: 1 } }', 'unit: 1 }, scale: { bus: scale, profile: cas-scale } }');
    writeFileSync(file, lines);
    const silent = await json('probe', '-c', file);
    expect(silent.code).toBe(1);
    const silence = { cause: 'line-silent', bus: 'scale', device: 'scale' };
    expect(silent.report.causes).toContainEqual(expect.objectContaining(silence));
    const timer = setInterval(() => scale.say('ST,GS,+  1.500kg\r\n'), 50);
    running.push(async () => clearInterval(timer));
    const heard = await json('probe', '-c', file);
    expect(heard.code).toBe(0);
    const weight = heard.report.signals.find(
      ({ signal }: { signal: string }) => signal === 'weight',
    );
    expect(weight).toMatchObject({ at: 'line weight', value: 1.5, measure: 'kg', quality: 'good' });
  });

  test('an unknown machine is a usage error with what was meant', async () => {
    const file = configFor(502);
    const { code, stderr } = await ppuri('probe', '-c', file, '--machine', 'dc-3').ended;
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "dc-03"?');
  });
});

test('ppuri status --metrics of no agent is a metric too, and exit code 1', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'ppuri-metrics-'));
  running.push(async () => rmSync(dir, { recursive: true }));
  const { code, stdout } = await ppuri('status', '--store', dir, '--metrics').ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ppuri_up 0$/m);
});
