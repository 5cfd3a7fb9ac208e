/** What `model use`, `shadow` and `rollback` ask, of a running agent or of the store. */
import { dirname, resolve } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { loadConfig } from '../../config/load.ts';
import { loadProfile } from '../../config/profile-load.ts';
import type { Config, MachineConfig } from '../../config/schema.ts';
import { findBundle, readBundle } from '../../models/bundle.ts';
import type { Bundle } from '../../models/manifest.ts';
import { requireModelFit } from '../require-fit.ts';
import { thisUser } from './label-agent.ts';

export interface UseRequest {
  readonly machine: string;
  readonly mold: string | null;
  readonly bundle: Bundle;
  readonly storePath: string;
  /** `use`: watched, on trial, then for good. `shadow`: watched only. `now`: for good at once. */
  readonly mode: 'use' | 'shadow' | 'now';
  readonly shadowShots: number;
  readonly trialShots: number;
  /** The machine's: snapshot complete → verdict. */
  readonly deadlineMs: number;
  /** `allow`: a person goes back to an older signed release on purpose. */
  readonly older: 'refuse' | 'allow';
  readonly who: string;
}

export type RollbackRequest = Pick<UseRequest, 'machine' | 'mold' | 'storePath' | 'who'>;

export interface UseOutcome {
  /** `next-start`: no agent runs on this store. */
  readonly effective: 'now' | 'next-start';
  readonly stage: 'now' | 'shadow' | 'trial';
  /** Of that stage; null: it has none. */
  readonly shots: number | null;
}

export interface PlaceFlags {
  readonly machine: string;
  readonly mold?: string;
  readonly config: string;
  readonly by?: string;
}

export interface UseFlags extends PlaceFlags {
  readonly shadow?: number;
  readonly trial?: number;
  readonly now?: boolean;
  readonly allowOlder?: boolean;
}

/** Throws `usage` for an unknown machine. */
export function placeRequest(
  flags: PlaceFlags,
  operation: string,
): RollbackRequest & { readonly config: Config; readonly configured: MachineConfig } {
  const { config } = loadConfig(flags.config);
  const configured = config.machines.find(({ id }) => id === flags.machine);
  if (configured === undefined) {
    const known = config.machines.map(({ id }) => id).join(', ');
    throw new PpuriError('usage', `there is no machine "${flags.machine}"`, {
      ...{ operation, subject: flags.machine, hint: `machines: ${known}` },
    });
  }
  const storePath = resolve(config.store.path);
  const who = flags.by ?? thisUser();
  return { machine: configured.id, mold: flags.mold ?? null, storePath, who, config, configured };
}

/** Throws `usage` for an unknown machine, `model-invalid` for a model that does not fit it. */
export async function useRequest(
  name: string,
  flags: UseFlags,
  mode: UseRequest['mode'],
): Promise<UseRequest> {
  const { config, configured, ...place } = placeRequest(flags, 'use a model');
  const { dir } = await findBundle(name, { storePath: place.storePath });
  const bundle = await readBundle(dir, { trust: config.models });
  const profile = loadProfile(configured.profile, dirname(flags.config));
  requireModelFit(bundle, profile, configured.id);
  const { shadowShots, trialShots } = config.trial;
  return {
    ...{ ...place, bundle, mode },
    deadlineMs: configured.deadlineMs,
    older: flags.allowOlder === true ? 'allow' : 'refuse',
    shadowShots: flags.shadow ?? shadowShots,
    trialShots: flags.trial ?? trialShots,
  };
}
