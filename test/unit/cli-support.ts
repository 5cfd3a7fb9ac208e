/** Runs the commands that read a store as a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const queriesProgram = fileURLToPath(
  new URL('../fixtures/queries-program.ts', import.meta.url),
);

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `user`: whose process it is; only root may ask for another's. */
export function runQueries(
  args: readonly string[],
  user: { readonly uid?: number; readonly gid?: number } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [queriesProgram, ...args], {
      env: { ...process.env, TZ: 'Asia/Seoul', NO_COLOR: '1' },
      ...user,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
