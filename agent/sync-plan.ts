/** What the keep child delivers, and as whom, out of a configuration. */
import type { Profile } from '../config/profile.ts';
import type { Config } from '../config/schema.ts';
import type { SyncPlan } from '../config/sync-schema.ts';

/** `profiles`: by the reference as the configuration writes it. */
export function syncPlanOf(config: Config, profiles: ReadonlyMap<string, Profile>): SyncPlan {
  const machines = config.machines.map(({ id, profile }) => ({
    id,
    features: Object.keys(profiles.get(profile)?.features ?? {}),
  }));
  const { id: gateway, site } = config.gateway;
  return { gateway, site, machines, targets: config.sync };
}
