import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { run } from './program.ts';

describe('a demo that cannot be what was asked for', () => {
  let log = '';
  let store = '';

  beforeAll(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'ppuri-refusals-'));
    log = join(dir, 'log.csv');
    store = join(dir, 'store');
    await writeFile(log, 'molten_temp,cast_pressure\n700,320\n701,321\n');
  });

  test.each([
    ['a missing folder', './no-such-folder', 'cannot read the bundle'],
    ['an unknown name', 'no-such-model', 'there is no model "no-such-model"'],
    ['a model for another profile', 'injection-defect', 'needs features that profile'],
  ])('ends with %s before anything starts, exit 6', async (_, model, words) => {
    const ended = await run(['demo', '--replay', log, '--model', model, '--store', store]);
    expect(ended.stderr).toContain(words);
    expect(ended.stdout).toBe('');
    expect(ended.code).toBe(6);
    expect(await readdir(store)).toEqual([]);
  });

  test('ends with an unknown profile, exit 3', async () => {
    const ended = await run(['demo', '--replay', log, '--profile', 'no-such']);
    expect(ended.stderr).toContain('there is no profile "no-such"');
    expect(ended.code).toBe(3);
  });

  test.each([
    [['--profile', 'injection-molding'], '--profile goes with --replay'],
    [['--column', 'cushion=C1'], '--column goes with --replay'],
    [['--model', 'diecast-defect'], '--model goes with --replay'],
    [['--replay', 'log.csv', '--scenario', 'steady'], '--scenario does not go with --replay'],
    [['--replay', 'log.csv', '--seed', '3'], '--seed does not go with --replay'],
  ])('refuses %s, which would change nothing', async (args, words) => {
    const ended = await run(['demo', ...args]);
    expect(ended.stderr).toContain(words);
    expect(ended.stdout).toBe('');
    expect(ended.code).toBe(2);
  });
});
