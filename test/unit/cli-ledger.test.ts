/** `ppuri ledger` and `ppuri backup`, beside a running agent and on its file afterwards. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openReadOnly } from '../../agent/store/database.ts';
import { readRecords } from '../../agent/store/read-records.ts';
import { runQueries } from './cli-support.ts';
import { alertBody, at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

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
