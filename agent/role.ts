/**
 * One program, several processes. A child is the same program with PPURI_ROLE set, which also
 * holds inside a single-file binary, where fork re-runs the executable itself.
 */
import {
  type ChildProcess,
  fork,
  type ForkOptions as NodeForkOptions,
  spawn,
} from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { leanNode } from '../config/lean-node.ts';
import { inOneFile } from '../config/shipped.ts';

/** Besides these `unpack`, which the installation of a package runs: see config/unpack.ts. */
export type Role =
  | 'count'
  | 'infer'
  | 'keep'
  | 'simulate'
  | 'receive'
  | 'selftest'
  | 'train'
  | 'verify';

export interface ForkOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Where the child's stdout and stderr go; `inherit` keeps them the parent's. */
  readonly stdio?: 'inherit' | 'ignore' | 'pipe';
}

/** ONNX Runtime on Linux reports to its maker over the network, and keeps logs of it, unless told. */
const PRIVATE = { ORT_DISABLE_TELEMETRY: '1' } as const;

export type ForkRole = (role: Role, options?: ForkOptions) => ChildProcess;

/** Starts a child of this program in `role`, with structured-clone IPC (NaN and typed arrays pass). */
export const forkRole: ForkRole = (role, options = {}) => {
  const stdio = options.stdio ?? 'inherit';
  const args = [...(options.args ?? [])];
  const shared = {
    env: { ...process.env, ...options.env, ...PRIVATE, PPURI_ROLE: role },
    serialization: 'advanced',
    stdio: ['ignore', stdio, stdio, 'ipc'],
  } satisfies NodeForkOptions;
  // The single file has its Node flags inside, and takes none; fork would hand it a path to run.
  if (inOneFile()) return spawn(process.execPath, args, shared);
  const entry = fileURLToPath(new URL('./main.ts', import.meta.url));
  return fork(entry, args, { ...shared, execArgv: [...leanNode] });
};

/**
 * Arguments of `process.execPath` that start this program anew as a user does, before its command.
 * The single file takes no `nodeFlags`.
 */
export function ownLauncher(nodeFlags: readonly string[] = []): string[] {
  if (inOneFile()) return [];
  return [...leanNode, ...nodeFlags, fileURLToPath(new URL('./ppuri.js', import.meta.url))];
}
