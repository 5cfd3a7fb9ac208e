/** Commands that read a store which is empty or damaged, and those whose output cannot be written. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { newPageSize as pageSize } from '../../agent/store/database.ts';
import { queriesProgram, runQueries } from './cli-support.ts';
import { at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

const commands = ['cycles', 'alerts', 'status'];

async function filled(cycles: number): Promise<{ dir: string; file: string }> {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  for (let index = 1; index <= cycles; index += 1) keeper.keep(cycleBody(index), at(index));
  await keeper.flush();
  await keeper.close();
  return { dir, file: join(dir, 'ppuri.db') };
}

async function errorsOf(dir: string): Promise<unknown[]> {
  const errors = [];
  for (const command of commands) {
    const { code, stdout } = await runQueries([command, '--store', dir, '--json']);
    expect(code).toBe(5);
    errors.push(JSON.parse(stdout).error);
  }
  return errors;
}

test('a file of no bytes, as a power cut leaves it, is an empty store to every reader', async () => {
  const dir = temporaryDirectory();
  writeFileSync(join(dir, 'ppuri.db'), '');
  const empty = {
    code: 'store-unavailable',
    message: expect.stringContaining('the store is empty'),
    hint: expect.stringContaining('`ppuri run` begins it'),
  };
  expect(await errorsOf(dir)).toEqual(commands.map(() => expect.objectContaining(empty)));
  expect(readFileSync(join(dir, 'ppuri.db'), 'utf8')).toBe('');
  const { keeper } = startKeeper(dir);
  keeper.keep(cycleBody(1), at(1));
  await keeper.flush();
  expect((await runQueries(['cycles', '--store', dir])).code).toBe(0);
});

test('a database of another program is not taken for an empty store', async () => {
  const dir = temporaryDirectory();
  const db = new Database(join(dir, 'ppuri.db'));
  db.exec('CREATE TABLE theirs (a)');
  db.close();
  const foreign = { message: 'this file belongs to another program' };
  expect(await errorsOf(dir)).toEqual(commands.map(() => expect.objectContaining(foreign)));
});

test('a reader of a damaged store is told that nothing was changed, and what will be', async () => {
  const { dir, file } = await filled(1);
  writeFileSync(file, 'not a database '.repeat(1000));
  const damaged = {
    code: 'store-corrupt',
    hint: expect.stringMatching(/nothing was changed.*next start of `ppuri run`/),
  };
  expect(await errorsOf(dir)).toEqual(commands.map(() => expect.objectContaining(damaged)));
});

test('damage that only a question meets is the store’s, not a fault in ppuri', async () => {
  const { dir, file } = await filled(300);
  truncateSync(file, 4 * pageSize);
  const damaged = { code: 'store-corrupt', hint: expect.stringContaining('nothing was changed') };
  expect(await errorsOf(dir)).toEqual(commands.map(() => expect.objectContaining(damaged)));
});

test.each([
  ['cycles', ['--limit', 'all', '--csv']],
  ['cycles', []],
  ['alerts', ['--all', '--csv']],
])('%s %j to a full disk: one error, no stack, exit 1', async (command, args) => {
  const { dir } = await filled(1);
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [queriesProgram, command, '--store', dir, ...args], {
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  expect(stderr).toMatch(/^error: the output cannot be written: .*ENOSPC.*\n$/);
  expect(code).toBe(1);
});
