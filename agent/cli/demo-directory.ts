/** Where a demo keeps its configuration and store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { access, constants, mkdir, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { DEMO_FILE, DEMO_HEADER } from '../demo/plan.ts';

function refused(folder: string, message: string, hint: string, cause?: unknown): PpuriError {
  const details = { operation: 'demo', subject: resolve(folder), hint, cause };
  return new PpuriError('usage', message, details);
}

/** Nothing in it, or an earlier demo. */
async function isFree(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  const names = await readdir(folder);
  if (names.length === 0) return true;
  if (!names.includes(DEMO_FILE)) return false;
  return (await readFile(join(folder, DEMO_FILE), 'utf8')).startsWith(DEMO_HEADER);
}

/**
 * `folder`, or that of an earlier demo there: nobody's files are written over. Without one a folder
 * that is gone when this process is, however often it was interrupted. Throws `usage`.
 */
export async function demoDirectory(folder: string | undefined): Promise<string> {
  if (folder === undefined) {
    // At once: an interrupt between the making and the promise to remove would leave it.
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-demo-'));
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
    return dir;
  }
  const free = await isFree(folder).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    const hint = 'name a folder, or a new one, in which this user may write';
    throw refused(folder, `the folder cannot be used: ${why}`, hint, cause);
  });
  if (free) return resolve(folder);
  const hint = 'give an empty folder, a new one, or that of an earlier demo';
  throw refused(folder, 'the folder has something else in it', hint);
}
