/** What becomes of a new version after its start, as the files of the versions tell. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PpuriError } from '../../config/errors.ts';
import { returnText } from '../alerts/update-alert.ts';
import {
  currentVersion,
  type Places,
  readFields,
  readState,
  type VersionState,
} from '../update/versions.ts';

const lookEveryMs = 300;
/** Starts before a version is given back, and time between them. */
const starts = 4;
const betweenMs = 30_000;

/**
 * What the version on probation says of itself, `hidden` where this user may not read it; null: nothing
 * yet, or there is none.
 */
export function trialWord(places: Places): string | null {
  const state = readState(places);
  if (state === null || state.probation === '') return null;
  try {
    const fields = readFields(places.health);
    return fields.get('trial') === state.id ? (fields.get('state') ?? null) : null;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EACCES') return 'hidden';
    throw thrown;
  }
}

export function returned({ from, to, why }: VersionState): PpuriError {
  return new PpuriError(
    'update-returned',
    `ppuri ${from} did not prove itself (${returnText(why).en}); ${to} runs again`,
    {
      operation: 'update ppuri',
      subject: from,
      hint: 'journalctl -u ppuri says why; records and configuration are as they were',
    },
  );
}

/**
 * Settles when the new version is well. Rejects with `update-returned` when the one before runs
 * again, with `update-refused` when neither is known in time.
 */
export async function awaitOutcome(places: Places, begun: VersionState): Promise<void> {
  const until = performance.now() + starts * (begun.healthy * 1000 + betweenMs);
  while (performance.now() < until) {
    const state = readState(places);
    if (state?.change === 'return' && currentVersion(places) === begun.from) throw returned(state);
    const word = trialWord(places);
    if (word === 'healthy' || word === 'passed') return;
    await pause(lookEveryMs);
  }
  throw new PpuriError('update-refused', `ppuri ${begun.to} has not begun yet`, {
    operation: 'update ppuri',
    subject: join(places.versions, 'current'),
    hint: '`ppuri update status` and journalctl -u ppuri tell more; a version that does not begin is taken back by itself',
  });
}
