/** Every kind of sync target, one line each. */
import type { SyncPlan, SyncTargetConfig } from '../../config/sync-schema.ts';
import { createHttps } from './https-batch.ts';
import { createMqttJson } from './mqtt-json.ts';
import { createMqttSparkplug } from './mqtt-sparkplug.ts';
import type { Target, TargetTools } from './target.ts';

export function createTarget(config: SyncTargetConfig, plan: SyncPlan, tools: TargetTools): Target {
  if (config.type === 'https') return createHttps(config, plan);
  if (config.format === 'sparkplug-b') return createMqttSparkplug(config, plan, tools);
  return createMqttJson(config, plan);
}
