/** SIGKILL at any moment: what was acknowledged is there, once, in order. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openReadOnly } from '../../agent/store/database.ts';
import { migrate, migrations } from '../../agent/store/migrations.ts';
import {
  alertBody,
  at,
  cycleBody,
  seeded,
  startKeeper,
  temporaryDirectory,
} from '../unit/store-support.ts';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
/** A few here; a night's worth with KILLS=10000. */
const kills = Number(process.env.KILLS ?? 12);

function killKeep(pid: number | null): void {
  try {
    if (pid !== null) process.kill(pid, 'SIGKILL');
  } catch (thrown) {
    // It went by itself between the question and the kill.
    if (!(thrown instanceof Error) || !('code' in thrown) || thrown.code !== 'ESRCH') throw thrown;
  }
}

function soundRows(dir: string): { seq: number; shot: number | null }[] {
  const db = openReadOnly(join(dir, 'ppuri.db'));
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('foreign_key_check')).toEqual([]);
    return db
      .prepare<[], { seq: number; shot: number | null }>(
        'SELECT r.seq, c.shot FROM records r LEFT JOIN cycles c ON c.id = r.id ORDER BY r.id',
      )
      .all();
  } finally {
    db.close();
  }
}

test(
  `the keep child killed again and again: nothing lost, nothing twice (SEED=${seed})`,
  async () => {
    const random = seeded(seed);
    const dir = temporaryDirectory();
    const { keeper } = startKeeper(dir, { memoryRecords: 20_000 });
    let index = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const burst = Math.floor(random() * 40);
      for (let n = 0; n < burst; n += 1) {
        index += 1;
        const body = random() < 0.05 ? alertBody(`a-${index}`) : cycleBody(index);
        keeper.keep(body, at(index));
      }
      // The one killed before must have been replaced, or this kill would hit nobody.
      await expect
        .poll(() => keeper.stats(), { timeout: 20_000 })
        .toSatisfy(({ pid, restarts }) => pid !== null && restarts === kill);
      // Mostly while it works, sometimes while it opens (which is answered with a longer wait).
      if (random() < 0.8)
        await expect.poll(() => keeper.stats().state, { timeout: 20_000 }).toBe('ok');
      await pause(random() * 50);
      killKeep(keeper.stats().pid);
    }
    await expect.poll(() => keeper.stats().restarts, { timeout: 20_000 }).toBe(kills);
    await keeper.flush(30_000);
    expect(keeper.stats()).toMatchObject({ kept: index, pending: 0, dropped: 0 });
    await keeper.close();
    expect(soundRows(dir).map((row) => row.seq)).toEqual(
      Array.from({ length: index }, (_, n) => n + 1),
    );
  },
  60_000 + kills * 10_000,
);

/** An agent that keeps cycles as fast as it can and prints the seq known to be committed. */
const agentProgram = `
  import { createKeeper } from './agent/store/keeper.ts';
  import { forkRole } from './agent/role.ts';
  import { cycleBody, at } from './test/unit/store-bodies.ts';
  const [path, id] = process.argv.slice(-2);
  const quiet = () => undefined;
  const keeper = createKeeper({
    fork: forkRole, path, boot: { id, startedWallMs: 1, clockSynced: false }, commitMs: 5,
    log: { info: quiet, warn: quiet, error: quiet }, onEvent: quiet,
  });
  for (let index = 1; ; index += 1) {
    keeper.keep(cycleBody(index), at(index));
    if (index % 7 === 0) {
      await keeper.flush();
      process.stdout.write(index + '\\n');
    }
  }`;

async function acknowledgedUntilKilled(child: ChildProcess, lifeMs: number): Promise<number> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const closed = once(child, 'close');
  if (child.stdout !== null) await once(child.stdout, 'data');
  await pause(lifeMs);
  child.kill('SIGKILL');
  await closed;
  return Number(text.trimEnd().split('\n').at(-1));
}

test(`the whole agent killed: every acknowledged record survives (SEED=${seed})`, async () => {
  const random = seeded(seed + 1);
  const dir = temporaryDirectory();
  const expected: [string, number][] = [];
  for (let life = 0; life < 8; life += 1) {
    const boot = `life-${life}`;
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', agentProgram, '--', dir, boot],
      { stdio: ['ignore', 'pipe', 'inherit'], cwd: process.cwd() },
    );
    expected.push([boot, await acknowledgedUntilKilled(child, random() * 100)]);
  }
  // The orphaned keep child commits what it has and lets go: a new agent gets the store.
  const { keeper } = startKeeper(dir);
  expect((await keeper.opened(20_000)).state).toBe('ok');
  for (const [boot, acknowledged] of expected) {
    const account = await keeper.query('accounting', { boot });
    expect(account.kept).toBeGreaterThanOrEqual(acknowledged);
    expect(account).toMatchObject({ repeated: 0, missing: 0, outOfOrder: 0 });
  }
  await keeper.close();
  soundRows(dir);
});

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
