import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { HeatRecord, RecordBody } from '../../agent/records.ts';
import { Evictor } from '../../agent/store/evict.ts';
import { alertBody, at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

function heat(number: number, machine = 'mf-1'): RecordBody {
  const none = { minutes: 0, kWh: 0 };
  const record: HeatRecord = {
    ...{ machine, heat: number, heats: 1, alloy: '12', minutes: 100, charges: 2, chargeC: null },
    ...{
      chargedKg: 1000,
      returnKg: null,
      pouredKg: null,
      kWh: 500 + number,
      kWhPerT: 500 + number,
    },
    states: { charge: none, melt: none, hold: none, pour: none, off: none, unknown: none },
    ...{ lidOpenMinutes: null, excessHold: null, lidLossKWh: null, gapMinutes: 0, at: at(number) },
  };
  return { kind: 'heat', heat: record };
}

test('a later start learns the last heats of a furnace, and what was told of it', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir);
  for (let number = 1; number <= 70; number += 1) first.keeper.keep(heat(number), at(number));
  first.keeper.keep(heat(1, 'mf-2'), at(71));
  const told = { machine: 'mf-1', cause: 'furnace-lid-open', severity: 'info' } as const;
  first.keeper.keep(alertBody('a-1', told), at(80));
  first.keeper.keep(alertBody('a-1', { ...told, state: 'cleared' }), at(90));
  first.keeper.keep(alertBody('a-2', { machine: 'mf-1', cause: 'bus-lost' }), at(91));
  await first.keeper.flush();
  await first.keeper.close();
  const { keeper } = startKeeper(dir);
  await keeper.opened();
  const past = await keeper.query('furnace-past', { machines: ['mf-1', 'dc-03'] });
  expect(Object.keys(past)).toEqual(['mf-1']);
  const numbers = past['mf-1']?.heats.map((one) => one.heat);
  expect(numbers).toEqual(Array.from({ length: 60 }, (_, i) => i + 11));
  expect(past['mf-1']?.told).toEqual([{ cause: 'furnace-lid-open', wallMs: at(80).wallMs }]);
});

test('heats outlive shots when room is made', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  keeper.keep(heat(1), at(1));
  keeper.keep(cycleBody(2), at(2));
  await keeper.flush();
  await keeper.close();
  const db = new Database(join(dir, 'ppuri.db'));
  const evictor = new Evictor(db);
  const kinds = () => db.prepare('SELECT kind FROM records ORDER BY id').pluck().all();
  while (kinds().includes('cycle')) expect(evictor.step().count).toBeGreaterThan(0);
  expect(kinds()).toEqual(['heat']);
  expect(evictor.step().count).toBe(1);
  expect(kinds()).toEqual([]);
  db.close();
});
