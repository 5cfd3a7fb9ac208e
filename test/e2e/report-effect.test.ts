/** `ppuri report effect` and `plan` as a quality engineer runs them, beside no agent. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workingDay } from '../../agent/report/periods.ts';
import { plantShots, steadyPlant } from '../fixtures/simulated-effect.ts';
import { cycleBody, labelBody, startKeeper, temporaryDirectory } from '../unit/store-support.ts';
import { run } from './program.ts';

/** The plant's days begin in January 2027; these are a year before. */
const yearBefore = (day: string): string => day.replace(/^2027/, '2026');

/** Eight days of shots, half of them after a change that halved defects. */
async function keptPlant(): Promise<string> {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir, { memoryRecords: 50_000 });
  const plant = { ...steadyPlant, factor: 0.5, days: { before: 4, after: 4 }, shotsPerDay: 60 };
  let made = 0;
  for (const shot of plantShots(plant, 11)) {
    made += 1;
    const { fromWallMs } = workingDay(yearBefore(shot.day), '08:00');
    const when = { monoMs: made, wallMs: fromWallMs + shot.minute * 60_000 };
    const key = keeper.keep(cycleBody(made, { mold: shot.mold, at: when }), when);
    const result = shot.isDefect ? 'defect' : 'ok';
    keeper.keep(labelBody(key, { result, mold: shot.mold, at: when }), when);
  }
  await keeper.flush(30_000);
  await keeper.close();
  return dir;
}

const periods = ['--before', '2026-01-04..2026-01-07', '--after', '2026-01-08..2026-01-11'];

test('a store becomes a page and a CSV, and the CSV alone the same report', async () => {
  const dir = await keptPlant();
  const [page, csv] = [join(dir, '효과.html'), join(dir, 'evidence.csv')];
  const first = await run([
    ...['report', 'effect', '--store', dir, ...periods, '--json'],
    ...['--scrap-krw', '3200', '--out', page, '--csv', csv],
  ]);
  expect(first.stderr).toBe('');
  expect(first.code).toBe(0);
  const report = JSON.parse(first.stdout);
  expect(report.effect.defects.periods.before.judged).toBe(report.basis.before.produced);
  expect(report.evidence.settings.scrapKrw).toBe(3200);
  expect(report.sha256).toBe(createHash('sha256').update(readFileSync(csv)).digest('hex'));
  expect(readFileSync(page, 'utf8')).toContain(report.sha256);
  // Long periods are counted by two processes, to the same figures.
  const long = ['--before', '2025-11-01..2026-01-07', '--after', '2026-01-08..2026-02-01'];
  const other = await run(['report', 'effect', '--store', dir, ...long, '--json']);
  expect(JSON.parse(other.stdout).effect).toEqual(report.effect);
  const again = await run(['report', 'effect', '--from-csv', csv, '--json']);
  expect(JSON.parse(again.stdout)).toEqual(report);
  const told = await run(['report', 'effect', '--from-csv', csv, '--lang', 'en']);
  expect(told.stdout).toMatch(/^(?:The defect rate|No difference|Not )/);
  expect(told.stdout).toContain('Basis of measurement');
}, 120_000);

test('what cannot be compared is refused, with a code, and nothing is written', async () => {
  const dir = await keptPlant();
  const page = join(dir, 'page.html');
  const refused = async (more: readonly string[]): Promise<unknown> => {
    const args = ['report', 'effect', '--store', dir, '--json', '--out', page, ...more];
    const { code, stdout } = await run(args);
    expect(existsSync(page)).toBe(false);
    return { exit: code, ...JSON.parse(stdout).error };
  };
  expect(
    await refused(['--before', '2026-01-05..2026-01-09', '--after', '2026-01-09']),
  ).toMatchObject({ exit: 2, code: 'usage', subject: '--after' });
  expect(await refused([...periods, '--machine', 'dc-99'])).toMatchObject({
    ...{ exit: 2, code: 'usage', subject: '--machine' },
    hint: expect.stringContaining('dc-03'),
  });
  expect(await refused(['--before', '2025-01-05', '--after', '2026-01-09'])).toMatchObject({
    ...{ exit: 2, code: 'usage', subject: '--before' },
    hint: expect.stringContaining('2026-01-04 to 2026-01-11'),
  });
  expect(await refused([...periods, '--looks', 'weekly'])).toMatchObject({
    ...{ exit: 2, subject: '--planned-days' },
  });
  const prices = join(dir, 'prices.yaml');
  writeFileSync(prices, 'scrapkrw: 3200\n');
  expect(await refused([...periods, '--prices', prices])).toMatchObject({
    ...{ exit: 2, code: 'usage', subject: prices },
  });
}, 120_000);

test('a plan needs no store', async () => {
  const { code, stdout } = await run([
    ...['report', 'plan', '--from', '3%', '--to', '1.5%', '--design-effect', '1'],
    ...['--alternate', '4', '--start', '2026-12-01', '--json'],
  ]);
  expect(code).toBe(0);
  const { plans, days } = JSON.parse(stdout);
  expect(plans).toMatchObject([{ perPeriod: 1534, daysPerPeriod: null }]);
  expect(days.map(({ agent }: { agent: string }) => agent).sort()).toEqual([
    'off',
    'off',
    'on',
    'on',
  ]);
}, 60_000);
