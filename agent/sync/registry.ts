/** Every kind of sync target, one line each. */
import type { SyncPlan, SyncTargetConfig } from '../../config/sync-schema.ts';
import { createMqttJson } from './mqtt-json.ts';
import { createMqttSparkplug } from './mqtt-sparkplug.ts';
import type { Target, TargetTools } from './target.ts';

type Create = (config: SyncTargetConfig, plan: SyncPlan, tools: TargetTools) => Target;

const formats: Readonly<Record<SyncTargetConfig['format'], Create>> = {
  json: createMqttJson,
  'sparkplug-b': createMqttSparkplug,
};

export function createTarget(config: SyncTargetConfig, plan: SyncPlan, tools: TargetTools): Target {
  return formats[config.format](config, plan, tools);
}
