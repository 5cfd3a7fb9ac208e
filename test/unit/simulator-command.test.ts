import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { addSimulate } from '../../agent/cli/simulate.ts';

/** Runs `ppuri simulate …` in this process; gives what it printed and its exit code. */
async function simulate(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out.push(String(text));
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err.push(String(text));
    return true;
  });
  const program = new Command('ppuri').exitOverride();
  addSimulate(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(['simulate', ...args], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
  const code = process.exitCode ?? 0;
  process.exitCode = undefined;
  return { out: out.join(''), err: err.join(''), code };
}

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-simulate-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

beforeEach(() => {
  process.exitCode = undefined;
});

describe('ppuri simulate', () => {
  it('serves for a while, says where and how many, and prints JSON lines', async () => {
    const args = ['--speed', '1000', '--machines', '2', '--meter', '100', '--for', '300ms'];
    const { out, code } = await simulate('die-casting-cold-chamber', ...args, '--json');
    const lines = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines[0]).toMatchObject({ listening: { units: [1, 2], host: '127.0.0.1' } });
    const shots = lines.filter((line) => JSON.stringify(line).startsWith('{"shot"'));
    expect(shots.length).toBeGreaterThan(0);
    expect(lines.at(-1)).toMatchObject({ stopped: { shots: shots.length } });
    expect(code).toBe(0);
  });

  it('serves a meter alone', async () => {
    const { out, code } = await simulate('eastron-sdm630', '--for', '50ms');
    expect(out).toMatch(
      /^eastron-sdm630 on tcp:\/\/127\.0\.0\.1:\d+, unit 1 .*\n0 requests, 0 with a reply due\n$/,
    );
    expect(code).toBe(0);
    const json = await simulate('eastron-sdm630', '--for', '50ms', '--json');
    const stopped = JSON.parse(json.out.trim().split('\n').at(-1) ?? '');
    expect(Object.keys(stopped.stopped)).toEqual(['bus']);
  });

  it('serves RTU behind a converter, a text instrument over TCP, and counts what it did', async () => {
    const rtu = await simulate('eastron-sdm630', '--rtu-tcp', '--machines', '3', '--for', '50ms');
    expect(rtu.out).toMatch(/eastron-sdm630 on rtu\+tcp:\/\/127.0.0.1:\d+, unit 1, 2, 3/);
    expect(rtu.out).toContain('0 requests, 0 with a reply due');
    const scale = await simulate('cas-scale', '--fault', 'truncated=1', '--for', '500ms', '--json');
    const lines = scale.out.trim().split('\n');
    expect(lines[0]).toContain('line+tcp://127.0.0.1:');
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ fault: { fault: 'truncated' } });
    const stopped = JSON.parse(lines.at(-1) ?? '');
    expect(stopped.stopped.faults.truncated).toBe(lines.length - 2);
  });

  it('replays in its own time with --no-hold and ends with the log', async () => {
    const log = join(directory(), 'log.csv');
    writeFileSync(log, 'when,T\n2026-01-01 08:00:00,700\n2026-01-01 08:01:00,701\n');
    const columns = ['--column', 'meltTemperature=T', '--time', 'when'];
    const { out } = await simulate(
      'die-casting-cold-chamber',
      ...['--replay', log, ...columns, '--no-hold', '--speed', '600'],
    );
    expect(out).toContain('replaying 2 rows, timed by when');
    expect(out).toContain('columns: meltTemperature = T');
    expect(out).toContain('2 shots, 0 defects');
  });

  it('writes a data set', async () => {
    const path = join(directory(), 'set.csv');
    const { out } = await simulate(
      'injection-molding',
      '--dataset',
      path,
      '--shots',
      '300',
      '--json',
    );
    expect(JSON.parse(out)).toMatchObject({ path, rows: 300 });
    expect(readFileSync(path, 'utf8').trim().split('\n').length).toBe(301);
  });

  it('keeps what is no regular file in its place, and a link a link', async () => {
    const dir = directory();
    const [pipe, set, link] = ['pipe', 'set.csv', 'link.csv'].map((name) => join(dir, name));
    if (pipe === undefined || set === undefined || link === undefined) throw new Error('no path');
    execFileSync('mkfifo', [pipe]);
    const refused = await simulate('injection-molding', '--dataset', pipe, '--shots', '5');
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('not a regular file') });
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    writeFileSync(set, 'old');
    symlinkSync(set, link);
    expect((await simulate('injection-molding', '--dataset', link, '--shots', '5')).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(set, 'utf8').trim().split('\n')).toHaveLength(6);
    expect(readdirSync(dir).sort()).toEqual(['link.csv', 'pipe', 'set.csv']);
  });

  it.each([
    [['die-casting'], 3, 'there is no profile "die-casting"'],
    [['injection-molding', '--machines', '300'], 2, '--machines 300 is out of range'],
    [['injection-molding', '--scenario', 'chaos'], 2, 'one of: default, steady'],
    [['injection-molding', '--column', 'cushion=x'], 2, 'add --replay FILE'],
    [['injection-molding', '--replay', '/nonexistent.csv'], 2, 'cannot read the file'],
    [['eastron-sdm630', '--fault', 'chaos=0.1'], 2, 'there is no fault "chaos"'],
    [['eastron-sdm630', '--fault', 'burst=0.1'], 2, 'cannot happen over modbus-tcp'],
    [['eastron-sdm630', '--late', '5s'], 2, 'add --fault late=0.01'],
    [['eastron-sdm630', '--baud', '9600'], 2, 'add --pty or --rtu-tcp'],
    [['eastron-sdm630', '--rtu-tcp', '--parity', 'mark'], 2, 'none, even or odd'],
    [['eastron-sdm630', '--rtu-tcp', '--stop-bits', '3'], 2, '1 or 2'],
    [['eastron-sdm630', '--rtu-tcp', '--parity', 'even'], 2, 'add --baud 19200'],
    [['cas-scale', '--pty', '--strict-baud'], 2, '--strict-baud is for registers'],
    [['eastron-sdm630', '--rtu-tcp', '--strict-baud'], 2, 'only a pty'],
    [['eastron-sdm630', '--rtu-tcp', '--pty'], 2, 'do not go together'],
    [['eastron-sdm630', '--pty', '--connections', '1'], 2, 'a pty has no connections'],
    [['eastron-sdm630', '--when-full', 'refuse'], 2, 'add --connections 1'],
    [['eastron-sdm630', '--pty', '--port', '5000'], 2, 'a pty is a file and has no port'],
    [['cas-scale', '--pty', '--host', '0.0.0.0'], 2, 'a pty is a file and has no address'],
    [['eastron-sdm630', '--dead', '9'], 2, '--dead 9: no device is unit 9'],
    [['eastron-sdm630', '--machines', '3', '--dead', '2,4'], 2, 'served are 1, 2, 3'],
    [['injection-molding', '--meter', '101', '--dead', '102'], 2, 'served are 1, 101'],
    [['eastron-sdm630', '--tcp'], 2, 'for instruments that speak text'],
    [['cas-scale', '--rtu-tcp'], 2, 'use --tcp or --pty'],
    [['cas-scale', '--dead', '1'], 2, '--dead is for registers'],
    [['cas-scale', '--fault', 'foreign-unit=0.1'], 2, 'cannot happen over text-tcp'],
    [['injection-molding', '--dataset', '/nonexistent/x.csv', '--shots', '5'], 2, 'cannot write'],
  ])('%j says what is wrong', async (args, code, message) => {
    const failed = await simulate(...args);
    expect(failed.err).toContain(message);
    expect(failed.code).toBe(code);
  });

  it.each([
    [['eastron-sdm630', '--late', '5s..1s'], 'give the shorter time first'],
    [['eastron-sdm630', '--rtu-tcp', '--baud', 'fast'], 'give a baud rate'],
    [['eastron-sdm630', '--dead', '7,x'], 'give units such as 7'],
  ])('%j is refused as it is parsed', async (args, message) => {
    expect((await simulate(...args)).err).toContain(message);
  });
});
