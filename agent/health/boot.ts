/** One start of the agent: an id never used twice, and whether its wall clock can be trusted. */
import { randomUUID } from 'node:crypto';
import { isPossible } from './clock.ts';
import { readClock } from './doctor-host.ts';

export interface Boot {
  readonly id: string;
  readonly startedWallMs: number;
  /** The same moment on the monotonic clock. */
  readonly startedMonoMs: number;
  /** False where the system does not say. */
  readonly clockSynced: boolean;
}

export function newBoot(): Boot {
  const { wallMs, synced } = readClock();
  const clockSynced = synced === true && isPossible(wallMs);
  return { id: randomUUID(), startedWallMs: wallMs, startedMonoMs: performance.now(), clockSynced };
}
