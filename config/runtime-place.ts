/**
 * Directories in which the single-file program may keep its unpacked parts: never one that others
 * can write, since what lies there is loaded as code.
 *
 * `PPURI_RUNTIME_DIR` alone where it is set. Else root's `/var/lib/ppuri-runtime`, which the package
 * fills at installation and everybody may use; it is not below `/var/lib/ppuri`, whose owner, the
 * service, could exchange it under root. Who is not root adds directories of his own: the service's
 * state, then `$XDG_STATE_HOME`. Last a directory in memory, for a disk that is full or read-only.
 */
import { lstatSync, mkdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface RuntimePlace {
  readonly path: string;
  readonly writable: boolean;
  /** Of its directories. */
  readonly mode: number;
}

const shared = '/var/lib/ppuri-runtime';

/** In the order in which they are tried. */
export function places(env = process.env, uid = process.getuid?.() ?? -1): RuntimePlace[] {
  const named = env.PPURI_RUNTIME_DIR;
  if (named) return [{ path: named, writable: true, mode: 0o700 }];
  if (uid === 0)
    return [shared, '/run/ppuri-runtime'].map((path) => ({ path, writable: true, mode: 0o755 }));
  const state = env.STATE_DIRECTORY?.split(':')[0];
  const home = env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  const volatile = env.RUNTIME_DIRECTORY?.split(':')[0] ?? env.XDG_RUNTIME_DIR;
  const own = [
    state ? join(state, 'runtime') : null,
    join(home, 'ppuri', 'runtime'),
    volatile ? join(volatile, 'ppuri-runtime') : null,
  ].filter((path) => path !== null);
  return [
    { path: shared, writable: false, mode: 0o755 },
    ...own.map((path) => ({ path, writable: true, mode: 0o700 })),
  ];
}

/** Makes `path` where it is missing. Throws where somebody else could put something in it. */
export function makePlace({ path, mode }: RuntimePlace): void {
  mkdirSync(path, { recursive: true, mode });
  const why = unsafe(path);
  if (why !== null) throw new Error(why);
}

/** Why code must not be loaded from a directory: who else could exchange it. Null where nobody. */
export function unsafe(path: string): string | null {
  if (!isPrivate(path))
    return `${path} is not a directory that only its user, or root, can write to`;
  for (let up = dirname(realpathSync(path)); ; up = dirname(up)) {
    if (!isFenced(up)) return `others could exchange ${path}: they can write to ${up}`;
    if (up === dirname(up)) return null;
  }
}

/** Undefined where there is nothing, or nothing that this user may see: it is not used then. */
export function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** A directory that belongs to this user or to root, and that nobody else can write. */
export function isPrivate(path: string): boolean {
  const stat = look(path);
  return stat?.isDirectory() === true && (stat.mode & 0o022) === 0 && isTrusted(stat.uid);
}

/** This user, or root. */
export function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}

/** What lies in `path` stays what it is; in a directory for all that is so by its sticky bit. */
function isFenced(path: string): boolean {
  const { mode, uid, gid } = statSync(path);
  if (!isTrusted(uid)) return false;
  if ((mode & 0o1000) !== 0) return true;
  const ownGroup = gid === 0 || gid === process.getgid?.();
  return (mode & 0o002) === 0 && ((mode & 0o020) === 0 || ownGroup);
}
