/** `ppuri ledger` and `ppuri backup`, beside a running agent and on its file afterwards. */
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openReadOnly } from '../../agent/store/database.ts';
import { readRecords } from '../../agent/store/read-records.ts';
import { runQueries } from './cli-support.ts';
import {
  alertBody,
  at,
  cycleBody,
  makeBoot,
  startKeeper,
  temporaryDirectory,
} from './store-support.ts';

async function running() {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  for (let index = 1; index <= 40; index += 1) keeper.keep(cycleBody(index), at(index));
  keeper.keep(cycleBody(41, { machine: null as unknown as string }), at(41));
  keeper.keep(alertBody('a-1'), at(42));
  await keeper.flush();
  await expect.poll(async () => (await keeper.query('ledger', {})).gaps).toHaveLength(1);
  return { dir, keeper };
}

test('the ledger is the same from the agent and from its file', async () => {
  const { dir, keeper } = await running();
  const live = await runQueries(['ledger', '--store', dir, '--json']);
  await keeper.close();
  const file = await runQueries(['ledger', '--store', dir, '--json']);
  const expected = {
    kept: 42,
    delivered: {},
    pending: {},
    gaps: [{ from: 41, to: 41, count: 1, reason: 'refused', part: 'record', delivered: false }],
    unexplained: 0,
  };
  expect(JSON.parse(live.stdout)).toMatchObject({ live: true, ...expected });
  expect(JSON.parse(file.stdout)).toMatchObject({ live: false, ...expected });
  const korean = await runQueries(['ledger', '--store', dir, '--lang', 'ko']);
  expect(korean).toMatchObject({ code: 0, stderr: '' });
  expect(korean.stdout).toMatch(/^저장된 기록 42건\n[\s\S]*저장할 수 없는 기록/);
  const english = await runQueries(['ledger', '--store', dir, '--lang', 'en']);
  expect(english.stdout).toMatch(/^42 records kept\n[\s\S]*cannot be stored/);
});

test('a backup beside a running agent is whole, checked and private, and overwrites nothing', async () => {
  const { dir, keeper } = await running();
  const target = join(temporaryDirectory(), 'copy.db');
  const done = await runQueries(['backup', target, '--store', dir, '--json']);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(done.stdout)).toMatchObject({ file: target, records: 42 });
  expect(statSync(target).mode & 0o777).toBe(0o640);
  keeper.keep(cycleBody(50), at(50));
  await keeper.flush();
  const all = { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: 100 };
  const copy = openReadOnly(target);
  const original = openReadOnly(join(dir, 'ppuri.db'));
  expect(readRecords(copy, all)).toEqual(readRecords(original, all).slice(0, 42));
  copy.close();
  original.close();
  const again = await runQueries(['backup', target, '--store', dir, '--json']);
  expect(again.code).toBe(2);
  expect(JSON.parse(again.stdout).error).toMatchObject({ code: 'usage' });
});

test('a backup that cannot be made leaves nothing behind', async () => {
  const { dir } = await running();
  const place = temporaryDirectory();
  const nowhere = await runQueries([
    'backup',
    join(place, 'no', 'copy.db'),
    '--store',
    dir,
    '--json',
  ]);
  expect(nowhere.code).toBe(5);
  writeFileSync(join(place, 'taken'), 'mine');
  expect((await runQueries(['backup', join(place, 'taken'), '--store', dir])).code).toBe(2);
  expect(readFileSync(join(place, 'taken'), 'utf8')).toBe('mine');
  expect(readdirSync(place)).toEqual(['taken']);
});

test('an older backup put back: the ledger tells what later records of which starts are gone', async () => {
  const dir = temporaryDirectory();
  const named = (id: string) => ({ boot: { ...makeBoot(), id } });
  const keep = async (id: string, from: number, to: number, between?: () => Promise<void>) => {
    const { keeper } = startKeeper(dir, named(id));
    for (let index = from; index <= to; index += 1) {
      keeper.keep(cycleBody(index), at(index));
      if (index === from + 9) {
        await keeper.flush();
        await between?.();
      }
    }
    await keeper.flush();
    await keeper.close();
  };
  const copy = join(temporaryDirectory(), 'copy.db');
  await keep('first', 1, 10);
  await keep('second', 1, 30, async () => {
    expect((await runQueries(['backup', copy, '--store', dir])).code).toBe(0);
  });
  await keep('third', 1, 25);
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(dir, `ppuri.db${suffix}`), { force: true });
  copyFileSync(copy, join(dir, 'ppuri.db'));
  const { keeper, seen } = startKeeper(dir);
  expect(await seen('store-set-back')).toMatchObject({ level: 'error' });
  const gaps = [
    { boot: 'second', from: 11, to: 30, count: 20, reason: 'set-back', part: 'record' },
    { boot: 'third', from: 1, to: 25, count: 25, reason: 'set-back', part: 'record' },
  ];
  const told = async () =>
    (await keeper.query('ledger', {})).gaps.toSorted((a, b) => a.boot.localeCompare(b.boot));
  expect(await told()).toMatchObject(gaps);
  expect(await told()).toHaveLength(2);
  await keeper.close();
  // Told once: what follows is sound.
  await keep('later', 1, 3);
  const { stdout } = await runQueries(['ledger', '--store', dir, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ kept: 23, unexplained: 0 });
  expect(JSON.parse(stdout).gaps).toHaveLength(2);
  const korean = await runQueries(['ledger', '--store', dir, '--lang', 'ko']);
  expect(korean.stdout).toMatch(/11~30 +20 +기록 +백업 복원 등으로/);
});

test('records in a damaged file that was set aside are told as such, and not as set back', async () => {
  const dir = temporaryDirectory();
  const first = startKeeper(dir, { boot: { ...makeBoot(), id: 'first' } });
  for (let index = 1; index <= 10; index += 1) first.keeper.keep(cycleBody(index), at(index));
  await first.keeper.flush();
  await first.keeper.close();
  writeFileSync(join(dir, 'ppuri.db'), Buffer.alloc(50_000, 0x5a));
  const { keeper } = startKeeper(dir);
  await keeper.opened();
  expect((await keeper.query('ledger', {})).gaps).toMatchObject([
    { boot: 'first', from: 1, to: 10, count: 10, reason: 'store-damaged', part: 'record' },
  ]);
});
