/** `ppuri simulate --pty` as a technician has it: a device file to open, and nothing left behind. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Bus } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import { needs } from '../fixtures/programs.ts';
import { start } from './program.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function deviceFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-simulate-'));
  ends.push(async () => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'tty');
}

function busOn(path: string): Bus {
  const line = { path, baudRate: 19_200, parity: 'even', stopBits: 1 } as const;
  const bus = createBus('line', { type: 'modbus-rtu', ...line, echo: 'none', timeoutMs: 300 });
  ends.push(() => bus.close());
  return bus;
}

const voltage = (unit: number) =>
  ({ unit, table: 'input', address: 0, count: 2, priority: 'shot' }) as const;

describe('ppuri simulate --pty', () => {
  needs('socat');

  test('is a line that is read, lies as told, and ends with a count of its lies', async () => {
    const path = deviceFile();
    const args = ['--machines', '3', '--dead', '2', '--baud', '19200', '--parity', 'even'];
    const faults = ['--fault', 'exception=0.4', '--seed', '3', '--json'];
    const program = start(['simulate', 'eastron-sdm630', '--pty', path, ...args, ...faults]);
    expect(JSON.parse(await program.line(/listening/))).toMatchObject({
      listening: { address: path, units: [1, 2, 3] },
    });
    const bus = busOn(path);
    const outcomes: string[] = [];
    for (let i = 0; i < 12; i++) {
      const outcome = await bus.read(voltage(i % 2 === 0 ? 1 : 3)).then(
        () => 'value',
        (error: { code: string }) => error.code,
      );
      outcomes.push(outcome);
    }
    await expect(bus.read(voltage(2))).rejects.toMatchObject({ code: 'bus-timeout' });
    program.process.kill('SIGTERM');
    const { code, stdout } = await program.finished;
    expect(code).toBe(0);
    expect(existsSync(path)).toBe(false);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const told = lines.filter((line) => 'fault' in line);
    const refused = outcomes.filter((outcome) => outcome === 'modbus-exception').length;
    expect(refused).toBeGreaterThan(0);
    expect(outcomes.filter((outcome) => outcome === 'value')).toHaveLength(12 - refused);
    expect(told).toHaveLength(refused);
    expect(lines.at(-1).stopped.bus).toMatchObject({ replies: 12, faults: { exception: refused } });
  });

  test('killed, takes the line down with it', async () => {
    const path = deviceFile();
    const program = start(['simulate', 'eastron-sdm630', '--pty', path]);
    expect(await program.line(/eastron-sdm630 on/)).toContain(path);
    program.process.kill('SIGKILL');
    await program.finished;
    await expect.poll(() => existsSync(path), { timeout: 10_000 }).toBe(false);
  });

  test('without socat says how to get it', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nonexistent';
    const program = start(['simulate', 'eastron-sdm630', '--pty']);
    process.env.PATH = path;
    const { code, stderr } = await program.finished;
    expect(code).toBe(4);
    expect(stderr).toContain('sudo apt-get install -y socat');
  });
});
