/** Where the parts of one store lie, below the directory `store.path` of the configuration. */
import { join } from 'node:path';

export interface StorePaths {
  readonly dir: string;
  readonly database: string;
  /** Held for as long as an agent uses the store; the kernel lets go of it when that agent dies. */
  readonly lock: string;
  readonly socket: string;
}

export function storePaths(dir: string): StorePaths {
  return {
    dir,
    database: join(dir, 'ppuri.db'),
    lock: join(dir, 'ppuri.lock'),
    socket: join(dir, 'control.sock'),
  };
}

/** Longest path a unix socket can have on Linux, in bytes. */
export const socketPathMax = 107;
