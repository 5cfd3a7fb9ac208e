/** What a machine is given by its surroundings. */
import type { Profile } from '../config/profile.ts';
import type { AnyBus } from '../drivers/driver.ts';
import type { FactorTable } from './carbon/factors.ts';
import type { Inference } from './infer/inference.ts';
import type { AgentEvent, Alert, Cycle, Instant, RecordBody, Verdict } from './records.ts';
import type { Answer } from './verdict/judge.ts';

export interface MachineSurroundings {
  /** By the reference as the configuration writes it. */
  readonly profileOf: (reference: string) => Profile;
  readonly busOf: (name: string) => AnyBus;
  /** Never rejects; settles by the deadline. */
  readonly predict: (request: {
    model: string;
    machine: string;
    input: Float32Array;
    deadlineMs: number;
    hardLimitMs: number;
  }) => Promise<Answer>;
  /** For rows that no verdict waits for; its times count nowhere. */
  readonly predictAside: Inference['predict'];
  /** A prediction by this model, given by its hash, will be asked for in a moment. */
  readonly rehearse: (model: string) => void;
  readonly keep: (body: RecordBody, at: Instant) => void;
  readonly onVerdict: (cycle: Cycle, verdict: Verdict) => void;
  /** What is to be told of what this machine's engine says. */
  readonly present: (alerts: readonly Alert[]) => readonly Alert[];
  /** Alerts of this machine that stand. */
  readonly standing: (machine: string) => readonly Alert[];
  readonly onAlert: (alert: Alert) => void;
  readonly onRejected: (ms: number) => void;
  readonly onEvent: (event: AgentEvent) => void;
  readonly timeScale: number;
  /** Epoch ms at which the shift of a moment began. */
  readonly shiftOf: (wallMs: number) => number;
  /** Without a shot for so many usual cycles the machine stands. */
  readonly stopAfterCycles: number;
  readonly factors: FactorTable;
  /** Where in the poll interval the trigger is read, 0 to 1. */
  readonly phase: number;
  /** What the bus of the machine's own device allows, ms; the configuration's pollMs is the user's. */
  readonly leastTriggerMs: number;
}
