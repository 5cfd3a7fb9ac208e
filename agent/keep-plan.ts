/** What works beside the store in the keep process, out of a configuration; plain data. */
import type { Profile } from '../config/profile.ts';
import type { Config } from '../config/schema.ts';
import type { Bundle } from '../models/manifest.ts';
import type { WebhookPlan } from './outputs/webhook.ts';
import type { PanelPlan } from './panel/plan.ts';
import { panelPlanOf } from './panel-plan.ts';

export interface KeepPlan {
  readonly panel: PanelPlan;
  readonly webhooks: WebhookPlan;
}

/** `profiles`: by the reference as it is written in the configuration; `bundles`: by machine. */
export function keepPlanOf(
  config: Config,
  profiles: ReadonlyMap<string, Profile>,
  bundles: ReadonlyMap<string, Bundle>,
): KeepPlan {
  return {
    panel: panelPlanOf(config, profiles, bundles),
    webhooks: {
      gateway: config.gateway.id,
      outputs: config.outputs,
      synced: config.sync.length > 0,
    },
  };
}
