/** Labels, deeds and the history of alerts in the store: kept, found, replaced, evicted, counted. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { Deed, RecordBody } from '../../agent/records.ts';
import { openDatabase } from '../../agent/store/database.ts';
import { Evictor } from '../../agent/store/evict.ts';
import { lookBackCycles } from '../../agent/store/find-cycle.ts';
import { migrate, migrations } from '../../agent/store/migrations.ts';
import { PendingRecords } from '../../agent/store/pending.ts';
import {
  alertBody,
  at,
  cycleBody,
  labelBody,
  makeBoot,
  startKeeper,
  temporaryDirectory,
} from './store-support.ts';

const wall = (ms: number): number => at(ms).wallMs;

const deedBody = (what: string, who: string, subject = 'a-1'): RecordBody => {
  const deed: Deed = { what, subject, who, from: 'panel', detail: null, at: at(5) };
  return { kind: 'deed', deed };
};

test('a later label of a part replaces the one before; both are there', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  const shot = keeper.keep(cycleBody(1), at(1));
  const other = keeper.keep(cycleBody(2), at(2));
  keeper.keep(labelBody(shot, { part: 'A', result: 'defect', type: 'shrinkage' }), at(10));
  keeper.keep(labelBody(shot, { part: 'B', result: 'ok' }), at(11));
  keeper.keep(labelBody(shot, { part: 'A', result: 'ok', who: '박반장' }), at(12));
  keeper.keep(labelBody(other, { mold: 'B-7', machine: 'dc-04' }), at(13));
  await keeper.flush();
  const { rows } = await keeper.query('labels', { cycle: shot });
  expect(rows.map(({ part, result, who }) => [part, result, who])).toEqual([
    ['A', 'ok', '박반장'],
    ['B', 'ok', '김검사'],
  ]);
  const all = await keeper.query('labels', { cycle: shot, scope: 'all' });
  expect(all.rows.map(({ part, inForce }) => [part, inForce])).toEqual([
    ['A', true],
    ['B', true],
    ['A', false],
  ]);
  expect((await keeper.query('labels', { mold: 'B-7' })).rows).toMatchObject([
    { machine: 'dc-04', cycle: other, cycleKept: true, wallMs: wall(13) },
  ]);
  const timed = await keeper.query('labels', { fromWallMs: wall(11), toWallMs: wall(13) });
  expect(timed.rows).toHaveLength(2);
  const first = await keeper.query('labels', { limit: 2 });
  const rest = await keeper.query('labels', { limit: 2, after: first.next ?? undefined });
  expect([...first.rows, ...rest.rows].map(({ seq }) => seq)).toEqual([6, 5, 4]);
  expect(rest.next).toBeNull();
  await expect(keeper.query('labels', { nonsense: 1 } as object)).rejects.toMatchObject({
    code: 'usage',
  });
});

test('labels and deeds are on the disk at once', async () => {
  const { keeper } = startKeeper(temporaryDirectory(), { commitMs: 600_000 });
  await keeper.opened();
  const shot = keeper.keep(cycleBody(1), at(1));
  keeper.keep(labelBody(shot), at(2));
  await expect.poll(() => keeper.stats().kept).toBe(2);
  keeper.keep(deedBody('login', 'kim'), at(3));
  await expect.poll(() => keeper.stats().kept).toBe(3);
});

test('a shot is found by its key, its number, its number on a day, or its time', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  for (let index = 1; index <= 20; index += 1) keeper.keep(cycleBody(index), at(index * 60_000));
  // The counter began anew: 1001 to 1005 come twice.
  for (let index = 1; index <= 5; index += 1)
    keeper.keep(cycleBody(index), at((100 + index) * 60_000));
  const key = keeper.keep(cycleBody(1, { machine: 'im-05', shot: 77 }), at(3));
  keeper.keep(labelBody(key, { machine: 'im-05' }), at(4));
  await keeper.flush();
  const machine = 'dc-03';
  const minute = (n: number): number => wall(n * 60_000);
  const found = await keeper.query('cycle-for', {
    places: [
      key,
      { machine, shot: 1003 },
      { machine, shot: 1010 },
      { machine, shot: 1003, fromWallMs: minute(0), toWallMs: minute(60) },
      { machine, shot: 1003, fromWallMs: minute(0), toWallMs: minute(200) },
      { machine, wallMs: minute(7) + 5000, toleranceMs: 30_000 },
      { machine, wallMs: minute(7) + 29_000, toleranceMs: 60_000 },
      { machine, wallMs: minute(50), toleranceMs: 30_000 },
      { machine: 'im-05', shot: 1003 },
      { boot: 'another', seq: 1 },
    ],
  });
  expect(found.map((cycle) => cycle && [cycle.seq, cycle.ambiguous])).toEqual([
    [26, false],
    [23, true],
    [10, false],
    [3, false],
    [23, true],
    [7, false],
    [7, true],
    null,
    null,
    null,
  ]);
  expect(found[0]).toMatchObject({
    machine: 'im-05',
    shot: 77,
    labels: [{ part: '', result: 'ok', type: null, from: 'cli' }],
  });
  for (const places of [[], [{ machine }], [{ boot: 'a', seq: 0.5 }], 'x'])
    await expect(keeper.query('cycle-for', { places } as never)).rejects.toMatchObject({
      code: 'usage',
    });
});

test('deeds answer who did what, and alerts how they came to be', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  keeper.keep(alertBody('a-1'), at(1));
  keeper.keep(alertBody('a-2', { machine: 'im-05' }), at(2));
  keeper.keep(alertBody('a-1', { state: 'updated', count: 4 }), at(3));
  keeper.keep(alertBody('a-1', { state: 'cleared', count: 4 }), at(4));
  keeper.keep(deedBody('alert-acknowledged', 'kim'), at(5));
  keeper.keep(deedBody('login', 'lee', 'lee'), at(6));
  await keeper.flush();
  const history = await keeper.query('alert-history', { id: 'a-1' });
  expect(history.map(({ state, count, wallMs }) => [state, count, wallMs])).toEqual([
    ['cleared', 4, wall(4)],
    ['updated', 4, wall(3)],
    ['raised', 3, wall(1)],
  ]);
  expect(await keeper.query('alert-history', { machine: 'im-05' })).toHaveLength(1);
  const early = { machine: 'dc-03', toWallMs: wall(4), limit: 1 };
  expect(await keeper.query('alert-history', early)).toMatchObject([{ state: 'updated' }]);
  await expect(keeper.query('alert-history', {})).rejects.toMatchObject({ code: 'usage' });
  expect(await keeper.query('deeds', { who: 'kim' })).toMatchObject([
    { what: 'alert-acknowledged', subject: 'a-1', from: 'panel', wallMs: wall(5) },
  ]);
  expect(await keeper.query('deeds', { what: 'login', fromWallMs: wall(6) })).toHaveLength(1);
  expect((await keeper.query('deeds', {})).map(({ who }) => who)).toEqual(['lee', 'kim']);
});

test('deeds go before shots, labels last of all; a label outlives its shot; all is counted', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir, { boot: { ...makeBoot(), id: 'first' } });
  const shot = keeper.keep(cycleBody(1), at(1));
  keeper.keep(deedBody('login', 'kim'), at(2));
  keeper.keep(labelBody(shot), at(3));
  keeper.keep(alertBody('a-1', { state: 'cleared' }), at(4));
  keeper.keep({ kind: 'gap', gap: { fromSeq: 6, toSeq: 6, count: 1, reason: 'refused' } }, at(5));
  await keeper.flush();
  await keeper.close();
  const db = openDatabase({ path: join(dir, 'ppuri.db'), maxMiB: 16 });
  const evictor = new Evictor(db);
  const kinds = (): unknown => db.prepare('SELECT kind FROM records ORDER BY id').pluck().all();
  const order: unknown[] = [];
  for (let step = evictor.step(); step.count > 0; step = evictor.step()) order.push(kinds());
  const all = ['cycle', 'deed', 'label', 'alert', 'gap'];
  const without = (...gone: string[]): string[] => all.filter((kind) => !gone.includes(kind));
  expect(order).toEqual([
    all,
    all,
    without('deed'),
    without('deed', 'cycle'),
    without('deed', 'cycle', 'alert'),
    ['gap'],
  ]);
  expect(db.prepare('SELECT COUNT(*) FROM labels').pluck().get()).toBe(0);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
  const second = startKeeper(dir);
  await second.keeper.opened();
  const { gaps, unexplained } = await second.keeper.query('ledger', {});
  const evicted = gaps.filter(({ reason, part }) => reason === 'evicted' && part === 'record');
  expect(evicted.reduce((sum, { count }) => sum + count, 0)).toBe(4);
  // Seqs 1 to 6: four evicted, the gap that is left, and the one it tells of.
  expect(gaps.filter(({ reason }) => reason === 'unkept')).toEqual([]);
  expect(unexplained).toBe(0);
});

test('a label of a shot that was evicted is still told, and so is one of another store', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  keeper.keep(labelBody({ boot: 'long-gone', seq: 4 }, { shot: 4 }), at(1));
  await keeper.flush();
  const { rows } = await keeper.query('labels', {});
  expect(rows).toMatchObject([
    { cycle: { boot: 'long-gone', seq: 4 }, cycleKept: false, inForce: true },
  ]);
});

test('a store of the layout before gets the new tables, and what was in it stays', async () => {
  const dir = temporaryDirectory();
  const path = join(dir, 'ppuri.db');
  const before = migrations.findIndex(({ title }) => title === 'labels and deeds');
  const db = new Database(path);
  db.pragma('page_size = 512');
  db.pragma('auto_vacuum = INCREMENTAL');
  migrate(db, migrations.slice(0, before));
  db.exec(`INSERT INTO boots (boot, started_wall_ms, clock_synced) VALUES ('old', 1, 1);
    INSERT INTO records (id, kind, wall_ms, mono_ms, clock_synced, body)
      VALUES ((1 << 40) | 1, 'event', 1, 1, 1, '{}');`);
  db.close();
  const { keeper } = startKeeper(dir);
  const shot = keeper.keep(cycleBody(1), at(1));
  keeper.keep(labelBody(shot), at(2));
  await keeper.flush();
  expect((await keeper.query('labels', {})).rows).toHaveLength(1);
  expect((await keeper.query('ledger', {})).kept).toBe(3);
});

test('labels wait in memory longer than shots', () => {
  const pending = new PendingRecords(10);
  const record = (seq: number, body: RecordBody) => ({
    boot: 'b',
    seq,
    at: at(seq),
    clockSynced: true,
    body,
  });
  pending.add(record(1, labelBody({ boot: 'b', seq: 9 })));
  for (let seq = 2; seq <= 40; seq += 1) pending.add(record(seq, cycleBody(seq)));
  expect(pending.take(100).map(({ seq }) => seq)).toContain(1);
  expect(pending.dropped).toBe(30);
});

test('times of labels are put right with those of their records', async () => {
  const { keeper } = startKeeper(temporaryDirectory(), { clockSynced: () => false });
  const shot = keeper.keep(cycleBody(1), { monoMs: 1000, wallMs: 0 });
  keeper.keep(labelBody(shot), { monoMs: 2000, wallMs: 0 });
  await keeper.flush();
  keeper.fixClock({ offsetMs: 1_795_000_000_000, vouched: true });
  await expect
    .poll(async () => (await keeper.query('labels', {})).rows[0])
    .toMatchObject({ wallMs: 1_795_000_002_000, clockFilled: true });
});

test('a number alone is looked for in the newest shots only; with a time in all', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir);
  first.keeper.keep(cycleBody(1), at(1));
  await first.keeper.flush();
  await first.keeper.close();
  const db = new Database(join(dir, 'ppuri.db'));
  db.exec(`INSERT INTO records (id, kind, machine, wall_ms, mono_ms, clock_synced, body)
      WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= ${lookBackCycles})
      SELECT (1 << 40) | i, 'cycle', 'dc-03', ${wall(0)} + i * 1000.0, i, 1, '' FROM n;
    INSERT INTO cycles SELECT id, machine, 'p', NULL, 5000 + seq, seq, 'whole', NULL, wall_ms, 'ok',
      'x', NULL, 'none', NULL, NULL, NULL, NULL, NULL, '[]', NULL FROM records WHERE seq > 1;`);
  db.close();
  const { keeper } = startKeeper(dir);
  const machine = 'dc-03';
  const places = [
    { machine, shot: 1001 },
    { machine, shot: 1001, fromWallMs: wall(0), toWallMs: wall(60_000) },
    { machine, shot: 5002 },
  ];
  const [alone, timed, oldest] = await keeper.query('cycle-for', { places });
  expect([alone, timed?.seq, oldest?.seq]).toEqual([null, 1, 2]);
});
