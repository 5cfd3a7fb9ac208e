/** What is told of one machine. */
import type { LineCounts } from './line.ts';
import type { Alert, Cycle, DriftHealth, EnergyPeriod, FurnaceState, Verdict } from './records.ts';
import type { SlowPollerStats } from './signals/slow-poller.ts';

export interface FurnaceStatus {
  readonly state: FurnaceState;
  /** kW that an open lid costs more than a closed one, measured here; null: not yet. */
  readonly lidExtraKW: number | null;
}

export interface MachineStatus {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly model: { readonly name: string; readonly version: string; readonly hash: string } | null;
  readonly link: 'up' | 'lost' | 'unknown';
  readonly counts: Omit<LineCounts, 'last'>;
  readonly last: {
    readonly shot: number | null;
    readonly mold: string | null;
    readonly outcome: string;
    readonly reason: string;
    readonly probability: number | null;
    readonly wallMs: number;
    /** How long ago, by the monotonic clock. */
    readonly ageMs: number;
  } | null;
  readonly openAlerts: readonly Alert[];
  readonly drift: DriftHealth;
  readonly devices: readonly {
    readonly name: string;
    readonly bus: string;
    readonly unit: number;
  }[];
  readonly polls: number;
  readonly missedTicks: number;
  /** Of its slow signals together. */
  readonly slow: SlowPollerStats;
  /** Periods of its energy that are not kept yet; null: nothing measures it. */
  readonly energy: readonly EnergyPeriod[] | null;
  /** Absent or null: it is none. */
  readonly furnace?: FurnaceStatus | null;
  readonly rejects: { readonly pulses: number; readonly failed: number } | null;
}

export function lastShotOf(cycle: Cycle, verdict: Verdict): MachineStatus['last'] {
  const { shot, mold, at } = cycle;
  const { outcome, reason, probability } = verdict;
  return {
    shot,
    mold,
    outcome,
    reason,
    probability,
    wallMs: at.wallMs,
    ageMs: performance.now() - at.monoMs,
  };
}
