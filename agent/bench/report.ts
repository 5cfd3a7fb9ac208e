/**
 * What `ppuri bench --json FILE` writes. Other programs rely on it: fields may be added, and what
 * changes otherwise gets another `schema`. It names no host, address, machine or site.
 */
import { listProfiles } from '../../config/profile-load.ts';
import type { Config } from '../../config/schema.ts';
import { modelsNamed } from '../../config/trial-schema.ts';
import type { Text } from '../records.ts';
import type { Capacity } from './capacity.ts';
import type { StoreFigures } from './disk.ts';
import type { RunFigures } from './figures.ts';
import type { HostFacts } from './host.ts';
import type { Judged } from './judge.ts';
import type { Load } from './load.ts';
import { realCycleSeconds } from './pace.ts';

export const reportSchema = 'ppuri-bench/1';

export interface LoadFacts {
  readonly source: 'standard' | 'configuration';
  readonly machines: number;
  /** Shipped profile, or `own` → machines. */
  readonly profiles: Readonly<Record<string, number>>;
  /** Type → buses. */
  readonly buses: Readonly<Record<string, number>>;
  readonly machinesWithModel: number;
  /** Of real machines of these kinds, all together. */
  readonly realShotsPerDay: number;
}

export interface StoreReport extends StoreFigures {
  /** Whether the disk measured is the one of the configured store. */
  readonly onStoreDisk: boolean;
  readonly inMemory: boolean;
  /** At the pace of real machines, each shot committed alone: no more than this. */
  readonly bytesPerDay: number | null;
}

export interface BenchReport {
  readonly schema: typeof reportSchema;
  readonly ppuri: string;
  readonly at: string;
  readonly host: HostFacts;
  readonly load: LoadFacts;
  readonly run: RunFigures;
  /** Shots come so many times faster than real machines make them. */
  readonly paceFactor: number;
  readonly store: StoreReport;
  /** Null: not asked for. */
  readonly capacity: Capacity | null;
  readonly verdict: Omit<Judged, 'tightest'> & { readonly deadlineMs: number | null };
  /** What may have disturbed the figures; empty: the computer was quiet. */
  readonly disturbed: readonly Disturbance[];
  readonly notes: readonly Text[];
}

/** `others`: other programs were busy. `steal`: a hypervisor gave the processor to others. `slowed`:
 * the firmware slowed it down. `agent`: an agent was at work here. `not-first`: this user's
 * processes may not go before others, as those of the service may. */
export type Disturbance = 'others' | 'steal' | 'slowed' | 'agent' | 'not-first';

const muchOthers = 0.1;
const muchSteal = 0.02;

export function disturbances(
  { surroundings }: RunFigures,
  host: HostFacts,
  agentAtWork: boolean,
): Disturbance[] {
  const { othersCores, stealCores, slowed } = surroundings;
  const found: Disturbance[] = [];
  if ((othersCores ?? 0) > muchOthers) found.push('others');
  if ((stealCores ?? 0) > muchSteal) found.push('steal');
  if (slowed === true) found.push('slowed');
  if (agentAtWork) found.push('agent');
  if (!host.mayGoFirst) found.push('not-first');
  return found;
}

export function loadFacts({ config, profiles }: Load, source: LoadFacts['source']): LoadFacts {
  const shipped = listProfiles();
  const kinds = config.machines.map(({ profile }) => profiles.get(profile));
  return {
    source,
    machines: config.machines.length,
    profiles: tally(kinds.map((kind) => (shipped.includes(kind?.id ?? '') ? kind?.id : 'own'))),
    buses: tally(Object.values(config.buses).map(({ type }) => type)),
    machinesWithModel: config.machines.filter(({ model }) => modelsNamed(model).length > 0).length,
    realShotsPerDay: Math.round(realShotsPerSecond(config, profiles) * 86_400),
  };
}

export function realShotsPerSecond({ machines }: Config, profiles: Load['profiles']): number {
  return machines.reduce((sum, { profile: reference }) => {
    const profile = profiles.get(reference);
    return profile === undefined ? sum : sum + 1 / realCycleSeconds(profile);
  }, 0);
}

function tally(names: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
