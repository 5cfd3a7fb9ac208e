/** From one version to another: what is to be remembered first, then one rename that switches. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import type { Disk } from './disk.ts';
import {
  type Change,
  currentVersion,
  isThere,
  listVersions,
  type Places,
  programOf,
  readState,
  type VersionState,
  writeState,
} from './versions.ts';

export interface Probation {
  /** Seconds until it must be well. */
  readonly healthy: number;
  /** Seconds it must then go on for the new version to stay. */
  readonly pass: number;
}

export const usualProbation: Probation = { healthy: 90, pass: 600 };

interface Step {
  readonly change: Change;
  readonly from: string;
  readonly to: string;
  readonly who: string;
}

function point(disk: Disk, { versions }: Places, version: string): void {
  disk.link(`${version}/ppuri`, join(versions, 'current'));
}

function fresh({ change, from, to, who }: Step): VersionState {
  return {
    ...{ change, from, to, who, why: '', previous: from, before: '', probation: '' },
    ...{ id: randomBytes(8).toString('hex'), at: Math.floor(Date.now() / 1000) },
    ...{ starts: 0, run: 0, ...usualProbation },
  };
}

/** The version before, as long as it is there. */
function previousOf(places: Places, current: string): string {
  const state = readState(places);
  if (state === null) return '';
  // A switch that was cut short left its aim as it was.
  const named = [state.previous, state.before].find((version) => version !== current) ?? '';
  return isThere(places, named) ? named : '';
}

/** `to` is there. It runs from the next start on, on probation. */
export function switchTo(
  disk: Disk,
  places: Places,
  step: Omit<Step, 'change'>,
  probation: Probation,
): VersionState {
  const before = previousOf(places, step.from);
  const state = { ...fresh({ ...step, change: 'update' }), before, probation: step.to };
  const begun = { ...state, ...probation };
  writeState(disk, places, begun);
  point(disk, places, step.to);
  return begun;
}

function nothing(subject: string): PpuriError {
  return new PpuriError('release-none', 'there is no version to go back to', {
    operation: 'go back to the version before',
    subject,
    hint: 'install the package of the version you want; `ppuri update status` shows what is here',
  });
}

/** The version before runs from the next start on; a second one undoes it. Throws `release-none`. */
export function rollBack(disk: Disk, places: Places, who: string): VersionState {
  const from = currentVersion(places);
  if (from === null) throw nothing(places.versions);
  const state = readState(places);
  const wanted = [state?.previous, state?.to, state?.from, state?.before];
  const failed = state?.change === 'return' ? state.from : null;
  const to = wanted.find(
    (version) =>
      version !== undefined && version !== from && version !== failed && isThere(places, version),
  );
  if (to === undefined) throw nothing(programOf(places, from));
  const next = fresh({ change: 'rollback', from, to, who });
  // Whatever of this reaches the disk alone leaves `from` running, and not on probation.
  writeState(disk, places, next);
  point(disk, places, to);
  return next;
}

/** What neither runs nor is gone back to: from earlier updates, or one that was cut short. */
export function prune(disk: Disk, places: Places): void {
  const current = currentVersion(places);
  const state = readState(places);
  const kept = new Set([current, state?.previous, state?.before]);
  for (const version of listVersions(places))
    if (!kept.has(version)) disk.remove(join(places.versions, version));
}
