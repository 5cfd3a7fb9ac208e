/** Whether the directory of a store can be looked into, before anything of it is opened. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';

export interface PlaceTrouble {
  readonly message: string;
  readonly hint: string;
}

const notADirectory: PlaceTrouble = {
  message: 'is not a directory',
  hint: 'name a directory, which `ppuri run` makes; no record can be kept in a file',
};
const forbidden: PlaceTrouble = {
  message: 'cannot be read by this user: permission denied',
  hint: 'check as the user of the agent or with sudo; the agent itself must own this directory',
};

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

/** What keeps this user from the store in `dir`; null for one that is not there yet. */
export async function placeTrouble(dir: string): Promise<PlaceTrouble | null> {
  try {
    if (!(await stat(dir)).isDirectory()) return notADirectory;
    await access(dir, constants.R_OK | constants.X_OK);
    return null;
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ENOENT') return null;
    if (code === 'ENOTDIR') return notADirectory;
    if (code === 'EACCES' || code === 'EPERM') return forbidden;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { message: `cannot be read: ${why}`, hint: 'check the path and the disk' };
  }
}
