/** The bundle that a configuration's `model:` means, verified. */
import { resolve } from 'node:path';
import type { ModelPlace } from '../config/machine-rules.ts';
import { findBundle, readBundle } from '../models/bundle.ts';
import type { Bundle } from '../models/manifest.ts';

/**
 * An added, shipped or given bundle: sums, schemas and admission are checked, nothing is run. A
 * path is taken from the directory of the configuration. Throws `model-invalid` saying what there
 * is, or what is wrong with it.
 */
export async function findModel(
  nameOrPath: string,
  { configDir, storePath }: ModelPlace,
): Promise<Bundle> {
  const isPath = nameOrPath.startsWith('.') || /[/\\]/.test(nameOrPath);
  const place = await findBundle(isPath ? resolve(configDir, nameOrPath) : nameOrPath, {
    storePath,
  });
  return readBundle(place.dir);
}
