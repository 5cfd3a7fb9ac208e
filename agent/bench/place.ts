/** A temporary directory on the disk that the store is on. */
import { accessSync, constants, mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PpuriError } from '../../config/errors.ts';

export interface BenchPlace {
  readonly dir: string;
  /** Whether it is on the file system of the store. */
  readonly onStoreDisk: boolean;
  /** `ext4` and the like by their number; `tmpfs` is memory and no disk. */
  readonly inMemory: boolean;
}

const tmpfsMagic = 0x01021994;
const mib = 1024 * 1024;
/** A run writes a few tens of MiB. */
const leastFreeMiB = 96;

/** Whatever of `path` there is. */
function nearestExisting(path: string): string {
  let at = resolve(path);
  while (statSync(at, { throwIfNoEntry: false })?.isDirectory() !== true) {
    if (at === dirname(at)) return at;
    at = dirname(at);
  }
  return at;
}

function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK | constants.X_OK);
    return statSync(dir).isDirectory();
  } catch {
    return false;
  }
}

function refused(subject: string, message: string, hint: string, cause?: unknown): PpuriError {
  const code = /room/.test(message) ? 'store-full' : 'store-unavailable';
  const operation = 'make a store to measure with';
  return new PpuriError(code, message, { operation, subject, hint, cause });
}

/**
 * Beside the store at `storePath`, else elsewhere on its disk, else on any. Gone when this process
 * is, however it ends. Throws `store-full` or `store-unavailable`.
 */
export function makeBenchPlace(storePath: string): BenchPlace {
  const existing = nearestExisting(storePath);
  const { dev } = statSync(existing);
  const store = resolve(storePath);
  // Never inside the store itself: what looks after that one must not meet this one.
  const isOutside = (dir: string): boolean => dir !== store && !dir.startsWith(join(store, '/'));
  const wanted = [existing, dirname(store), process.cwd(), homedir(), tmpdir()];
  const usable = wanted.filter((dir) => isOutside(dir) && isWritable(dir));
  const base = usable.find((one) => statSync(one).dev === dev) ?? usable[0];
  if (base === undefined)
    throw refused(existing, 'no directory can be written', 'run it as the user of the agent');
  const { bavail, bsize, type } = statfsSync(base);
  const freeMiB = Math.floor((bavail * bsize) / mib);
  if (freeMiB < leastFreeMiB)
    throw refused(
      base,
      `no room on the disk: ${freeMiB} MiB free, ${leastFreeMiB} needed`,
      'delete what is not needed; the agent itself goes on, but keeps no records on a full disk',
    );
  const dir = makeIn(base);
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  return { dir, onStoreDisk: statSync(base).dev === dev, inMemory: type === tmpfsMagic };
}

function makeIn(base: string): string {
  try {
    return mkdtempSync(join(base, '.ppuri-bench-'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refused(base, `it cannot be written: ${why}`, 'run it as the user of the agent', cause);
  }
}
