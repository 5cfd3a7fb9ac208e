/** Points a machine to a bundle: by the running agent, else in the store for its next start. */
import { PpuriError } from '../../config/errors.ts';
import { floorOf, requireRelease } from '../model-release.ts';
import { connectControl, whyUnreachable } from '../store/control-client.ts';
import { openDatabase } from '../store/database.ts';
import { takeLock } from '../store/lock.ts';
import { queryFloors, raiseFloor } from '../store/model-floors.ts';
import { setPointer } from '../store/models.ts';
import { storePaths } from '../store/paths.ts';
import { makeDirectory } from '../store/session.ts';
import type { UseRequest } from './model-use.ts';

const LOCK_WAIT_MS = 2000;
const MAX_MIB = 2048;

/** False when no agent runs on this store; one that is there and cannot be asked is an error. */
async function askAgent({ storePath, machine, bundle, olderBy }: UseRequest): Promise<boolean> {
  let client: Awaited<ReturnType<typeof connectControl>>;
  try {
    client = await connectControl(storePath);
  } catch (error) {
    if (!(error instanceof PpuriError) || error.code !== 'agent-unreachable') throw error;
    if (whyUnreachable(error) === 'absent') return false;
    throw error;
  }
  try {
    const older = olderBy === undefined ? {} : { older: 'allow', who: olderBy, from: 'cli' };
    await client.command('model-use', { machine, path: bundle.dir, ...older });
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
      requireRelease(bundle, queryFloors(db));
      const { name, version } = bundle.manifest;
      const floor = floorOf(bundle);
      if (floor !== null) raiseFloor(db, floor);
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
  if (request.olderBy !== undefined)
    throw new PpuriError('agent-unreachable', 'only a running agent can note who goes back', {
      operation: 'use a model',
      subject: request.machine,
      hint: 'start it with `ppuri run -c FILE`, then use the older release',
    });
  writePointer(request);
  return 'next-start';
}
