/** A backup on what people have at hand: a USB stick, whose file system has no hard links. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backUp } from '../../agent/store/backup.ts';
import { openReadOnly } from '../../agent/store/database.ts';
import { storePaths } from '../../agent/store/paths.ts';
import { needs } from '../fixtures/programs.ts';
import { canMakeDisks } from '../fixtures/small-disk.ts';
import { at, cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

needs('mkfs.exfat', 'mount.exfat-fuse');
beforeEach((context) => context.skip(!canMakeDisks(), 'needs root, to mount'));

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

function stick(dir: string): string {
  const [image, mount] = [join(dir, 'stick.img'), join(dir, 'stick')];
  closeSync(openSync(image, 'wx'));
  truncateSync(image, 16 * 2 ** 20);
  mkdirSync(mount);
  execFileSync('mkfs.exfat', [image], { stdio: 'ignore' });
  const device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim();
  ends.push(() => void execFileSync('losetup', ['-d', device]));
  execFileSync('mount.exfat-fuse', [device, mount], { stdio: 'ignore' });
  ends.push(() => void execFileSync('umount', [mount]));
  return mount;
}

test('a store is backed up to an exFAT stick, whole, and nothing there is written over', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(join(dir, 'store'));
  for (let n = 1; n <= 5; n += 1) keeper.keep(cycleBody(n), at(n));
  await keeper.flush();
  const file = join(stick(dir), 'ppuri.db');
  const db = openReadOnly(storePaths(join(dir, 'store')).database);
  ends.push(() => void db.close());
  expect(backUp(db, file)).toMatchObject({ file, records: 5 });
  const copy = openReadOnly(file);
  expect(copy.prepare('SELECT COUNT(*) FROM cycles').pluck().get()).toBe(5);
  copy.close();
  expect(() => backUp(db, file)).toThrow(/never overwritten/);
});
