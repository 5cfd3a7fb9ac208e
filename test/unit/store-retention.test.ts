/** The cap, ages, and what is counted when records go. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openDatabase, openReadOnly } from '../../agent/store/database.ts';
import { Evictor } from '../../agent/store/evict.ts';
import { readRecords } from '../../agent/store/read-records.ts';
import { alertBody, at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

const day = 86_400_000;

/** Rows that are there, by part. */
function present(db: Database.Database) {
  const count = (sql: string): number => Number(db.prepare(sql).pluck().get());
  return {
    records: count('SELECT COUNT(*) FROM records'),
    features: count('SELECT COUNT(*) FROM cycle_data WHERE packed_features IS NOT NULL'),
    readings: count('SELECT COUNT(*) FROM cycle_data WHERE packed_readings IS NOT NULL'),
  };
}

test('at the cap old parts go by priority, every one is counted, alerts stay, nothing is refused', async () => {
  const dir = temporaryDirectory();
  const { keeper, seen } = startKeeper(dir, { maxMiB: 1, memoryRecords: 50_000 });
  keeper.keep(alertBody('a-1'), at(0));
  const cycles = 3000;
  for (let index = 1; index <= cycles; index += 1)
    keeper.keep(
      cycleBody(index, {}, { detail: `${'x'.repeat(200)}${Math.sin(index)}` }),
      at(index),
    );
  await keeper.flush(30_000);
  expect((await seen('store-evicted')).level).toBe('info');
  expect(keeper.stats()).toMatchObject({ state: 'ok', kept: cycles + 1, pending: 0, dropped: 0 });
  expect(await keeper.query('alerts', {})).toHaveLength(1);
  const ledger = await keeper.query('ledger', {});
  expect(ledger.unexplained).toBe(0);
  await keeper.close();
  expect(statSync(join(dir, 'ppuri.db')).size).toBeLessThanOrEqual(1024 * 1024);
  const db = openReadOnly(join(dir, 'ppuri.db'));
  const there = present(db);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  const gone = (part: string): number =>
    ledger.gaps.filter((gap) => gap.part === part).reduce((sum, { count }) => sum + count, 0);
  expect(there.records + gone('record')).toBe(cycles + 1);
  expect(there.features + gone('features')).toBe(cycles);
  expect(there.readings + gone('readings')).toBe(cycles);
  expect(gone('record')).toBeGreaterThan(0);
  // Oldest first: what is left is the newest, without a hole.
  const ids = db.prepare('SELECT id & 1099511627775 FROM cycles ORDER BY id').pluck().all();
  expect(ids).toEqual(Array.from(ids, (_, n) => cycles + 2 - ids.length + n));
  db.close();
});

test('parts go in their order, delivered ones are told from others, standing alerts stay', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  for (let index = 1; index <= 600; index += 1) keeper.keep(cycleBody(index), at(index));
  keeper.keep(alertBody('a-1'), at(601));
  keeper.keep(alertBody('a-2'), at(602));
  keeper.keep(alertBody('a-2', { state: 'cleared' }), at(603));
  await keeper.flush();
  await keeper.close();
  const db = openDatabase({ path: join(dir, 'ppuri.db'), maxMiB: 16 });
  db.exec(
    `INSERT INTO deliveries VALUES ('a', (1 << 40) | 100, '[]'), ('b', (1 << 40) | 300, '[]')`,
  );
  const evictor = new Evictor(db);
  const order: string[] = [];
  for (let step = evictor.step(); step.count > 0; step = evictor.step()) {
    const { readings, features, records } = present(db);
    order.push(
      readings > 0 ? 'readings' : features > 0 ? 'features' : records > 3 ? 'cycles' : 'last',
    );
  }
  expect(order).toEqual([...order].sort((a, b) => rank(a) - rank(b)));
  const counted = db
    .prepare(
      'SELECT what, delivered, first_seq, last_seq, count FROM evictions ORDER BY what, delivered',
    )
    .raw()
    .all();
  expect(counted).toEqual([
    ['alert', 0, 602, 603, 2],
    ...['cycle', 'features', 'readings'].flatMap((what) => [
      [what, 0, 101, 600, 500],
      [what, 1, 1, 100, 100],
    ]),
  ]);
  expect(db.prepare('SELECT alert FROM alerts').pluck().all()).toEqual(['a-1']);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
});

const rank = (stage: string): number => ['readings', 'features', 'cycles', 'last'].indexOf(stage);

test('ages are counted in running time: neither a wall clock step nor years switched off expire anything', async () => {
  const dir = temporaryDirectory();
  const wild = [0, 4e12, -5e11, 0];
  const keepDays = { readingsDays: 1, featuresDays: 2, recordsDays: 3 };
  for (let start = 0; start < 4; start += 1) {
    const { keeper } = startKeeper(dir, start === 3 ? { keepDays } : {});
    for (let hour = 1; hour <= 24; hour += 1) {
      const monoMs = (hour * day) / 24;
      const wallMs = Math.abs(1_790_000_000_000 + (wild[start] ?? 0) + hour);
      keeper.keep(cycleBody(start * 24 + hour), { monoMs, wallMs });
    }
    await keeper.flush();
    await keeper.close();
  }
  // The last start evicts before its first commit: then its own day was not there yet.
  const { keeper } = startKeeper(dir, { keepDays });
  keeper.keep(cycleBody(97), { monoMs: 0, wallMs: 0 });
  await keeper.flush();
  await keeper.close();
  const db = openReadOnly(join(dir, 'ppuri.db'));
  const there = present(db);
  expect(there).toEqual({ records: 73 + 1, features: 49 + 1, readings: 25 + 1 });
  db.close();
});

test('what a start could not keep is counted by the next one', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir, { boot: { id: 'first', startedWallMs: 1, clockSynced: false } });
  for (let index = 1; index <= 10; index += 1) first.keeper.keep(cycleBody(index), at(index));
  await first.keeper.flush();
  const blocker = new Database(join(dir, 'ppuri.db'));
  blocker.exec('BEGIN IMMEDIATE');
  for (let index = 11; index <= 25; index += 1) first.keeper.keep(cycleBody(index), at(index));
  await first.seen('store-down');
  await expect(first.keeper.close()).rejects.toMatchObject({ code: 'store-unavailable' });
  blocker.close();
  const second = startKeeper(dir);
  expect(await second.seen('store-unkept')).toMatchObject({
    level: 'error',
    text: '15 records of an earlier start were never kept: first 11-25',
  });
  expect((await second.keeper.query('ledger', {})).gaps).toMatchObject([
    { boot: 'first', from: 11, to: 25, count: 15, reason: 'unkept', part: 'record' },
  ]);
});

test('records are read back as they were made, for whoever delivers them', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  const bodies = [cycleBody(1), alertBody('a-1'), cycleBody(2), cycleBody(3)];
  for (const [index, body] of bodies.entries()) keeper.keep(body, at(index + 1));
  await keeper.flush();
  const db = openReadOnly(join(dir, 'ppuri.db'));
  const all = readRecords(db, { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: 10 });
  expect(all.map(({ seq, at, body }) => ({ seq, at, body }))).toEqual(
    bodies.map((body, index) => ({ seq: index + 1, at: at(index + 1), body })),
  );
  const rest = readRecords(db, { after: all[1]?.id ?? 0, upTo: Number.MAX_SAFE_INTEGER, limit: 1 });
  expect(rest.map(({ seq }) => seq)).toEqual([3]);
  db.close();
});
