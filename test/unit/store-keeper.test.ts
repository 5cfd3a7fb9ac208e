import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newPageSize, openReadOnly } from '../../agent/store/database.ts';
import { alertBody, at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

test('what was kept is in the file, whole, under its key and in order', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  for (let index = 1; index <= 600; index += 1) keeper.keep(cycleBody(index), at(index));
  expect(keeper.keep(alertBody('a-1'), at(601)).seq).toBe(601);
  await keeper.flush();
  expect(keeper.stats()).toMatchObject({ state: 'ok', kept: 601, pending: 0, dropped: 0 });
  await keeper.close();
  expect(readdirSync(dir).sort()).toEqual([
    'ppuri.ballast',
    'ppuri.db',
    'ppuri.last',
    'ppuri.lock',
  ]);

  const db = openReadOnly(join(dir, 'ppuri.db'));
  const seqs = db.prepare('SELECT seq FROM records ORDER BY id').pluck().all();
  expect(seqs).toEqual(Array.from({ length: 601 }, (_, index) => index + 1));
  expect(db.prepare('SELECT COUNT(*) FROM cycle_data').pluck().get()).toBe(600);
  expect(db.pragma('auto_vacuum', { simple: true })).toBe(2);
  expect(db.pragma('page_size', { simple: true })).toBe(newPageSize);
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  db.close();
});

test('a cycle read back has its features, readings and verdict', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  keeper.keep(
    cycleBody(1, {}, { outcome: 'defect', reason: 'above-threshold', probability: 0.93 }),
    at(1),
  );
  await keeper.flush();
  const page = await keeper.query('cycles', { detail: 'features' });
  expect(page.next).toBeNull();
  expect(page.rows).toHaveLength(1);
  expect(page.rows[0]).toMatchObject({
    machine: 'dc-03',
    shot: 1001,
    outcome: 'defect',
    probability: 0.93,
    clockSynced: true,
    features: { biscuitThickness: { value: 26, quality: 'good' } },
    readings: { biscuitThickness: { value: 26 } },
  });
});

test('an alert is committed at once, with the cycle kept just before it', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir, { commitMs: 600_000 });
  await keeper.opened();
  keeper.keep(cycleBody(1), at(1));
  keeper.keep(alertBody('a-1'), at(2));
  await expect.poll(() => keeper.stats().kept).toBe(2);
  expect(await keeper.query('alerts', {})).toHaveLength(1);
});

test('a record that cannot be stored is refused and counted; the others are kept', async () => {
  const { keeper, events, seen } = startKeeper(temporaryDirectory());
  keeper.keep(cycleBody(1), at(1));
  keeper.keep(cycleBody(2, {}, { detail: 10n as unknown as string }), at(2));
  keeper.keep(cycleBody(3, {}, { detail: (() => 1) as unknown as string }), at(3));
  keeper.keep(cycleBody(4, {}, { detail: 'x'.repeat(1_100_000) }), at(4));
  keeper.keep(cycleBody(5, { machine: null as unknown as string }), at(5));
  keeper.keep(cycleBody(6), at(6));
  await keeper.flush();
  await seen('store-record-refused');
  await expect
    .poll(async () => (await keeper.query('ledger', {})).gaps)
    .toSatisfy((gaps: { count: number }[]) => gaps.reduce((sum, gap) => sum + gap.count, 0) === 4);
  const { rows } = await keeper.query('cycles', { order: 'oldest' });
  expect(rows.map((row) => row.index)).toEqual([1, 6]);
  expect(events.filter((event) => event.kind === 'store-record-refused')).toHaveLength(4);
  expect((await keeper.query('ledger', {})).unexplained).toBe(0);
});

test('two agents never share a store; the second is told, the first goes on', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir);
  await first.keeper.opened();
  const second = startKeeper(dir);
  const stats = await second.keeper.opened();
  expect(stats.state).toBe('down');
  expect(stats.lastError).toMatchObject({ code: 'store-in-use' });
  first.keeper.keep(cycleBody(1), at(1));
  await first.keeper.flush();
  await first.keeper.close();
  // The one that waited takes over by itself.
  second.keeper.keep(cycleBody(1), at(1));
  await second.keeper.flush(20_000);
  expect((await second.keeper.query('ledger', {})).kept).toBe(2);
});

test('a store that cannot be made yet: records wait in memory and are kept once it can', async () => {
  const parent = temporaryDirectory();
  const blocked = join(parent, 'store');
  writeFileSync(blocked, 'a file where the directory should be');
  const { keeper, seen } = startKeeper(blocked);
  keeper.keep(cycleBody(1), at(1));
  const event = await seen('store-down');
  expect(event.level).toBe('error');
  expect(keeper.stats()).toMatchObject({ state: 'down', pending: 1 });
  await expect(keeper.flush(50)).rejects.toMatchObject({ code: 'store-unavailable' });
  rmSync(blocked);
  await keeper.flush(20_000);
  expect(keeper.stats()).toMatchObject({ state: 'ok', kept: 1 });
});

test('when memory runs out the oldest cycles go first, and a gap record says how many', async () => {
  const parent = temporaryDirectory();
  const blocked = join(parent, 'store');
  writeFileSync(blocked, '');
  const { keeper, seen } = startKeeper(blocked, { memoryRecords: 100 });
  await keeper.opened();
  keeper.keep(alertBody('a-1'), at(0));
  for (let index = 1; index <= 250; index += 1) keeper.keep(cycleBody(index), at(index));
  await seen('store-overflow');
  expect(keeper.stats()).toMatchObject({ pending: 100, dropped: 151 });
  rmSync(blocked);
  await keeper.flush(20_000);
  await expect
    .poll(async () => (await keeper.query('ledger', {})).gaps, { timeout: 10_000 })
    .toMatchObject([{ count: 151, reason: 'memory-full' }]);
  const ledger = await keeper.query('ledger', {});
  expect(ledger).toMatchObject({ kept: 101, unexplained: 0 });
  expect(await keeper.query('alerts', {})).toHaveLength(1);
});

test('model pointers remember the one before; states of models outlive the agent', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir);
  const bundle = (version: string) => ({
    machine: 'dc-03',
    name: 'diecast-defect',
    version,
    path: `/models/${version}`,
    hash: version.repeat(4),
  });
  await first.keeper.query('set-pointer', bundle('1.0.0'));
  await first.keeper.query('set-pointer', bundle('2.0.0'));
  await first.keeper.query('set-pointer', bundle('2.0.0'));
  await first.keeper.query('set-model-state', { hash: 'h', state: { incidents: 2 } });
  await first.keeper.close();
  const second = startKeeper(dir);
  await second.keeper.opened();
  const models = await second.keeper.query('models', {});
  expect(models.pointers).toMatchObject([
    { machine: 'dc-03', version: '2.0.0', previous: { version: '1.0.0' } },
  ]);
  expect(models.states).toMatchObject([{ hash: 'h', state: { incidents: 2 } }]);
});

test('closing twice is closing once, and keeping afterwards is only counted', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  await keeper.opened();
  await Promise.all([keeper.close(), keeper.close()]);
  expect(keeper.keep(cycleBody(1), at(1)).seq).toBe(1);
  expect(keeper.stats()).toMatchObject({ pending: 0, dropped: 1, pid: null });
  await expect(keeper.query('ledger', {})).rejects.toMatchObject({ code: 'store-unavailable' });
});
