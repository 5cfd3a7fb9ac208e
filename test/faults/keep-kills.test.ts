/** SIGKILL while the layout changes; store-kill-campaign.ts has the kills of a store at work. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrate, migrations } from '../../agent/store/migrations.ts';
import { seeded, temporaryDirectory } from '../unit/store-support.ts';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Migrates with steps slow enough to be hit, then ends. */
const migratingProgram = `
  import Database from 'better-sqlite3';
  import { migrate, migrations } from './agent/store/migrations.ts';
  const db = new Database(process.argv.at(-1));
  db.pragma('journal_mode = WAL');
  const fill = (name) => 'CREATE TABLE ' + name + ' (n INTEGER) STRICT; INSERT INTO ' + name +
    ' WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 60000) SELECT n FROM c;';
  process.stdout.write('begin');
  migrate(db, [...migrations, { title: 'b', sql: fill('b') }, { title: 'c', sql: fill('c') }]);`;

test(`killed while it migrates, the file has the old layout or the new one (SEED=${seed})`, async () => {
  const random = seeded(seed + 2);
  const versions = new Set<number>();
  for (let round = 0; round < 12; round += 1) {
    const path = join(temporaryDirectory(), 'ppuri.db');
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', migratingProgram, '--', path],
      { stdio: ['ignore', 'pipe', 'inherit'], cwd: process.cwd() },
    );
    const closed = once(child, 'close');
    if (child.stdout !== null) await once(child.stdout, 'data');
    await pause(random() * 90);
    child.kill('SIGKILL');
    await closed;
    const db = new Database(path);
    const version = Number(db.pragma('user_version', { simple: true }));
    versions.add(version);
    const tables = db
      .prepare(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('records','b','c')`,
      )
      .pluck()
      .all();
    expect(tables.sort()).toEqual(layout(version).sort());
    for (const table of tables.filter((name) => name !== 'records'))
      expect(db.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get()).toBe(60_000);
    expect(db.pragma('quick_check', { simple: true })).toBe('ok');
    if (version <= migrations.length) migrate(db);
    db.close();
  }
  expect(versions.size).toBeGreaterThan(0);
});

const layout = (version: number): string[] => [
  ...(version > 0 ? ['records'] : []),
  ...['b', 'c'].slice(0, Math.max(0, version - migrations.length)),
];

/** Goes back two layouts, each slow enough to be hit. */
const returningProgram = `
  import Database from 'better-sqlite3';
  import { migrate, migrations } from './agent/store/migrations.ts';
  const db = new Database(process.argv.at(-1));
  const fill = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 60000) SELECT n FROM c;';
  const step = (name) => ({ title: name, sql: 'CREATE TABLE ' + name + ' (n INTEGER) STRICT; INSERT INTO ' + name + ' ' + fill,
    back: 'CREATE TABLE was_' + name + ' AS SELECT * FROM ' + name + ' ORDER BY -n; DROP TABLE ' + name + '; DROP TABLE was_' + name });
  migrate(db, [...migrations, step('b'), step('c')]);
  process.stdout.write('begin');
  migrate(db);`;

test(`killed while it goes back, the file has one layout or the other (SEED=${seed})`, async () => {
  const random = seeded(seed + 3);
  for (let round = 0; round < 8; round += 1) {
    const path = join(temporaryDirectory(), 'ppuri.db');
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', returningProgram, '--', path],
      { stdio: ['ignore', 'pipe', 'inherit'], cwd: process.cwd() },
    );
    const closed = once(child, 'close');
    if (child.stdout !== null) await once(child.stdout, 'data');
    await pause(random() * 60);
    child.kill('SIGKILL');
    await closed;
    const db = new Database(path);
    const tables = (): unknown[] =>
      db
        .prepare(
          `SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('records','b','c','was_b','was_c')`,
        )
        .pluck()
        .all()
        .sort();
    expect(tables()).toEqual(layout(Number(db.pragma('user_version', { simple: true }))).sort());
    expect(db.pragma('quick_check', { simple: true })).toBe('ok');
    migrate(db);
    expect([tables(), db.pragma('user_version', { simple: true })]).toEqual([
      ['records'],
      migrations.length,
    ]);
    db.close();
  }
});
