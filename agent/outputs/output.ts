/** What shows the state of the plant over a bus: the contract of every output. */
import type { Bus } from '../../drivers/driver.ts';
import type { AgentEvent, Severity } from '../records.ts';

/** What outputs show. */
export interface PlantState {
  /** The worst alert that stands and is not shelved; null: nothing is wrong. */
  readonly worst: Severity | null;
  /** The worst one that calls for attention and that nobody has acknowledged; null: none does. */
  readonly calling: Severity | null;
  readonly buzzer: 'off' | 'sounding' | 'silenced';
  /** `all`: every machine answers and is judged; `some`: not every one; `none`. */
  readonly watching: 'all' | 'some' | 'none';
}

export interface OutputStatus {
  readonly name: string;
  readonly type: string;
  /** What is wanted is known to be shown. */
  readonly ok: boolean;
  /** Why not; empty when all is well. */
  readonly detail: string;
  /** Confirmed by the device. */
  readonly writes: number;
  readonly failed: number;
}

/** Nothing of it blocks or throws: writes go out behind every poll of the bus. */
export interface Output {
  /** Puts everything off that an earlier run may have left on. Nothing is written before. */
  start(): void;
  /**
   * To be called at the end of each turn of finished work, changed or not, at least twice a second:
   * a heartbeat lives on these calls and on nothing else, so a loop that stands ends it.
   */
  show(state: PlantState): void;
  status(): OutputStatus;
  /**
   * Puts everything off, and writes nothing from then on. Settles within some time-outs of the bus,
   * whatever the device does; to be called before the bus is closed.
   */
  close(): Promise<void>;
}

export interface OutputEvents {
  /** A trouble is told once until it is over. */
  readonly tell: (kind: string, level: AgentEvent['level'], subject: string, text: string) => void;
}

export interface OutputFactory<Config> {
  /** Pure: nothing is written before `start`. */
  create(name: string, config: Config, bus: Bus, events: OutputEvents): Output;
}
