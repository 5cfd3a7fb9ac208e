/** Points a machine to a bundle: by the running agent, else in the store for its next start. */
import { PpuriError } from '../../config/errors.ts';
import { connectControl, whyUnreachable } from '../store/control-client.ts';
import { openDatabase } from '../store/database.ts';
import { takeLock } from '../store/lock.ts';
import { setPointer } from '../store/models.ts';
import { storePaths } from '../store/paths.ts';
import { makeDirectory } from '../store/session.ts';
import type { UseRequest } from './model-use.ts';

const LOCK_WAIT_MS = 2000;
const MAX_MIB = 2048;

/** False when no agent runs on this store; one that is there and cannot be asked is an error. */
async function askAgent({ storePath, machine, bundle }: UseRequest): Promise<boolean> {
  let client: Awaited<ReturnType<typeof connectControl>>;
  try {
    client = await connectControl(storePath);
  } catch (error) {
    if (!(error instanceof PpuriError) || error.code !== 'agent-unreachable') throw error;
    if (whyUnreachable(error) === 'absent') return false;
    throw error;
  }
  try {
    await client.command('model-use', { machine, path: bundle.dir });
    return true;
  } finally {
    client.close();
  }
}

function writePointer({ storePath, machine, bundle }: UseRequest): void {
  makeDirectory(storePath);
  const paths = storePaths(storePath);
  const lock = takeLock(paths.lock, LOCK_WAIT_MS);
  try {
    const db = openDatabase({ path: paths.database, maxMiB: MAX_MIB });
    try {
      const { name, version } = bundle.manifest;
      setPointer(db, machine, { name, version, path: bundle.dir, hash: bundle.hash });
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
}

/** The agent's own refusal (it does not fit, golden vectors differ) is thrown as it is. */
export async function activate(request: UseRequest): Promise<'now' | 'next-start'> {
  if (await askAgent(request)) return 'now';
  writePointer(request);
  return 'next-start';
}
