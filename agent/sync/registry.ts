/** Every kind of sync target, one line each. */
import type { SyncPlan, SyncTargetConfig } from '../../config/sync-schema.ts';
import { createMqttJson } from './mqtt-json.ts';
import type { Target } from './target.ts';

const targets: Readonly<
  Record<SyncTargetConfig['type'], (config: SyncTargetConfig, plan: SyncPlan) => Target>
> = {
  mqtt: createMqttJson,
};

export function createTarget(config: SyncTargetConfig, plan: SyncPlan): Target {
  return targets[config.type](config, plan);
}
