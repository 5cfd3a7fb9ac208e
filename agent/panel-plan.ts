/** What the panel shows of a configuration, out of its machines' profiles and models. */
import type { Profile } from '../config/profile.ts';
import type { Config, MachineConfig } from '../config/schema.ts';
import type { Bundle } from '../models/manifest.ts';
import type { FeaturePlan, MachinePlan, PanelPlan } from './panel/plan.ts';
import { featureLook } from './words.ts';

function featuresOf(profile: Profile, bundle: Bundle | null): Record<string, FeaturePlan> {
  const trained = new Map(
    (bundle?.manifest.features ?? []).flatMap(({ from, normal }) =>
      normal === undefined ? [] : [[from, normal] as const],
    ),
  );
  return Object.fromEntries(
    Object.keys(profile.features).map((name) => [
      name,
      { ...featureLook(profile, name), normal: trained.get(name) ?? null },
    ]),
  );
}

function idealCycleMs({ idealCycleS }: MachineConfig): MachinePlan['idealCycleMs'] {
  if (idealCycleS === undefined) return null;
  if (typeof idealCycleS === 'number') return idealCycleS * 1000;
  return Object.fromEntries(
    Object.entries(idealCycleS).map(([mold, seconds]) => [mold, seconds * 1000]),
  );
}

function machineOf(
  config: MachineConfig,
  profile: Profile | undefined,
  bundle: Bundle | null,
): MachinePlan {
  const defects = Object.entries(profile?.defects ?? {}).map(([id, { title, action }]) => [
    id,
    { title, action },
  ]);
  return {
    id: config.id,
    name: config.name ?? config.id,
    cycleWord: profile?.cycleWord ?? { ko: '샷', en: 'shot' },
    features: profile === undefined ? {} : featuresOf(profile, bundle),
    signals: Object.fromEntries(
      Object.entries(profile?.signals ?? {}).map(([name, { title }]) => [name, title]),
    ),
    defects: Object.fromEntries(defects),
    parts: config.parts.length === 0 ? [''] : config.parts,
    idealCycleMs: idealCycleMs(config),
  };
}

/** `profiles`: by the reference as it is written there. */
export function panelPlanOf(
  config: Config,
  profiles: ReadonlyMap<string, Profile>,
  bundles: ReadonlyMap<string, Bundle>,
): PanelPlan {
  const { id: gateway, site, locale, shifts } = config.gateway;
  const machines = config.machines.map((machine) =>
    machineOf(machine, profiles.get(machine.profile), bundles.get(machine.id) ?? null),
  );
  return {
    ...{ gateway, site, locale, machines },
    settings: config.panel ?? null,
    ...{ shifts, production: config.production },
  };
}
