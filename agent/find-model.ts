/** The bundle that a configuration's `model:` means, verified. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PpuriError } from '../config/errors.ts';
import type { ModelPlace } from '../config/machine-rules.ts';
import type { Profile } from '../config/profile.ts';
import { type BundlePlace, findBundle, readBundle } from '../models/bundle.ts';
import type { Bundle } from '../models/manifest.ts';
import type { TrustRule } from '../models/trust.ts';
import { BundleReader } from './bundle-reader.ts';
import { requireModelFit } from './require-fit.ts';
import { forkRole } from './role.ts';

/**
 * An added, shipped or given bundle: sums, schemas and admission are checked, nothing is run. A
 * path is taken from the directory of the configuration. Where the store cannot be looked into, a
 * shipped model of this name stands in: a machine is watched all the same. Throws `model-invalid`
 * saying what there is, or what is wrong with it, `model-untrusted` for one that the site does not
 * take, or `store-unavailable`.
 */
export async function findModel(
  nameOrPath: string,
  { configDir, storePath, models }: ModelPlace,
): Promise<Bundle> {
  const isPath = nameOrPath.startsWith('.') || /[/\\]/.test(nameOrPath);
  const place = isPath
    ? await findBundle(resolve(configDir, nameOrPath))
    : await findNamed(nameOrPath, storePath);
  return readApart(place.dir, models ?? null);
}

/** From this size on a file can take gigabytes to read, which no start of the agent should end by. */
const largeBytes = 4 * 1024 * 1024;

async function readApart(dir: string, trust: TrustRule | null): Promise<Bundle> {
  const size = await stat(join(dir, 'model.onnx')).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size <= largeBytes) return readBundle(dir, trust === null ? {} : { trust });
  const reader = new BundleReader(forkRole, trust);
  try {
    return await reader.read(dir);
  } finally {
    reader.close();
  }
}

async function findNamed(name: string, storePath: string): Promise<BundlePlace> {
  try {
    return await findBundle(name, { storePath });
  } catch (thrown) {
    if (!(thrown instanceof PpuriError) || thrown.code !== 'store-unavailable') throw thrown;
    return findBundle(name).catch(() => {
      throw thrown;
    });
  }
}

/** As `findModel`. Throws `model-invalid` also for one that does not fit `profile`. */
export async function findFittingModel(
  nameOrPath: string,
  place: ModelPlace,
  profile: Profile,
): Promise<Bundle> {
  const bundle = await findModel(nameOrPath, place);
  requireModelFit(bundle, profile, nameOrPath);
  return bundle;
}
