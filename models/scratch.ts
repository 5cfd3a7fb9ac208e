/** Folders written whole or not at all: aside first, flushed to the disk, then renamed into place. */
import { mkdir, mkdtemp, open, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PpuriError } from '../config/errors.ts';
import { bundleInvalid } from './bundle-files.ts';

/** A hidden folder beside `target`, gone afterwards whatever happens, with folders made for it. */
export async function inScratch(
  target: string,
  work: (scratch: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(target);
  let scratch: string | null = null;
  let made: string | undefined;
  try {
    made = await mkdir(parent, { recursive: true });
    await removeAbandoned(parent);
    scratch = await mkdtemp(join(parent, `.${basename(target)}-${process.pid}-`));
    await work(scratch);
    made = undefined;
  } catch (cause) {
    throw cause instanceof PpuriError ? cause : cannotWrite(target, cause);
  } finally {
    if (scratch !== null) await rm(scratch, { recursive: true, force: true });
    if (made !== undefined) await removeEmpty(parent, made);
  }
}

function cannotWrite(target: string, cause: unknown): PpuriError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  const why = cause instanceof Error ? cause.message : String(cause);
  if (code !== 'ENOSPC' && code !== 'EDQUOT')
    return bundleInvalid(
      target,
      `cannot write the bundle: ${why}`,
      'check space and rights',
      cause,
    );
  return new PpuriError('store-full', 'the disk is full: the bundle was not added', {
    operation: 'write a model bundle',
    subject: target,
    hint: 'make room there, then add it again; nothing of it was left behind',
    cause,
  });
}

/** What a process that was killed or lost its power left: its folder names it. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid] = /^\..*-(\d+)-[A-Za-z0-9]{6}$/.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}

/** Folders from `parent` up to `made`, as long as nobody else has put something in. */
async function removeEmpty(parent: string, made: string): Promise<void> {
  for (let dir = parent; dir.startsWith(made); dir = dirname(dir)) {
    const removed = await rmdir(dir).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

export async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
