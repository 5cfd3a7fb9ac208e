/**
 * The versions of the program on this gateway, and which of them runs. `start.sh` of config/install
 * reads and writes the same files before each start, and decides there; this is the other side of it.
 *
 *   0.1.0/ppuri     each version whole, never changed
 *   current         → 0.1.0/ppuri
 *   state           NAME=VALUE lines: the last change, and a version on probation
 */
import { accessSync, constants, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { isVersion } from './version.ts';

export interface Places {
  /** Root's, or of whoever else runs the supervisor. */
  readonly versions: string;
  /** What the agent says of itself while it is on probation; its own to write. */
  readonly health: string;
}

export function placesOf(env: NodeJS.ProcessEnv = process.env): Places {
  const own = (env.STATE_DIRECTORY ?? '').split(':')[0] || '/var/lib/ppuri';
  const versions = env.PPURI_VERSIONS || '/var/lib/ppuri-versions';
  return { versions, health: join(own, 'version-health') };
}

export type Change = 'update' | 'rollback' | 'return';

export interface VersionState {
  readonly change: Change;
  /** Tells one change from the next. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Of an update or a rollback. */
  readonly who: string;
  /** Seconds since 1970 by the wall clock. */
  readonly at: number;
  /** Of a return: `starts`, `unhealthy` or `missing`; else ''. */
  readonly why: string;
  /** What a rollback goes to; '': nothing. */
  readonly previous: string;
  /** What `previous` was before this update; it is again where that is taken back. */
  readonly before: string;
  /** '': none. */
  readonly probation: string;
  /** Starts since it last proved itself or ended in order. */
  readonly starts: number;
  /** Grows with each start on probation. */
  readonly run: number;
  /** Seconds within which it must be well, and seconds it must then go on to pass. */
  readonly healthy: number;
  readonly pass: number;
}

const texts = ['id', 'from', 'to', 'who', 'why', 'previous', 'before', 'probation'] as const;
const numbers = ['at', 'starts', 'run', 'healthy', 'pass'] as const;

/** NAME=VALUE lines; a file that is not there has none. Throws system errors. */
export function readFields(path: string): ReadonlyMap<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return new Map();
    throw thrown;
  }
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const at = line.indexOf('=');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

/** Null: there was no change yet. */
export function readState({ versions }: Places): VersionState | null {
  const fields = readFields(join(versions, 'state'));
  const change = fields.get('change');
  if (change !== 'update' && change !== 'rollback' && change !== 'return') return null;
  const text = Object.fromEntries(texts.map((name) => [name, fields.get(name) ?? '']));
  const number = Object.fromEntries(numbers.map((name) => [name, Number(fields.get(name) ?? 0)]));
  return { change, ...text, ...number } as unknown as VersionState;
}

/** A name in it must not begin a line of its own. */
const oneLine = (value: string | number): string => String(value).replaceAll(/[\r\n]/g, ' ');

export function fieldLines(fields: Readonly<Record<string, string | number>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${oneLine(value)}\n`)
    .join('');
}

export function writeState(disk: Disk, { versions }: Places, state: VersionState): void {
  disk.write(join(versions, 'state'), fieldLines({ ...state }), 0o644);
}

/** Null: none, or a program that is not one of the versions here. */
export function currentVersion({ versions }: Places): string | null {
  try {
    const [version = '', file, ...more] = readlinkSync(join(versions, 'current')).split('/');
    return file === 'ppuri' && more.length === 0 && isVersion(version) ? version : null;
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code === 'ENOENT' || code === 'EINVAL') return null;
    throw thrown;
  }
}

export function programOf({ versions }: Places, version: string): string {
  return join(versions, version, 'ppuri');
}

export function isThere(places: Places, version: string): boolean {
  if (version === '') return false;
  try {
    accessSync(programOf(places, version), constants.X_OK);
    return true;
  } catch {
    return false; // Gone, or no program: nothing to go back to.
  }
}

/** Newest last. */
export function listVersions(places: Places): string[] {
  const names = readdirSync(places.versions, { withFileTypes: true });
  return names
    .filter((entry) => entry.isDirectory() && isVersion(entry.name))
    .map(({ name }) => name)
    .sort();
}
