/** A model's release against what its signer has had activated here before. */
import { PpuriError } from '../config/errors.ts';
import type { Bundle } from '../models/manifest.ts';
import type { ModelFloor } from './store/model-floors.ts';

/** What activating this bundle makes of the floor; null: it is not signed, or counts no releases. */
export function floorOf({ signer, manifest }: Bundle): ModelFloor | null {
  const { name, serial } = manifest;
  return signer === null || serial === undefined ? null : { signer: signer.key, name, serial };
}

/**
 * Throws `model-older` for a release before the newest that its key has had activated, or for one
 * that does not say which it is: an old model with its true signature is no better than a forged one.
 */
export function requireRelease(
  { signer, manifest, dir }: Bundle,
  floors: readonly ModelFloor[],
): void {
  const { name, version, serial } = manifest;
  const floor = floors.find((one) => one.signer === signer?.key && one.name === name);
  if (floor === undefined || (serial ?? 0) >= floor.serial) return;
  const what = serial === undefined ? 'without a serial' : `with serial ${serial}`;
  throw new PpuriError(
    'model-older',
    `${name} ${version} ${what} is older than serial ${floor.serial}, in use here before`,
    {
      operation: 'use a model',
      subject: dir,
      hint: 'use a newer release; `ppuri model use … --allow-older` goes back on purpose and is noted',
    },
  );
}
