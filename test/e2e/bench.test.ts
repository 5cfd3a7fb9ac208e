/** The benchmarks run and say what they measured. Figures are not judged here: that is their own job. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Results } from '../../bench/report.ts';

const program = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function bench(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

async function results(...names: string[]): Promise<Results & { readonly printed: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-bench-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'results.json');
  const { code, out, err } = await bench(...names, '--for', '2s', '--json', file);
  expect(err).not.toMatch(/error/i);
  expect(code, out).toBe(0);
  return { ...JSON.parse(readFileSync(file, 'utf8')), printed: out };
}

/** Name → value of one benchmark's figures. */
function figuresOf(all: Results, name: string): Map<string, number | null> {
  const found = all.benchmarks.find((each) => each.name === name);
  expect(found).toMatchObject({ failure: null, load: { before: expect.any(Number) } });
  const figures = found?.figures ?? [];
  for (const { unit, note } of figures)
    expect([typeof unit, typeof note]).toEqual(['string', 'string']);
  return new Map(figures.map((each) => [each.name, each.value]));
}

describe('npm run bench', () => {
  it('times every reject at the wire and finds each founded on a kept verdict', async () => {
    const all = await results('wire', 'stages');
    expect(all.hardware).toMatchObject({ node: process.version, cores: expect.any(Number) });
    const wire = figuresOf(all, 'wire');
    expect(wire.get('shots')).toBeGreaterThan(10);
    expect(wire.get('rejected shots with their write')).toBeGreaterThan(0);
    expect(wire.get('writes of no shot or second of one')).toBe(0);
    expect(wire.get('defect verdicts without a write')).toBe(0);
    expect(wire.get('writes without a defect verdict')).toBe(0);
    expect(wire.get('counter change → reject write, max')).toBeGreaterThan(0);
    expect(wire.get('counter change → reject write, p99'), 'too few for a p99').toBeNull();
    expect(wire.get('bytes against a 100 ms poll of counter and block')).toBeGreaterThan(0);
    expect(wire.get('memory of all processes (PSS)')).toBeGreaterThan(0);
    const stages = figuresOf(all, 'stages');
    expect(stages.get('shots not in the store')).toBe(0);
    expect(stages.get('snapshot → verdict, max')).toBeGreaterThan(0);
    expect(all.printed).toMatch(/counter change → reject write, p99 +– +≤ 15 ms +not measured/);
  });

  it('compares predict calls and bus reads with the bare thing', async () => {
    const all = await results('predict', 'modbus-reads');
    expect(figuresOf(all, 'predict').get('predict against bare, p50')).toBeGreaterThan(0);
    const reads = figuresOf(all, 'modbus-reads');
    expect(reads.get('the agent’s bus: reads')).toBeGreaterThan(0);
    expect(reads.get('reads against modbus-serial')).toBeGreaterThan(0);
    // Without libmodbus on this machine it says so, and gives no number.
    expect(reads.has('reads against libmodbus in C')).toBe(true);
  });

  it('measures the store, and the load and start of the single file, and leaves nothing behind', async () => {
    const all = await results('store', 'load', 'start');
    const store = figuresOf(all, 'store');
    expect(store.get('50 records/s: keep → committed, max')).toBeGreaterThan(0);
    expect(store.has('50 readings/s: written a day, extrapolated')).toBe(true);
    const load = figuresOf(all, 'load');
    expect(load.get('memory of all processes (PSS)')).toBeGreaterThan(50);
    expect(load.get('CPU of all processes')).toBeGreaterThan(0);
    // Sixty signals at 5 Hz in one block each time, and the trigger of ten machines.
    expect(load.get('requests')).toBeGreaterThan(50);
    const start = figuresOf(all, 'start');
    for (const what of ['the single file', 'the single file that unpacks itself first'])
      expect(start.get(`${what}: first poll, median`)).toBeGreaterThan(0);
    expect(start.get('size of the single file')).toBeGreaterThan(50);
    const left = readdirSync(new URL('../../bench/results', import.meta.url));
    expect(left.filter((name) => /^(?:run|binary)-/.test(name))).toEqual([]);
  }, 300_000);

  it('refuses names and times it does not know, and says which there are', async () => {
    const wrongName = await bench('wrie');
    expect(wrongName).toMatchObject({ code: 2, err: expect.stringContaining('no benchmark wrie') });
    expect(wrongName.err).toContain('modbus-reads');
    expect(await bench('--for', 'soon')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--for takes 60s or 2m, not soon'),
    });
  });
});
