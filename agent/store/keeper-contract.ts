/** What the loop is given to keep its records with, and what it gives. */
import type { SyncPlan } from '../../config/sync-schema.ts';
import type { Log } from '../health/log.ts';
import type { AgentEvent, Instant, RecordBody } from '../records.ts';
import type { ForkRole } from '../role.ts';
import type { AllMethods } from './methods.ts';
import type { BootInfo, KeepDays } from './protocol.ts';
import type { WireError } from './trouble.ts';

export interface RecordKey {
  readonly boot: string;
  /** 1, 2, 3 … without holes in one start of the agent. */
  readonly seq: number;
}

export interface KeeperOptions {
  readonly fork: ForkRole;
  /** Directory of the store. */
  readonly path: string;
  readonly boot: BootInfo;
  readonly log: Log;
  /** Health events of the store; the caller logs them and may keep them. */
  readonly onEvent: (event: AgentEvent) => void;
  /** Records held while the store does not take them; default 5000. */
  readonly memoryRecords?: number;
  /** Byte cap of the database file, MiB; default 2048. */
  readonly maxMiB?: number;
  /** Default: all until the cap needs the room. */
  readonly keepDays?: KeepDays;
  /** Default: records are delivered nowhere. */
  readonly sync?: SyncPlan;
  /** Longest wait of an ordinary record for its commit; default 240. */
  readonly commitMs?: number;
  /** What works beside the store, plain data; absent: nothing does. */
  readonly beside?: unknown;
  /** Whether the wall clock can be trusted now; default: as at the start. */
  readonly clockSynced?: () => boolean;
}

/** Plain data: it may be published as part of the status. */
export interface KeeperStats {
  /** `ok`; `degraded`: late, or only alerts are kept; `down`: nothing is, records wait here. */
  readonly state: 'ok' | 'degraded' | 'down';
  readonly lastSeq: number;
  /** Committed since the start. */
  readonly kept: number;
  /** Not known to be committed yet. */
  readonly pending: number;
  /** Age of the oldest of them; null: there is none. */
  readonly oldestPendingMs: number | null;
  /** Given up; counted in gap records. */
  readonly dropped: number;
  readonly restarts: number;
  readonly pid: number | null;
  readonly lastError: WireError | null;
}

/** A command of a person, e.g. `model-use`; parameters as they came, unchecked. */
export interface Command {
  readonly method: string;
  readonly params: unknown;
}

export interface Keeper {
  /** Never waits, never throws. After `close` the record is only counted as dropped. */
  keep(body: RecordBody, at: Instant): RecordKey;
  /** Resolves when all kept so far is committed or counted as a gap; rejects `store-unavailable`. */
  flush(boundMs?: number): Promise<void>;
  /** When the store first answered, well or not, or after `boundMs`. Never rejects. */
  opened(boundMs?: number): Promise<KeeperStats>;
  stats(): KeeperStats;
  /** The clock is known, or at least likely: wall time = monotonic + offset, since it last was not. */
  fixClock(fix: { readonly offsetMs: number; readonly vouched: boolean }): void;
  /** What `ppuri status` shows; plain data. */
  publishStatus(snapshot: unknown): void;
  /** What the handler returns, or throws, is the answer to the command. */
  onCommand(handler: (command: Command) => Promise<unknown>): void;
  /** Rejects with PpuriError. */
  query<M extends keyof AllMethods>(
    method: M,
    params: AllMethods[M]['params'],
  ): Promise<AllMethods[M]['result']>;
  /** Commits what it can within about 1.7 s and leaves no process; rejects when records were lost. */
  close(): Promise<void>;
}
