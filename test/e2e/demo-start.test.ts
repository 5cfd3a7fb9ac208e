/** Ctrl-C before a demo is ready, and folders that it cannot use. */
import { existsSync, readdirSync, watch } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { groupMembers, run, start } from './program.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ppuri-start-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Settles when `there` holds; looks again at every change in `folder`. */
function whenThere(folder: string, there: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => look());
    const look = (): void => {
      if (!there()) return;
      watcher.close();
      resolve();
    };
    look();
  });
}

/** Of the demo; ONNX Runtime has files of its own there. */
const folders = (): string[] => readdirSync(dir).filter((name) => name.startsWith('ppuri-demo-'));
const folderOf = (): string => join(dir, folders()[0] ?? '');
const isMade = (): boolean => folders().length > 0;

describe('Ctrl-C while a demo starts', () => {
  test.each([
    ['its folder is made', async () => whenThere(dir, isMade)],
    [
      'its simulators run',
      async () => {
        await whenThere(dir, isMade);
        await whenThere(folderOf(), () => existsSync(join(folderOf(), 'ppuri.yaml')));
      },
    ],
    [
      'its store is made',
      async () => {
        await whenThere(dir, isMade);
        await whenThere(folderOf(), () => existsSync(join(folderOf(), 'store')));
      },
    ],
  ])('once %s: a summary, exit 0, no process and no file left', async (_, reached) => {
    const demo = start(['demo', '--json'], dir, 'pipe', { TMPDIR: dir, HOME: tmpdir() });
    await reached();
    const group = demo.process.pid ?? 0;
    process.kill(-group, 'SIGINT');
    const { code, stdout, stderr } = await demo.finished;
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ unaccounted: 0, repeated: 0 });
    expect(code).toBe(0);
    expect(groupMembers(group)).toEqual([]);
    expect(folders()).toEqual([]);
  });

  test('from the terminal and passed on by npm is one: a summary, exit 0', async () => {
    const demo = start(['demo', '--json'], dir, 'pipe', { TMPDIR: dir, HOME: tmpdir() });
    await whenThere(dir, isMade);
    demo.process.kill('SIGINT');
    await new Promise((next) => setTimeout(next, 50));
    demo.process.kill('SIGINT');
    const { code, stdout } = await demo.finished;
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toHaveProperty('unaccounted', 0);
    expect(folders()).toEqual([]);
  });

  test('twice: exit 130 at once, and no file left', async () => {
    const demo = start(['demo', '--json'], dir, 'pipe', { TMPDIR: dir, HOME: tmpdir() });
    await whenThere(dir, isMade);
    demo.process.kill('SIGINT');
    demo.process.kill('SIGTERM');
    expect((await demo.finished).code).toBe(130);
    expect(folders()).toEqual([]);
  });
});

test.each([
  ['a file', 'taken.csv'],
  ['a folder in a file', 'taken.csv/demo'],
])('demo --store on %s says what is wrong with it', async (_, name) => {
  await writeFile(join(dir, 'taken.csv'), 'shot\n');
  const { code, stderr } = await run(['demo', '--store', join(dir, name), '--for', '1s'], dir);
  expect(stderr).toMatch(/the folder cannot be used: .*\n[\s\S]*do: name a folder/);
  expect(code).toBe(2);
});
