/** A log of consumption as a meter: what its rows say of time, and that nothing of it is lost. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EnergyAccount } from '../../agent/energy/account.ts';
import type { EnergyPeriod } from '../../agent/records.ts';
import { loadMeterLog, type MeterLog } from '../../agent/simulator/meter-log.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { readTable } from '../../models/table.ts';
import { totalOf } from '../fixtures/metered-machine.ts';
import { clientOf, plantFor } from './simulator-support.ts';
import { temporaryDirectory } from './store-support.ts';

const quarterMs = 900_000;

async function logOf(lines: readonly string[]): Promise<MeterLog> {
  const path = join(temporaryDirectory(), 'log.csv');
  await writeFile(path, ['date,kWh', ...lines].join('\n'));
  return loadMeterLog({ path, column: 'kWh', timeColumn: 'date' });
}

/** Reads the log's register at the end of each of its quarter hours, as an agent would. */
function replayed(log: MeterLog): EnergyPeriod[] {
  const periods: EnergyPeriod[] = [];
  const account = new EnergyAccount(
    {
      ...{ machine: 'plant', signal: 'meter.totalEnergy', gapMs: 3 * quarterMs },
      ...{ periodMs: quarterMs, stopAfterCycles: 2, holdBelowKw: null, offBelowKw: null },
      register: {
        ...{ kwhPerUnit: 1, rollsOverAt: null, maxKw: null, timeScale: 1 },
        stepAt: () => 1e-6,
      },
    },
    {
      shot: () => undefined,
      period: (period) => periods.push(period),
      changed: ({ kind }) => expect(kind).toBe('none'),
    },
  );
  const start = Date.UTC(2018, 0, 1);
  const at = (ms: number) => ({ monoMs: ms, wallMs: start + ms });
  for (let ms = 0; ms <= log.lengthS * 1000; ms += quarterMs)
    account.reading(log.kWhAt(ms / 1000), at(ms));
  account.close(at(log.lengthS * 1000));
  return periods;
}

describe('rows of a log', () => {
  test('00:00 after 23:45 of the same date ends that day', async () => {
    const log = await logOf([
      '31/01/2018 23:30,1',
      '31/01/2018 23:45,2',
      '31/01/2018 00:00,3',
      '01/02/2018 00:15,4',
    ]);
    expect(log.report).toMatchObject({ rows: 4, dayEnds: 1, repeated: 0, missing: 0, kWh: 10 });
    expect(log.lengthS).toBe(3600);
  });

  test('a midnight that comes twice counts once', async () => {
    const log = await logOf([
      '2018-01-31 23:30,1',
      '2018-01-31 23:45,2',
      '2018-01-31 00:00,3',
      '2018-02-01 00:00,3',
      '2018-02-01 00:15,4',
    ]);
    expect(log.report).toMatchObject({ dayEnds: 1, repeated: 1, missing: 0, kWh: 10 });
  });

  test('a quarter hour that is missing is said to be', async () => {
    const log = await logOf(['2018-01-31 10:00,1', '2018-01-31 10:15,2', '2018-01-31 11:00,3']);
    expect(log.report).toMatchObject({ missing: 2, kWh: 6 });
    // Nobody knows what was used in it.
    expect(log.kWhAt(1800 + 900)).toBe(3);
  });

  test.each([
    ['no consumption', '2018-01-31 10:15,-2', 'no consumption'],
    ['no time', 'yesterday,2', 'no time'],
    ['earlier than the one before', '2018-01-30 10:15,2', 'earlier'],
  ])('%s is an error that names the line', async (_, line, message) => {
    const lines = ['2018-01-31 09:45,1', '2018-01-31 10:00,1', line, '2018-01-31 10:30,1'];
    await expect(logOf(lines)).rejects.toMatchObject({
      code: 'csv-invalid',
      message: expect.stringMatching(new RegExp(`line 4.*${message}`)),
    });
  });
});

test('a meter counts what its log says, over Modbus, and stands still at its end', async () => {
  const path = join(temporaryDirectory(), 'log.csv');
  const rows = ['2018-01-31 10:15,1.5', '2018-01-31 10:30,2.25', '2018-01-31 10:45,0.25'];
  await writeFile(path, ['date,kWh', ...rows].join('\n'));
  const log = { path, signal: 'importEnergy', column: 'kWh', timeColumn: 'date' };
  const meterProfile = loadProfile('eastron-sdm630');
  const meters = [{ unit: 7, seed: 1, speed: 1800, log }];
  const plant = await plantFor({ machines: [], meters, meterProfile });
  const client = await clientOf(plant, 7);
  const seen: number[] = [];
  while (seen.at(-1) !== 4) {
    const { buffer } = await client.readInputRegisters(0x48, 2);
    seen.push(buffer.readFloatBE(0));
  }
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

const steel = join(
  import.meta.dirname,
  '../../../shared/data/steel_energy_gwangyang/Steel_industry_data.csv.gz',
);

describe.skipIf(!existsSync(steel))(
  'a year of a steel plant (left out without ../shared/data)',
  () => {
    test('its kWh, quarter hours and peak are those of the file', async () => {
      const options = { path: steel, column: 'Usage_kWh', timeColumn: 'date' };
      const log = await loadMeterLog(options);
      expect(log.report).toMatchObject({ rows: 35_040, dayEnds: 365, repeated: 0, missing: 0 });
      const table = await readTable(steel);
      const usage = table.rows.map((row) => Number(row[table.column('Usage_kWh')]));
      const total = usage.reduce((sum, kWh) => sum + kWh, 0);
      const periods = replayed(log);
      expect(totalOf(periods)).toBeCloseTo(total, 1);
      expect(periods.filter(({ kind }) => kind === 'whole')).toHaveLength(usage.length);
      const demands = periods.flatMap(({ demandKw }) => demandKw ?? []);
      expect(demands).toHaveLength(usage.length);
      expect(Math.max(...demands)).toBeCloseTo(4 * Math.max(...usage), 3);
    });
  },
);
