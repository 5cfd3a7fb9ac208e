/** Energy of shots from the simulated machine to the report: real Modbus, a real agent, a real store. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EnergyPeriod, ShotEnergy } from '../../agent/records.ts';
import { EnergyAgent, type MeteredPlan } from '../fixtures/energy-agent.ts';
import { totalOf } from '../fixtures/metered-machine.ts';
import { run } from './program.ts';

const plans: readonly MeteredPlan[] = [
  {
    id: 'wraps',
    faults: { startKwh: 994, rollsOverAtKwh: 1000 },
    energy: { rollsOverAt: 1000, maxKw: 300 },
  },
  { id: 'swapped', faults: { startKwh: 700, swap: { afterShot: 9, toKwh: 512 } } },
  { id: 'silent', faults: { startKwh: 300, silent: { from: 8, to: 16 } }, energy: { maxKw: 300 } },
];
const ids = plans.map(({ id }) => id);
/** Some 2.7 s a shot. */
const speed = 15;
const shotsBefore = 20;
const shotsAfter = 3;

const agent = new EnergyAgent(speed);
let shots: readonly (ShotEnergy & { readonly boot: string })[] = [];
let periods: readonly (EnergyPeriod & { readonly boot: string })[] = [];

beforeAll(async () => {
  await agent.simulate(plans);
  await agent.start();
  await agent.shots(ids, shotsBefore);
  await agent.stopAgent();
  await agent.start();
  await agent.shots(ids, shotsAfter);
  await agent.stopAgent();
  // Its file, as a report reads it beside no agent.
  const report = async (flag: string, what: 'shot' | 'period') =>
    (await run(['report', 'energy', '--store', agent.store, flag, '--json'])).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ what, row: JSON.parse(line) }));
  periods = (await report('--periods', 'period')).map(({ row }) => row);
  shots = (await report('--shots', 'shot')).map(({ row }) => row);
}, 240_000);

afterAll(() => agent.close());

const truthOf = ({ machine, shot }: ShotEnergy): number =>
  agent.made.find((made) => made.machine === machine && made.shot === shot)?.kWh ?? Number.NaN;

/** Of one machine's first start, without the shot whose beginning nobody saw. */
const firstOf = (id: string): (ShotEnergy & { readonly boot: string })[] =>
  shots.filter(({ machine, boot }) => machine === id && boot === 'boot-1').slice(1);

test.each(ids)('energy of shots within a hundredth of the truth: %s', (id) => {
  const measured = firstOf(id).filter(({ kWh }) => kWh !== null);
  expect(measured.length).toBeGreaterThanOrEqual(8);
  const sum = measured.reduce((total, { kWh }) => total + (kWh ?? 0), 0);
  const truth = measured.reduce((total, shot) => total + truthOf(shot), 0);
  expect(Math.abs(sum / truth - 1)).toBeLessThan(0.01);
});

test('only what nobody can know is not told, and why', () => {
  const whys = (id: string): string[] => [...new Set(firstOf(id).flatMap(({ why }) => why ?? []))];
  expect(whys('wraps')).toEqual([]);
  expect(whys('swapped')).toEqual(['meter-changed']);
  expect(whys('silent')).toEqual(['meter-gap']);
  expect(agent.events.filter(({ kind }) => kind.startsWith('meter-'))).toEqual(
    expect.arrayContaining([
      { kind: 'meter-wrapped', subject: 'wraps' },
      { kind: 'meter-swapped', subject: 'swapped' },
    ]),
  );
});

test('quarter hours of a meter that was silent hold all that it counted', () => {
  const mine = periods.filter(({ machine, boot }) => machine === 'silent' && boot === 'boot-1');
  const spans = mine.flatMap(({ meters }) => meters);
  const counted = (spans.at(-1)?.toKwh ?? 0) - (spans[0]?.fromKwh ?? 0);
  expect(totalOf(mine)).toBeCloseTo(counted, 3);
  expect(totalOf(mine, 'unallocated')).toBeGreaterThan(0);
});

test('what was used between two starts is a total of its own', () => {
  for (const id of ids) {
    const gap = periods.find(({ machine, kind }) => machine === id && kind === 'gap');
    const before = periods.filter(({ machine, boot }) => machine === id && boot === 'boot-1');
    expect(gap?.boot).toBe('boot-2');
    expect(gap?.meters[0]?.fromKwh).toBe(before.at(-1)?.meters.at(-1)?.toKwh);
    expect(gap?.kWh?.unallocated).toBeGreaterThan(0);
  }
});

test('each quarter hour keeps its emissions with their factor, and the month adds them up', async () => {
  const measured = periods.filter(({ kWh }) => kWh !== null);
  for (const { co2e } of measured)
    expect(co2e).toMatchObject({ scope: 2, factor: { kgPerUnit: 0.4173, year: 2023 } });
  const wallMs = measured.at(-1)?.at.wallMs ?? 0;
  const month = new Date(wallMs).toLocaleDateString('sv-SE').slice(0, 7);
  const carbon = ['report', 'carbon', '-c', agent.file, '--month', month, '--json'];
  const { rows, scope2Kg } = JSON.parse((await run(carbon)).stdout);
  expect(scope2Kg).toBeCloseTo(totalOf(measured) * 0.4173, 6);
  expect(rows.map(({ factorBy }: { factorBy: string }) => factorBy)).not.toContain('report');
});

test('the report adds it up for people, in Korean', async () => {
  const { stdout, code } = await run(['report', 'energy', '-c', agent.file]);
  expect(code).toBe(0);
  expect(stdout).toContain('kWh/양품');
  expect(stdout).toMatch(/^wraps +\d+\.\d/m);
  const sheet = await run(['report', 'energy', '-c', agent.file, '--by', 'shift', '--csv']);
  const [titles = '', ...rows] = sheet.stdout.trim().split('\n');
  expect(new Set(rows.map((row) => row.split(',').length))).toEqual(
    new Set([titles.split(',').length]),
  );
  expect(new Set(rows.map((row) => row.split(',')[0]))).toEqual(new Set(ids));
});
