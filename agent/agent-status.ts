/** What an agent tells of itself: to `ppuri status`, the panel, and its metrics. */
import type { BusStats } from '../drivers/driver.ts';
import type { DeskCounts, DeskState } from './alerts/desk.ts';
import type { ClockStatus } from './health/clock.ts';
import type { Quantiles } from './health/latency.ts';
import type { InferenceStatus } from './infer/inference.ts';
import type { MachineStatus } from './machine-status.ts';
import type { SlotStatus } from './model-status.ts';
import type { OutputStatus } from './outputs/output.ts';
import type { Alert } from './records.ts';
import type { KeeperStats } from './store/keeper.ts';
import type { LoopDelayMs } from './store/loop-delay.ts';

/** What `ppuri status` shows. */
export interface AgentStatus {
  readonly gateway: string;
  readonly site: string;
  readonly boot: string;
  readonly startedWallMs: number;
  readonly uptimeMs: number;
  readonly clock: ClockStatus;
  readonly rssBytes: number;
  readonly machines: readonly MachineStatus[];
  readonly alerts: DeskState &
    DeskCounts & {
      /** Cleared without anybody's acknowledgement. */
      readonly unseen: readonly Alert[];
      /** Of the gateway as a whole. */
      readonly plant: readonly Alert[];
    };
  readonly buses: readonly BusStats[];
  readonly outputs: readonly OutputStatus[];
  readonly inference: InferenceStatus;
  /** Of each machine, and of each mold with a model of its own. */
  readonly models: readonly SlotStatus[];
  readonly store: KeeperStats;
  readonly latencyMs: {
    readonly snapshotToAlert: Quantiles | null;
    readonly snapshotToReject: Quantiles | null;
    /** Of predictions that were scored: until a child got them, and from then to their answer. */
    readonly inferenceQueued: Quantiles | null;
    readonly inferenceRun: Quantiles | null;
  };
  readonly eventLoopMs: LoopDelayMs;
}
