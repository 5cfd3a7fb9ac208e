/** Where the parts of one store lie, below the directory `store.path` of the configuration. */
import { join } from 'node:path';

export interface StorePaths {
  readonly dir: string;
  readonly database: string;
  /** Held for as long as an agent uses the store; the kernel lets go of it when that agent dies. */
  readonly lock: string;
  readonly socket: string;
  /** Room that is given up when the disk is full. */
  readonly ballast: string;
  /** The last seq handed out, when that cannot be seen from the records. */
  readonly handedOut: string;
}

export function storePaths(dir: string): StorePaths {
  return {
    dir,
    database: join(dir, 'ppuri.db'),
    lock: join(dir, 'ppuri.lock'),
    socket: join(dir, 'control.sock'),
    ballast: join(dir, 'ppuri.ballast'),
    handedOut: join(dir, 'ppuri.last'),
  };
}

/** Longest path a unix socket can have on Linux, in bytes. */
export const socketPathMax = 107;
