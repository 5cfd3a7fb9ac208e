/** Results that cannot be put down where the command line says: told before the work, not after it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './program.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ppuri-unwritable-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test.each([
  ['in a folder that is not there', 'nowhere/out.csv', /cannot be written: ENOENT/],
  ['that is a folder', '.', /cannot be written: it is a folder/],
  ['in a file', 'taken/out.csv', /cannot be written: .*taken is not a folder/],
])('backtest --verdicts %s: usage, before the history is even read', async (_, name, text) => {
  await writeFile(join(dir, 'taken'), '');
  const history = join(dir, 'no-such-history.csv');
  const verdicts = join(dir, name);
  const { code, stderr } = await run([
    'backtest',
    'diecast-defect',
    history,
    '--verdicts',
    verdicts,
    ...['--lang', 'en'],
  ]);
  expect(stderr).toMatch(text);
  expect(stderr).toContain('do: give a file in a folder that is there');
  expect(code).toBe(2);
});
