/** What everyone who is measured has in common. */
import type { Task } from './plan.ts';

export type Tuning = 'tuned' | 'untuned';

/** What is put on the wire until a shot is known whole. */
export type Reading =
  /** One read of counter and block, each 100 ms. */
  | 'block'
  /** The counter; when it has changed the block, and the counter once more. */
  | 'counter';

export interface Contestant {
  readonly name: string;
  readonly reading: Reading;
  /** Why it cannot take part, or null. */
  missing(): string | null;
  /** `dir` is its own and empty. */
  start(task: Task, dir: string): Promise<Running>;
}

export interface Running {
  /** User and system time of all its processes so far, ms, and their PSS, MiB. */
  sample(): { readonly cpuMs: number; readonly pssMiB: number };
  /** Rejects when it ends by itself. */
  readonly broken: Promise<never>;
  stop(): Promise<void>;
}
