/** Configuration file → everything an agent is made of, checked. */

import { dirname } from 'node:path';
import { checkConfig, storeProblemPath } from '../config/check.ts';
import { PpuriError } from '../config/errors.ts';
import type { ModelPlace } from '../config/machine-rules.ts';
import { concernsPanelFile } from '../config/panel-rules.ts';
import { type Problem, ProblemsError } from '../config/problem.ts';
import type { Profile } from '../config/profile.ts';
import type { Config } from '../config/schema.ts';
import { concernsSyncFile } from '../config/sync-rules.ts';
import { modelsNamed } from '../config/trial-schema.ts';
import type { Bundle } from '../models/manifest.ts';
import { findModel } from './find-model.ts';
import { failedVectors } from './signals/vectors.ts';
import { placeTrouble } from './store/place.ts';

export interface Prepared {
  readonly config: Config;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Machine → its model's bundle; without an entry it is watched by rule limits only. */
  readonly bundles: ReadonlyMap<string, Bundle>;
  /** Machine → mold → the bundle for that mold. */
  readonly moldBundles: MoldBundles;
  /** What is wrong with models: the agent runs without those, and says so. */
  readonly modelProblems: readonly Problem[];
  /** Why the store cannot be looked into: the agent runs, keeping records in memory meanwhile. */
  readonly storeProblems: readonly Problem[];
  /** Files of sync targets that cannot be used: they are read again at each connection. */
  readonly syncProblems: readonly Problem[];
  /** The certificate of the panel cannot be used: it is tried again, and nothing is served till then. */
  readonly panelProblems: readonly Problem[];
}

const concernsModel = (problem: Problem): boolean => /^machines\[\d+\]\.model\b/.test(problem.path);
const concernsStore = (problem: Problem): boolean => problem.path === storeProblemPath;

export type MoldBundles = ReadonlyMap<string, ReadonlyMap<string, Bundle>>;

async function bundlesOf(
  config: Config,
  file: string,
): Promise<Pick<Prepared, 'bundles' | 'moldBundles'>> {
  const bundles = new Map<string, Bundle>();
  const moldBundles = new Map<string, Map<string, Bundle>>();
  const { models, store } = config;
  const place = { configDir: dirname(file), storePath: store.path, models };
  for (const { id, model } of config.machines) {
    const molds = new Map<string, Bundle>();
    for (const { mold, name } of modelsNamed(model)) {
      const bundle = await bundleOrNull(name, place);
      if (bundle === null) continue;
      if (mold === null) bundles.set(id, bundle);
      else molds.set(mold, bundle);
    }
    moldBundles.set(id, molds);
  }
  return { bundles, moldBundles };
}

/** Null is told as a problem of the configuration already; the machine is watched all the same. */
async function bundleOrNull(name: string, place: ModelPlace): Promise<Bundle | null> {
  try {
    return await findModel(name, place);
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return null;
  }
}

/**
 * Throws `config-unreadable`, or a ProblemsError with every error of the file. A model that cannot
 * be used stops nothing, nor does a store or a file of a sync target or the panel: a gateway must watch its
 * machines without them too.
 */
export async function prepare(file: string): Promise<Prepared> {
  const { config, profiles, problems } = await checkConfig(file, {
    findModel,
    readVectors: failedVectors,
    storeTrouble: placeTrouble,
    syncFilesAtMs: Date.now(),
  });
  const modelProblems = problems.filter(concernsModel);
  const storeProblems = problems.filter(concernsStore);
  const syncProblems = problems.filter(concernsSyncFile);
  const panelProblems = problems.filter(concernsPanelFile);
  const borne = [modelProblems, storeProblems, syncProblems, panelProblems].flat().length;
  if (config === null || borne < problems.length) {
    throw new ProblemsError('config-invalid', file, problems);
  }
  return {
    ...{ config, profiles },
    ...(await bundlesOf(config, file)),
    ...{ modelProblems, storeProblems, syncProblems, panelProblems },
  };
}
