/** Damaged files: the agent always starts, the damage is set aside and said, records go on. */
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openDatabase, openReadOnly } from '../../agent/store/database.ts';
import { checkFile } from '../../agent/store/recovery.ts';
import { at, cycleBody, seeded, startKeeper, temporaryDirectory } from '../unit/store-support.ts';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

async function filledStore(dir: string, cycles: number): Promise<string> {
  const { keeper } = startKeeper(dir);
  for (let index = 1; index <= cycles; index += 1) keeper.keep(cycleBody(index), at(index));
  await keeper.flush();
  await keeper.close();
  return join(dir, 'ppuri.db');
}

test('a file that is no database is set aside whole, and a fresh store is begun', async () => {
  const dir = temporaryDirectory();
  const text = 'this is not a database, but somebody may want it back\n'.repeat(200);
  writeFileSync(join(dir, 'ppuri.db'), text);
  const { keeper, seen } = startKeeper(dir);
  keeper.keep(cycleBody(1), at(1));
  await keeper.flush();
  const event = await seen('store-set-aside');
  expect(event.text).toContain('ppuri.db.corrupt-1');
  expect(readFileSync(join(dir, 'ppuri.db.corrupt-1'), 'utf8')).toBe(text);
  expect((await keeper.query('ledger', {})).kept).toBe(1);
});

test(`random damage to database and WAL: it starts, keeps, and the file is sound (SEED=${seed})`, async () => {
  const random = seeded(seed);
  const source = await filledStore(temporaryDirectory(), 300);
  const bytes = readFileSync(source);
  for (let round = 0; round < 12; round += 1) {
    const dir = temporaryDirectory();
    const path = join(dir, 'ppuri.db');
    const damaged = Buffer.from(bytes);
    const flips = 1 + Math.floor(random() * 400);
    for (let flip = 0; flip < flips; flip += 1)
      damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
    writeFileSync(path, damaged);
    if (random() < 0.3) truncateSync(path, Math.floor(random() * damaged.length));
    if (random() < 0.5) writeFileSync(`${path}-wal`, damaged.subarray(0, 9000));
    const { keeper } = startKeeper(dir);
    for (let index = 1; index <= 20; index += 1) keeper.keep(cycleBody(index), at(index));
    await keeper.flush(20_000);
    expect(keeper.stats()).toMatchObject({ state: 'ok', pending: 0, dropped: 0 });
    await keeper.close();
    const db = openReadOnly(path);
    const mine = db.prepare(
      'SELECT COUNT(*) FROM records r JOIN boots b ON b.ordinal = r.id >> 40',
    );
    expect(Number(mine.pluck().get())).toBeGreaterThanOrEqual(20);
    db.close();
  }
});

test('damage met while running: set aside, what was in it is counted as a gap, records go on', async () => {
  const dir = temporaryDirectory();
  const path = await filledStore(dir, 50);
  const { keeper, seen } = startKeeper(dir);
  for (let index = 1; index <= 30; index += 1) keeper.keep(cycleBody(index), at(index));
  await keeper.flush();
  // The WAL goes into the database, then the database is overwritten under the running agent.
  const side = new Database(path);
  side.pragma('wal_checkpoint(TRUNCATE)');
  side.close();
  writeFileSync(path, Buffer.alloc(200_000, 0x5a));
  keeper.keep(cycleBody(31), at(31));
  await seen('store-set-aside');
  await keeper.flush(20_000);
  await expect
    .poll(async () => (await keeper.query('ledger', {})).gaps, { timeout: 10_000 })
    // Of this start, and of the one before it.
    .toMatchObject([
      { count: 30, reason: 'store-damaged' },
      { count: 50, reason: 'store-damaged' },
    ]);
  expect(existsSync(`${path}.corrupt-1`)).toBe(true);
});

test('a large file is checked in a process of its own, within its time', async () => {
  const dir = temporaryDirectory();
  const path = await filledStore(dir, 200);
  process.argv[1] = join(process.cwd(), 'agent/main.ts');
  expect(await checkFile(path, { boxMs: 20_000, smallBytes: 0 })).toBe('sound');
  expect(await checkFile(path, { boxMs: 0, smallBytes: 0 })).toBe('unfinished');
  writeFileSync(path, Buffer.alloc(50_000, 0x5a));
  expect(await checkFile(path, { boxMs: 20_000, smallBytes: 0 })).toBe('damaged');
  expect(await checkFile(join(dir, 'absent.db'), { boxMs: 0, smallBytes: 0 })).toBe('sound');
});

test('a store of a newer ppuri is left untouched, and says so', async () => {
  const dir = temporaryDirectory();
  const path = await filledStore(dir, 3);
  const db = new Database(path);
  db.pragma('user_version = 999');
  db.close();
  const before = readFileSync(path);
  const { keeper } = startKeeper(dir);
  const stats = await keeper.opened();
  expect(stats.lastError).toMatchObject({ code: 'store-newer' });
  expect(() => openReadOnly(path)).toThrow(/layout 999/);
  await keeper.close();
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(readdirSync(dir).filter((name) => name.includes('corrupt'))).toEqual([]);
});

test("another program's database is refused, not written to", () => {
  const path = join(temporaryDirectory(), 'ppuri.db');
  const db = new Database(path);
  db.exec('CREATE TABLE theirs (x); PRAGMA user_version = 1');
  db.close();
  expect(() => openDatabase({ path, maxMiB: 16 })).toThrow(/belongs to another program/);
});
