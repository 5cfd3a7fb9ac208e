/** Energy in the store: added up by machine and shift, found again, evicted in its turn. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { EnergyPeriod, RecordBody, ShotEnergy } from '../../agent/records.ts';
import { openDatabase } from '../../agent/store/database.ts';
import { Evictor } from '../../agent/store/evict.ts';
import { migrate, migrations } from '../../agent/store/migrations.ts';
import {
  alertBody,
  at,
  cycleBody,
  labelBody,
  startKeeper,
  temporaryDirectory,
} from './store-support.ts';

const wall = (ms: number): number => at(ms).wallMs;

function period(ms: number, more: Partial<EnergyPeriod> = {}): RecordBody {
  const parts = { production: 10, idle: 2, hold: null, off: 0, unallocated: 1 };
  const mold = { mold: 'A', shots: 20, measured: 19, kWh: 9.5, kg: 38, kWhWeighed: 9.5 };
  const verdicts = { ok: 15, defect: 2, unscored: 3, suppressed: 1 };
  return {
    kind: 'energy',
    period: {
      ...{ machine: 'dc-03', kind: 'whole', durationMs: 900_000, kWh: parts },
      ms: { production: 700_000, idle: 150_000, hold: 0, off: 0, unallocated: 50_000 },
      ...{ demandKw: 52, shots: 20, molds: [{ ...mold, ...verdicts }] },
      meters: [{ signal: 'meter.importEnergy', segment: 1, fromKwh: 100, toKwh: 113 }],
      ...{ at: at(ms), ...more },
    },
  };
}

function shotEnergy(index: number, more: Partial<ShotEnergy> = {}): RecordBody {
  return {
    kind: 'shot-energy',
    energy: {
      ...{ machine: 'dc-03', mold: 'A', shot: 300 + index, index, kWh: 0.5, errorKwh: 0.001 },
      ...{ start: 'shot-before', kg: 2, why: null, at: at(index), ...more },
    },
  };
}

test('quarter hours add up: what was used for what, and for how many good parts', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  keeper.keep(period(10), at(10));
  keeper.keep(period(20, { demandKw: 61 }), at(20));
  keeper.keep(period(30, { kind: 'part', demandKw: null, kWh: null, molds: [] }), at(30));
  keeper.keep(period(40, { machine: 'dc-04', molds: [] }), at(40));
  await keeper.flush();
  const asked = { fromWallMs: wall(5), toWallMs: wall(40) };
  const { rows } = await keeper.query('energy', asked);
  expect(rows.map(({ machine }) => machine)).toEqual(['dc-03', 'dc-04']);
  expect(rows[0]).toMatchObject({
    kWh: { production: 20, idle: 4, hold: null, off: 0, unallocated: 2, total: 26 },
    ...{ peakKw: 61, peakWallMs: wall(20), periods: 3, complete: 2 },
    ...{ shots: 40, measured: 38, good: 30, unknown: 4 },
    ...{ kWhPerShot: 0.5, kWhPerGood: 20 / 30, kWhPerKg: 0.25, idleShare: 4 / 24 },
  });
  expect(rows[1]).toMatchObject({ kWhPerShot: null, kWhPerGood: null, kWhPerKg: null });
  const one = await keeper.query('energy', { ...asked, machine: 'dc-04' });
  expect(one.rows).toHaveLength(1);
  await expect(keeper.query('energy', { fromWallMs: 2, toWallMs: 1 })).rejects.toMatchObject({
    code: 'usage',
  });
});

test('what inspection found counts before the verdict', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  const shot = keeper.keep(cycleBody(1), at(1));
  keeper.keep(period(10), at(10));
  await keeper.flush();
  const asked = { fromWallMs: wall(0), toWallMs: wall(40) };
  const before = (await keeper.query('energy', asked)).rows[0];
  keeper.keep(labelBody(shot, { machine: 'dc-03', result: 'defect' }), at(20));
  await keeper.flush();
  const defect = (await keeper.query('energy', asked)).rows[0];
  keeper.keep(labelBody(shot, { machine: 'dc-03', result: 'ok' }), at(30));
  await keeper.flush();
  const good = (await keeper.query('energy', asked)).rows[0];
  const verdict = (await keeper.query('cycles', {})).rows[0]?.outcome;
  const wasGood = verdict === 'ok' ? 1 : 0;
  expect(defect?.good).toBe((before?.good ?? 0) - wasGood);
  expect(good?.good).toBe((before?.good ?? 0) + 1 - wasGood);
});

test('a shift has its own row', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  const hourMs = 3_600_000;
  keeper.keep(period(0), at(0));
  keeper.keep(period(hourMs), at(hourMs));
  await keeper.flush();
  const middle = new Date(wall(hourMs / 2));
  const clock = `${String(middle.getHours()).padStart(2, '0')}:${String(middle.getMinutes()).padStart(2, '0')}`;
  const asked = { fromWallMs: wall(-hourMs), toWallMs: wall(2 * hourMs) };
  const { rows } = await keeper.query('energy', { ...asked, shifts: [clock] });
  expect(rows.map(({ kWh }) => kWh?.total)).toEqual([13, 13]);
  expect(rows[1]?.shiftFromWallMs).toBe(Math.floor(middle.getTime() / 60_000) * 60_000);
});

test('shots and quarter hours are found again, page by page', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  for (let index = 1; index <= 5; index += 1) keeper.keep(shotEnergy(index), at(index));
  keeper.keep(shotEnergy(6, { kWh: null, errorKwh: null, why: 'meter-gap' }), at(6));
  keeper.keep(period(10), at(10));
  await keeper.flush();
  const first = await keeper.query('shot-energy', { machine: 'dc-03', limit: 4 });
  const after = first.next ?? undefined;
  const rest = await keeper.query('shot-energy', { machine: 'dc-03', limit: 4, after });
  expect([...first.rows, ...rest.rows].map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(rest).toMatchObject({ next: null, rows: [{}, { kWh: null, why: 'meter-gap' }] });
  const { rows } = await keeper.query('energy-periods', { fromWallMs: wall(9) });
  expect(rows).toMatchObject([{ machine: 'dc-03', demandKw: 52, wallMs: wall(10) }]);
});

test('a later start learns where the meter stood, and what the machine is known to draw', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir);
  first.keeper.keep(period(10, { demandKw: 80 }), at(10));
  first.keeper.keep(period(20), at(20));
  first.keeper.keep(period(30, { kWh: null, meters: [], demandKw: null }), at(30));
  await first.keeper.flush();
  await first.keeper.close();
  const { keeper } = startKeeper(dir);
  await keeper.opened();
  const last = await keeper.query('last-energy', { machines: ['dc-03', 'dc-04'] });
  expect(last).toEqual({ 'dc-03': { registerKwh: 113, wallMs: wall(20), seenKw: 80 } });
});

test('what was kept is found again after the store went back to an older ppuri', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  keeper.keep(period(1), at(1));
  keeper.keep(shotEnergy(2), at(2));
  await keeper.flush();
  await keeper.close();
  const path = join(dir, 'ppuri.db');
  const db = new Database(path);
  const layout = migrations.findIndex(({ sql }) => sql.includes('energy_periods'));
  migrate(db, migrations.slice(0, layout));
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%energy%'").all()).toEqual([]);
  expect(db.prepare('SELECT COUNT(*) FROM records').pluck().get()).toBe(2);
  db.close();
  const again = startKeeper(dir);
  await again.keeper.opened();
  const { rows } = await again.keeper.query('energy-periods', {});
  const shots = await again.keeper.query('shot-energy', {});
  expect([...rows, ...shots.rows].map(({ machine }) => machine)).toEqual(['dc-03', 'dc-03']);
});

test('energy of shots goes before the shots, quarter hours after them', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  keeper.keep(period(1), at(1));
  keeper.keep(shotEnergy(2), at(2));
  keeper.keep(cycleBody(3), at(3));
  keeper.keep(alertBody('a-1', { state: 'cleared' }), at(4));
  await keeper.flush();
  await keeper.close();
  const db = openDatabase({ path: join(dir, 'ppuri.db'), maxMiB: 16 });
  const evictor = new Evictor(db);
  const kinds = (): unknown => db.prepare('SELECT kind FROM records ORDER BY id').pluck().all();
  const order: unknown[] = [];
  for (let step = evictor.step(); step.count > 0; step = evictor.step()) order.push(kinds());
  expect(order.slice(2)).toEqual([
    ['energy', 'cycle', 'alert'],
    ['energy', 'alert'],
    ['alert'],
    [],
  ]);
  for (const table of ['energy_periods', 'shot_energy'])
    expect(db.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get()).toBe(0);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
});
