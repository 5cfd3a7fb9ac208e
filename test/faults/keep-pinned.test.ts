/** A reader elsewhere that never ends its transaction: the log cannot be put back while it lasts. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openReadOnly } from '../../agent/store/database.ts';
import { runQueries } from '../unit/cli-support.ts';
import {
  alertBody,
  at,
  cycleBody,
  startKeeper,
  temporaryDirectory,
} from '../unit/store-support.ts';

const mib = 1024 * 1024;

test('a reader that pins the log is told of, bounds it, costs nothing that was kept, and a backup works', async () => {
  const dir = temporaryDirectory();
  const { keeper, events, seen } = startKeeper(dir);
  const walBytes = (): number => statSync(join(dir, 'ppuri.db-wal')).size;
  keeper.keep(cycleBody(1), at(1));
  await keeper.flush();
  const reader = openReadOnly(join(dir, 'ppuri.db'));
  reader.exec('BEGIN');
  expect(reader.prepare('SELECT COUNT(*) FROM records').pluck().get()).toBe(1);

  const isFull = (): boolean => events.some(({ kind }) => kind === 'store-full');
  let index = 1;
  while (!isFull()) {
    index += 1;
    const detail = randomBytes(400_000).toString('hex');
    keeper.keep(cycleBody(index, {}, { detail }), at(index));
    await keeper.flush(500).catch(() => undefined);
    expect(walBytes()).toBeLessThan(72 * mib);
  }
  expect((await seen('store-full')).text).toContain('another program reads the store without end');
  expect((await seen('store-log-pinned')).level).toBe('warn');
  keeper.keep(alertBody('a-1'), at(index + 1));
  await expect.poll(() => keeper.query('alerts', {}), { timeout: 20_000 }).toHaveLength(1);
  const { kept } = keeper.stats();
  const target = join(temporaryDirectory(), 'copy.db');
  const backup = await runQueries(['backup', target, '--store', dir, '--json']);
  expect(JSON.parse(backup.stdout)).toMatchObject({ records: kept });
  expect((await keeper.query('ledger', {})).gaps).toEqual([]);

  expect(reader.prepare('SELECT COUNT(*) FROM records').pluck().get()).toBe(1);
  reader.exec('COMMIT');
  reader.close();
  await keeper.flush(30_000);
  await expect
    .poll(() => keeper.stats(), { timeout: 20_000 })
    .toMatchObject({ state: 'ok', kept: index + 1, restarts: 0 });
  await expect.poll(walBytes, { timeout: 20_000 }).toBeLessThanOrEqual(8 * mib);
}, 90_000);
