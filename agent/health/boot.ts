/** One start of the agent: an id never used twice, and whether its wall clock can be trusted. */
import { randomUUID } from 'node:crypto';
import { readClock } from './doctor-host.ts';

export interface Boot {
  readonly id: string;
  readonly startedWallMs: number;
  /** False where the system does not say. */
  readonly clockSynced: boolean;
}

export function newBoot(): Boot {
  const { wallMs, synced } = readClock();
  return { id: randomUUID(), startedWallMs: wallMs, clockSynced: synced === true };
}
