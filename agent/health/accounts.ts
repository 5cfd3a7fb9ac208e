/** Users and groups of this computer, and what one of them may do with a file. */
import type { Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readIfPresent } from './finding.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  /** Its own group first. */
  readonly gids: readonly number[];
  readonly groups: readonly string[];
}

async function entries(root: string, file: string): Promise<string[][]> {
  const text = await readIfPresent(() => readFile(path.join(root, file), 'utf8'));
  return (text ?? '').split('\n').map((line) => line.split(':'));
}

/** Null: there is no such user. `more`: groups that a service adds. */
export async function findAccount(
  name: string,
  more: readonly string[] = [],
  root = '/',
): Promise<Account | null> {
  const user = (await entries(root, 'etc/passwd')).find(([own]) => own === name);
  if (user === undefined) return null;
  const [, , uid, gid] = user;
  const groups = (await entries(root, 'etc/group')).filter(
    ([group = '', , id, members = '']) =>
      id === gid || more.includes(group) || members.split(',').includes(name),
  );
  const gids = [...new Set([Number(gid), ...groups.map(([, , id]) => Number(id))])];
  return { name, uid: Number(uid), gids, groups: groups.map(([group = '']) => group) };
}

/** `bits`: 4 read, 2 write, 1 enter. Access lists beyond the mode are not looked at. */
export function mayUse({ uid, gids }: Account, stats: Stats, bits: number): boolean {
  if (uid === 0) return true;
  const shift = stats.uid === uid ? 6 : gids.includes(stats.gid) ? 3 : 0;
  return ((stats.mode >> shift) & bits) === bits;
}
