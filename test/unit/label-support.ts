/** A desk that takes labels over a real store. */
import { LabelDesk } from '../../agent/label-desk.ts';
import type { Keeper } from '../../agent/store/keeper.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { configSchema } from '../../config/schema.ts';

const profile = 'die-casting-cold-chamber';

/** dc-03 (3호기) makes one part a shot, dc-04 two. */
export function startDesk(keeper: Keeper): LabelDesk {
  const plc = { bus: 'press' };
  const config = configSchema.parse({
    gateway: { id: 'gw-1' },
    buses: { press: { type: 'modbus-tcp', host: '127.0.0.1' } },
    machines: [
      { id: 'dc-03', name: '3호기', profile, devices: { plc } },
      { id: 'dc-04', profile, devices: { plc }, parts: ['캐비티1', '캐비티2'] },
    ],
  });
  return new LabelDesk({ config, keeper, profiles: new Map([[profile, loadProfile(profile)]]) });
}
