/** A store that a newer ppuri has used, given back to this one: the way lies in the store. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openDatabase, openReadOnly } from '../../agent/store/database.ts';
import { type Migration, migrate, migrations } from '../../agent/store/migrations.ts';
import { alertBody, at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

/** Layouts up to here were made before the first release: nobody goes back to what was before them. */
const firstReleased = 9;

const newer: readonly Migration[] = [
  ...migrations,
  {
    title: 'the furnace of a shot',
    sql: 'ALTER TABLE cycles ADD COLUMN furnace TEXT',
    back: 'ALTER TABLE cycles DROP COLUMN furnace',
  },
  {
    title: 'notes',
    sql: 'CREATE TABLE notes (note TEXT) STRICT; CREATE INDEX notes_by_note ON notes (note)',
    back: 'DROP TABLE notes',
  },
];

async function filled(): Promise<string> {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  for (let n = 1; n <= 20; n += 1)
    keeper.keep(n % 5 === 0 ? alertBody(`a-${n}`) : cycleBody(n), at(n));
  await keeper.flush(10_000);
  await keeper.close();
  return join(dir, 'ppuri.db');
}

const schemaOf = (db: Database.Database): unknown[] =>
  db
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all();

/** All rows of all tables but `meta`, where a store notes when it was opened. */
function rowsOf(db: Database.Database): Map<string, unknown[]> {
  const tables = db
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'meta'",
    )
    .pluck()
    .all();
  return new Map(tables.map((name) => [String(name), db.prepare(`SELECT * FROM ${name}`).all()]));
}

test('each newer layout is gone back from, and nothing of the rest has changed', async () => {
  const path = await filled();
  for (const last of [migrations.length + 1, newer.length]) {
    const db = new Database(path);
    const [schema, rows] = [schemaOf(db), rowsOf(db)];
    migrate(db, newer.slice(0, last));
    expect(schemaOf(db)).not.toEqual(schema);
    migrate(db);
    expect([schemaOf(db), rowsOf(db)]).toEqual([schema, rows]);
    expect(db.pragma('quick_check', { simple: true })).toBe('ok');
    db.close();
  }
});

test('what was kept in the newer layout is there in the old one, and in the new one again', async () => {
  const path = await filled();
  const db = new Database(path);
  migrate(db, newer);
  const { length } = db.prepare('SELECT id FROM cycles').all();
  db.exec("UPDATE cycles SET furnace = 'F2'; INSERT INTO notes VALUES ('x')");
  db.prepare(
    `INSERT INTO records (id, kind, machine, wall_ms, mono_ms, clock_synced, body)
     SELECT max(id) + 1, 'weather', NULL, 1, 1, 1, '{"kind":"weather"}' FROM records`,
  ).run();
  db.close();
  const old = openDatabase({ path, maxMiB: 64 });
  expect(old.prepare('SELECT count(*) FROM cycles').pluck().get()).toBe(length);
  // A kind of record that this one does not know is kept all the same.
  expect(old.prepare("SELECT count(*) FROM records WHERE kind = 'weather'").pluck().get()).toBe(1);
  migrate(old, newer);
  expect(old.prepare('SELECT count(*) FROM cycles').pluck().get()).toBe(length);
  old.close();
});

test('one that only reads leaves the newer layout alone, and says what it is', async () => {
  const path = await filled();
  const db = new Database(path);
  migrate(db, newer);
  db.close();
  const before = readFileSync(path);
  expect(() => openReadOnly(path)).toThrow(expect.objectContaining({ code: 'store-newer' }));
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('without a way back nothing is touched', async () => {
  const path = await filled();
  const db = new Database(path);
  migrate(db, [...newer, { title: 'no way back', sql: 'CREATE TABLE more (n INTEGER) STRICT' }]);
  db.close();
  expect(() => openDatabase({ path, maxMiB: 64 })).toThrow(
    expect.objectContaining({ code: 'store-newer' }),
  );
  const after = new Database(path);
  expect(after.pragma('user_version', { simple: true })).toBe(newer.length + 1);
  after.close();
});

test('every layout since the first release tells its way back', () => {
  const mute = migrations.slice(firstReleased).filter(({ back }) => back === undefined);
  expect(mute.map(({ title }) => title)).toEqual([]);
});
