import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import { loadConfig } from '../../config/load.ts';
import { editDistance, nearest } from '../../config/nearest.ts';
import { ProblemsError } from '../../config/problem.ts';

const sound = `gateway: { id: gw-1 }
buses:
  press: { type: modbus-tcp, host: 192.168.0.10 }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press } }
`;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ppuri-config-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function written(content: string | Buffer): string {
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(file, content);
  return file;
}

function refusal(content: string | Buffer): ProblemsError {
  try {
    loadConfig(written(content));
  } catch (thrown) {
    if (thrown instanceof ProblemsError) return thrown;
    throw thrown;
  }
  throw new Error('the configuration was accepted');
}

function codeOf(file: string): string {
  try {
    loadConfig(file);
  } catch (thrown) {
    if (thrown instanceof PpuriError) return thrown.code;
  }
  return '';
}

describe('loadConfig', () => {
  it('fills in every default', () => {
    const { config } = loadConfig(written(sound));
    expect(config.gateway).toEqual({
      ...{ id: 'gw-1', site: 'site', locale: 'ko', clock: 'auto' },
      shifts: ['08:00', '20:00'],
    });
    expect(config.alerts).toEqual({ callsPerHour: 5 });
    expect(config.outputs).toEqual({});
    expect(config.buses.press).toMatchObject({ port: 502, timeoutMs: 500 });
    expect(config.machines[0]).toMatchObject({
      deadlineMs: 20,
      hardLimitMs: 200,
      limits: 'profile',
    });
    expect(config.store.path).toBe('/var/lib/ppuri');
  });

  it('reads what Windows editors write: byte order mark and CRLF, with the right columns', () => {
    const windows = `\ufeff${sound.replaceAll('\n', '\r\n')}`;
    expect(loadConfig(written(windows)).config.machines[0]?.name).toBe('3호기');
    const [problem] = refusal(windows.replace('gateway: { id', 'gateway: { di')).problems;
    expect(problem).toMatchObject({ line: 1, col: 12, path: 'gateway.di' });
  });

  it('lets one anchor stand for several devices', () => {
    const text = sound.replace('plc: { bus', 'plc: &one { bus').replace('} }\n', '}, b: *one }\n');
    expect(
      loadConfig(written(text.replace('press } }', 'press }, b: *one }'))).config.machines[0]
        ?.devices.b,
    ).toEqual({ bus: 'press', unit: 1 });
  });

  it('keeps code, exit code and hint for callers that know nothing of problems', () => {
    const error = refusal(sound.replace('id: gw-1', 'id: GW'));
    expect(error).toMatchObject({ code: 'config-invalid', exit: 3, retryable: false });
    expect(error.message).toContain('ppuri.yaml:1:16 gateway.id');
  });

  it('says of a file that cannot be read that it cannot be read', () => {
    expect(codeOf(join(dir, 'none.yaml'))).toBe('config-unreadable');
    expect(codeOf(dir)).toBe('config-unreadable');
    expect(codeOf('/dev/zero')).toBe('config-unreadable');
    expect(codeOf(written(Buffer.alloc(256 * 1024 + 1, 0x20)))).toBe('config-unreadable');
  });

  it('ends on files made to exhaust it', () => {
    expect(refusal('['.repeat(200_000)).problems[0]?.message).toBe('nested too deeply');
    expect(refusal(`a: ${'['.repeat(60)}${']'.repeat(60)}`).problems[0]?.message).toBe(
      'nested too deeply',
    );
    const self = refusal('a: &a [*a]\n').problems.map((problem) => problem.message);
    expect(self.join()).toMatch(/nested too deeply|no anchor/);
    expect(refusal('a\0b: 1').problems[0]?.message).toContain('control character, U+0000');
    expect(refusal('__proto__: { id: x }').problems[0]?.message).toBe('this cannot be a key');
  });

  it('never throws anything but its own errors, whatever the bytes', () => {
    let state = 20_261_122;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const original = Buffer.from(sound);
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(original);
      for (let i = 0; i <= random(4); i++) bytes[random(bytes.length)] = random(256);
      const file = written(
        bytes.subarray(0, random(2) === 0 ? bytes.length : random(bytes.length)),
      );
      try {
        loadConfig(file);
      } catch (thrown) {
        expect(thrown, `round ${round}: ${bytes.toString('hex')}`).toBeInstanceOf(ProblemsError);
      }
    }
  });
});

describe('suggestions', () => {
  it.each([
    ['baud_rate', 'baudRate'],
    ['BAUDRATE', 'baudRate'],
    ['timeout', 'timeoutMs'],
    ['hots', 'host'],
    ['slave', 'unit'],
    ['biscut', 'biscuitThickness'],
  ])('%s means %s', (given, meant) => {
    const known = ['baudRate', 'timeoutMs', 'host', 'unit', 'biscuitThickness', 'parity'];
    expect(nearest(given, known)).toBe(meant);
  });

  it('offers nothing for a word that is like no other', () => {
    expect(nearest('colour', ['host', 'port', 'unit'])).toBeNull();
    expect(nearest('x', ['host', 'port'])).toBeNull();
  });

  it('counts a swap of neighbours as one edit', () => {
    expect(editDistance('hots', 'host')).toBe(1);
    expect(editDistance('', 'host')).toBe(4);
  });
});
