/**
 * access.json: users, kiosks and sessions of the panel. Written as a new file, synced and renamed; a
 * file that cannot be used is set aside, and then nobody is known.
 */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Role } from '../contract.ts';
import type { PasswordHash } from './password.ts';
import type { StoredSession } from './sessions.ts';

export interface User {
  readonly name: string;
  readonly role: Role;
  readonly password: PasswordHash;
}

export interface Kiosk {
  readonly name: string;
  /** sha256 of its token, base64url. */
  readonly key: string;
}

export interface AccessState {
  readonly users: readonly User[];
  readonly kiosks: readonly Kiosk[];
}

export interface AccessContent extends AccessState {
  readonly sessions: readonly StoredSession[];
  /** Absent: none was made yet. */
  readonly localSecret?: string;
}

export const accessPath = (dir: string): string => join(dir, 'access.json');

export const roles: readonly Role[] = ['viewer', 'operator', 'admin'];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isWhole = (value: unknown, most: number): boolean =>
  Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= most;

/** A power of two of memory that a gateway has, and bytes of the right number. */
function isPassword(value: unknown): value is PasswordHash {
  if (!isObject(value) || !isText(value.salt) || !isText(value.hash)) return false;
  const { n, r, p } = value;
  const cost = isWhole(n, 2 ** 17) && Number.isInteger(Math.log2(Number(n)));
  const bytes = Buffer.from(value.hash, 'base64url').length;
  return cost && isWhole(r, 16) && isWhole(p, 16) && bytes === 32;
}

const isUser = (value: unknown): value is User =>
  isObject(value) &&
  isText(value.name) &&
  roles.some((role) => role === value.role) &&
  isPassword(value.password);

const isKiosk = (value: unknown): value is Kiosk =>
  isObject(value) && isText(value.name) && isText(value.key);

const isSession = (value: unknown): value is StoredSession =>
  isObject(value) && isText(value.key) && isText(value.user) && Number.isFinite(value.leftMs);

function isContent(value: unknown): value is AccessContent {
  if (!isObject(value) || value.version !== 1) return false;
  const { users, kiosks, sessions, localSecret } = value;
  return (
    (localSecret === undefined || isText(localSecret)) &&
    Array.isArray(users) &&
    users.every(isUser) &&
    Array.isArray(kiosks) &&
    kiosks.every(isKiosk) &&
    Array.isArray(sessions) &&
    sessions.every(isSession)
  );
}

const nothing: AccessContent = { users: [], kiosks: [], sessions: [] };

export interface Loaded {
  readonly content: AccessContent;
  /** What became of a file that could not be used; null: there was none, or it was sound. */
  readonly damage: string | null;
  /** False: that file still lies there, and must not be written over. */
  readonly writable: boolean;
}

function setAside(path: string, why: string): Loaded {
  for (let n = 1; ; n++) {
    const aside = `${path}.damaged-${n}`;
    if (existsSync(aside)) continue;
    try {
      renameSync(path, aside);
      return { content: nothing, damage: `${why}; set aside as ${aside}`, writable: true };
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.message : String(thrown);
      const damage = `${why}, and cannot be set aside: ${error}`;
      return { content: nothing, damage, writable: false };
    }
  }
}

/** Never throws. */
export function loadAccess(dir: string): Loaded {
  const path = accessPath(dir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    if (code === 'ENOENT') return { content: nothing, damage: null, writable: true };
    return setAside(path, `${path} cannot be read (${code})`);
  }
  try {
    const content: unknown = JSON.parse(text);
    if (isContent(content)) return { content, damage: null, writable: true };
  } catch {
    // Told below, as any other damage.
  }
  return setAside(path, `${path} is damaged`);
}

/** Resolves when a power cut would not undo it. Rejects with what the file system says. */
export async function saveAccess(dir: string, content: AccessContent): Promise<void> {
  const path = accessPath(dir);
  const fresh = `${path}.new`;
  await rm(fresh, { force: true });
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ version: 1, ...content })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
