/** A disk that is full or read-only, for real: small file systems in memory, mounted by root. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { alertBody, at, cycleBody, startKeeper } from '../unit/store-support.ts';

function run(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The directory of a fresh file system of `size`, or null where this user may not mount one. */
function mounted(size: string): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-disk-'));
  if (run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir)) return dir;
  rmSync(dir, { recursive: true });
  return null;
}

function unmount(dir: string): void {
  run('umount', '-l', dir);
  rmSync(dir, { recursive: true, force: true });
}

const probe = mounted('64k');
const mayMount = probe !== null;
if (probe !== null) unmount(probe);

function disk(size: string): string {
  const dir = mounted(size);
  if (dir === null) throw new Error('this user may mount no more');
  onTestFinished(() => unmount(dir));
  return dir;
}

test.skipIf(!mayMount)(
  'a full disk (needs root to mount one): alerts are kept at once, old parts make room, all is counted',
  async () => {
    const dir = disk('8m');
    const path = join(dir, 'store');
    const { keeper } = startKeeper(path);
    const note = 'x'.repeat(300);
    for (let index = 1; index <= 1000; index += 1)
      keeper.keep(cycleBody(index, {}, { detail: `${note}${index}` }), at(index));
    await keeper.flush();
    const filler = join(dir, 'filler');
    expect(run('dd', 'if=/dev/zero', `of=${filler}`, 'bs=4k')).toBe(false);
    for (let index = 1001; index <= 6000; index += 1)
      keeper.keep(cycleBody(index, {}, { detail: `${note}${index}` }), at(index));
    keeper.keep(alertBody('a-1'), at(6001));
    await expect.poll(() => keeper.query('alerts', {}), { timeout: 20_000 }).toHaveLength(1);
    rmSync(filler);
    await keeper.flush(30_000);
    expect(keeper.stats()).toMatchObject({ state: 'ok', pending: 0, restarts: 0 });
    await expect
      .poll(async () => (await keeper.query('ledger', {})).unexplained, { timeout: 10_000 })
      .toBe(0);
    const { kept, gaps } = await keeper.query('ledger', {});
    const { lastSeq } = keeper.stats();
    const gone = gaps.filter(({ part }) => part === 'record');
    expect(kept + gone.reduce((sum, { count }) => sum + count, 0)).toBe(lastSeq);
    await expect
      .poll(() => existsSync(join(path, 'ppuri.ballast')), { timeout: 20_000 })
      .toBe(true);
  },
);

test.skipIf(!mayMount)(
  'a read-only disk (needs root to mount one): it starts, says so, and keeps when it may',
  async () => {
    const dir = disk('8m');
    expect(run('mount', '-o', 'remount,ro', dir)).toBe(true);
    const { keeper, seen } = startKeeper(join(dir, 'store'));
    keeper.keep(cycleBody(1), at(1));
    keeper.keep(alertBody('a-1'), at(2));
    expect((await seen('store-down')).text).toContain('records wait in memory');
    expect(keeper.stats()).toMatchObject({ state: 'down', pending: 2, restarts: 0 });
    expect(run('mount', '-o', 'remount,rw', dir)).toBe(true);
    await keeper.flush(30_000);
    expect(keeper.stats()).toMatchObject({ state: 'ok', kept: 2 });
  },
);

test.skipIf(!mayMount)(
  'a store that becomes read-only between two starts (needs root): the old file is left whole',
  async () => {
    const dir = disk('8m');
    const first = startKeeper(dir);
    for (let index = 1; index <= 40; index += 1) first.keeper.keep(cycleBody(index), at(index));
    await first.keeper.flush();
    await first.keeper.close();
    writeFileSync(join(dir, 'other'), '');
    expect(run('mount', '-o', 'remount,ro', dir)).toBe(true);
    const second = startKeeper(dir);
    second.keeper.keep(cycleBody(1), at(1));
    expect((await second.keeper.opened()).state).toBe('down');
    expect(run('mount', '-o', 'remount,rw', dir)).toBe(true);
    await second.keeper.flush(30_000);
    expect(await second.keeper.query('ledger', {})).toMatchObject({ kept: 41, gaps: [] });
  },
);
