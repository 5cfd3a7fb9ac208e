/** Stops, their reasons and what OEE is made of, in the store. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { Stop, StopReason } from '../../agent/records.ts';
import { openDatabase } from '../../agent/store/database.ts';
import { Evictor } from '../../agent/store/evict.ts';
import { migrate, migrations } from '../../agent/store/migrations.ts';
import {
  at,
  cycleBody,
  labelBody,
  makeBoot,
  startKeeper,
  temporaryDirectory,
} from './store-support.ts';

const wall = (s: number): number => at(s * 1000).wallMs;
const now = (s: number) => at(s * 1000);

function stopBody(
  id: string,
  from: number,
  to: number | null,
  said: number,
  more: Partial<Stop> = {},
) {
  const stop: Stop = {
    ...{ id, machine: 'dc-03', mold: '7', kind: 'stop', usualMs: 40_000, continues: null },
    ...{
      state: to === null ? 'open' : 'ended',
      begin: now(from),
      end: to === null ? null : now(to),
    },
    at: now(said),
    ...more,
  };
  return { kind: 'stop', stop } as const;
}

function reasonBody(stop: string, code: string, said: number, who = '김반장') {
  const reason: StopReason = {
    ...{ stop, machine: 'dc-03', code, note: null, who, from: 'panel', at: now(said) },
  };
  return { kind: 'stop-reason', reason } as const;
}

const shotAt = (s: number, shot: number, more: object = {}, verdict: object = {}) =>
  cycleBody(shot, { mold: '7', shot, at: now(s), ...more }, verdict);

test('the newest word on a stop holds, as does the newest reason; both outlive the agent', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir, { boot: { ...makeBoot(), startedWallMs: wall(0) } });
  first.keeper.keep(stopBody('a-1', 100, null, 200, { kind: 'micro' }), now(200));
  first.keeper.keep(stopBody('a-1', 100, 900, 940), now(940));
  first.keeper.keep(stopBody('a-2', 1000, 1000, 1100), now(1100));
  first.keeper.keep(stopBody('a-3', 2000, null, 2600), now(2600));
  first.keeper.keep(reasonBody('a-1', 'cleaning', 950), now(950));
  first.keeper.keep(reasonBody('a-1', 'mold-change', 5000, '박'), now(5000));
  await first.keeper.flush();
  await first.keeper.close();
  const { keeper } = startKeeper(dir, { boot: { ...makeBoot(), startedWallMs: wall(6000) } });
  expect(await keeper.query('open-stops', {})).toEqual({ 'dc-03': 'a-3' });
  keeper.keep(stopBody('b-1', 6000, null, 6100, { continues: 'a-3' }), now(6100));
  keeper.keep(reasonBody('a-3', 'material', 6200), now(6200));
  await keeper.flush();
  const rows = await keeper.query('stops', {});
  // a-2 turned out to be none.
  expect(
    rows.map(({ id, kind, state, durationMs, reason }) => [
      id,
      kind,
      state,
      durationMs,
      reason?.code,
    ]),
  ).toEqual([
    ['b-1', 'stop', 'open', 100_000, 'material'],
    ['a-3', 'stop', 'open', 600_000, 'material'],
    ['a-1', 'stop', 'ended', 800_000, 'mold-change'],
  ]);
  expect(rows[0]?.reason).toMatchObject({ inherited: true });
  expect(rows[2]).toMatchObject({
    ...{ beginWallMs: wall(100), endWallMs: wall(900) },
    reason: { who: '박', inherited: false, wallMs: wall(5000) },
  });
  expect(await keeper.query('stops', { fromWallMs: wall(950), toWallMs: wall(6050) })).toHaveLength(
    2,
  );
  expect(await keeper.query('stops', { scope: 'unexplained' })).toEqual([]);
});

test('shots by mold, judged and inspected, with those that nobody saw apart', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir, {
    boot: { ...makeBoot(), startedWallMs: wall(0), startedMonoMs: 0 },
  });
  const keys = [];
  for (let i = 0; i < 40; i += 1)
    keys.push(
      first.keeper.keep(
        shotAt(40 * i, i, {}, i % 10 === 0 ? { outcome: 'defect' } : {}),
        now(40 * i),
      ),
    );
  const [zero, one, two] = keys;
  if (zero === undefined || one === undefined || two === undefined) throw new Error('no shots');
  first.keeper.keep(labelBody(zero, { result: 'ok' }), now(1700));
  first.keeper.keep(labelBody(one, { result: 'defect' }), now(1701));
  first.keeper.keep(labelBody(two, { part: 'A', result: 'ok' }), now(1702));
  await first.keeper.flush();
  await first.keeper.close();
  const { keeper } = startKeeper(dir, {
    boot: { ...makeBoot(), startedWallMs: wall(4000), startedMonoMs: 4_000_000 },
  });
  const unscored = { outcome: 'unscored', reason: 'warm-up' } as const;
  for (let i = 40; i < 59; i += 1)
    keeper.keep(shotAt(4001, i, { mold: null, observed: 'missed' }, unscored), now(4001));
  keeper.keep(shotAt(4001, 60), now(4001));
  keeper.keep(shotAt(4041, 61, { mold: '8', suppressed: 'warm-up' }, unscored), now(4041));
  // A start that is slow to learn where the one before it ended.
  keeper.keep(shotAt(4060, 59, { mold: null, observed: 'missed' }, unscored), now(4060));
  keeper.keep(shotAt(4081, 62, { mold: null, observed: 'torn' }, unscored), now(4081));
  await keeper.flush();
  const asked = {
    fromWallMs: wall(0),
    toWallMs: wall(5000),
    shifts: ['00:00'],
    parts: { 'dc-03': 2 },
  };
  const facts = await keeper.query('production', asked);
  expect(facts.counts.map(({ shiftFromWallMs: _, ...rest }) => rest)).toEqual([
    {
      ...{ machine: 'dc-03', mold: '7', shots: 41, unwatched: 19, neither: 0, suppressed: 0 },
      // Shot 0 and 2 are labelled in part only: what was judged holds.
      ...{ inspected: { ok: 0, defect: 1 }, judged: { ok: 36, defect: 4 } },
    },
    {
      ...{ machine: 'dc-03', mold: '8', shots: 2, unwatched: 1, neither: 2, suppressed: 1 },
      ...{ inspected: { ok: 0, defect: 0 }, judged: { ok: 0, defect: 0 } },
    },
  ]);
  expect(facts.molds).toEqual([
    { machine: 'dc-03', mold: '7', fromWallMs: wall(0) },
    { machine: 'dc-03', mold: '8', fromWallMs: wall(4001) },
  ]);
  expect(facts.watched).toEqual([
    { machine: 'dc-03', fromWallMs: wall(0), toWallMs: wall(1702) },
    { machine: 'dc-03', fromWallMs: wall(4000), toWallMs: wall(4081) },
  ]);
  expect(facts.paces).toMatchObject([{ mold: '7', cycles: 39, bestMs: 40_000 }]);
  const live = await keeper.query('production', { ...asked, seenToWallMs: wall(4500) });
  expect(live.watched.at(-1)?.toWallMs).toBe(wall(4500));
  // What was made before the time asked for says which mold was in, and its pace.
  const late = await keeper.query('production', { ...asked, fromWallMs: wall(1000) });
  expect(late.molds[0]).toEqual({ machine: 'dc-03', mold: '7', fromWallMs: wall(0) });
  expect(late.paces[0]?.cycles).toBe(39);
  await expect(
    keeper.query('production', { fromWallMs: wall(0), toWallMs: wall(30 * 86_400) }),
  ).rejects.toMatchObject({ code: 'usage' });
});

test('this run of a mold and the last one, without warm-up', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  const molds = [...Array(30).fill('7'), ...Array(5).fill('8'), ...Array(20).fill('7')] as string[];
  for (const [i, mold] of molds.entries())
    keeper.keep(shotAt(40 * i, i, { mold, suppressed: i === 36 ? 'warm-up' : null }), now(40 * i));
  await keeper.flush();
  const runs = await keeper.query('mold-runs', { machine: 'dc-03' });
  expect(runs).toMatchObject({
    mold: '7',
    now: { shots: 19 },
    before: { shots: 30, toWallMs: wall(40 * 29) },
  });
  expect(runs?.now.values.biscuitThickness).toHaveLength(19);
  expect(await keeper.query('mold-runs', { machine: 'im-05' })).toBeNull();
});

test('stops and reasons are found again after the store went back to an older ppuri', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir);
  first.keeper.keep(stopBody('a-1', 100, null, 200, { kind: 'micro' }), now(200));
  first.keeper.keep(stopBody('a-1', 100, 900, 940), now(940));
  first.keeper.keep(reasonBody('a-1', 'cleaning', 950), now(950));
  await first.keeper.flush();
  const before = await first.keeper.query('stops', {});
  await first.keeper.close();
  const db = new Database(join(dir, 'ppuri.db'));
  migrate(
    db,
    migrations.slice(
      0,
      migrations.findIndex(({ sql }) => sql.includes('stop_reasons')),
    ),
  );
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'stop%'").all()).toEqual([]);
  db.close();
  const again = startKeeper(dir);
  await again.keeper.opened();
  expect(await again.keeper.query('stops', {})).toEqual(before);
});

test('stops go after shots, reasons before labels; their tables go with them', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  keeper.keep(stopBody('a-1', 1, 9, 10), now(10));
  keeper.keep(reasonBody('a-1', 'cleaning', 11), now(11));
  const shot = keeper.keep(shotAt(12, 1), now(12));
  keeper.keep(labelBody(shot), now(13));
  await keeper.flush();
  await keeper.close();
  const db = openDatabase({ path: join(dir, 'ppuri.db'), maxMiB: 16 });
  const evictor = new Evictor(db);
  const order: unknown[] = [];
  for (let step = evictor.step(); step.count > 0; step = evictor.step())
    order.push(db.prepare('SELECT kind FROM records ORDER BY id').pluck().all());
  expect(order.slice(-4)).toEqual([
    ['stop', 'stop-reason', 'label'],
    ['stop-reason', 'label'],
    ['label'],
    [],
  ]);
  for (const table of ['stops', 'stop_reasons'])
    expect(db.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get()).toBe(0);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
});
