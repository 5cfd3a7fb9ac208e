/** Runs the product as a user does: the launcher in a process of its own, with a fresh HOME. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../agent/ppuri.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the first line that matches; rejects when the program ends before. */
  line(pattern: RegExp): Promise<string>;
  readonly finished: Promise<Finished>;
}

/** `stdout`: a file descriptor instead of a pipe that is read here. `more`: into its environment. */
export function start(
  args: readonly string[],
  cwd?: string,
  stdout: number | 'pipe' = 'pipe',
  more: Readonly<Record<string, string>> = {},
): Started {
  const home = mkdtempSync(join(tmpdir(), 'ppuri-home-'));
  const env = { ...process.env, HOME: home, NO_COLOR: '1', VITEST: undefined, ...more };
  const child = spawn(process.execPath, [launcher, ...args], {
    env,
    cwd: cwd ?? home,
    detached: true,
    stdio: ['ignore', stdout, 'pipe'],
  });
  let written = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = once(child, 'close').then(
    ([code]) => ({ code, stdout: written, stderr }) as Finished,
  );
  return {
    process: child,
    stdout: () => written,
    stderr: () => stderr,
    line: (pattern) => lineOf(child, () => written, pattern, finished),
    finished,
  };
}

function lineOf(
  child: ChildProcess,
  stdout: () => string,
  pattern: RegExp,
  finished: Promise<Finished>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = stdout()
        .split('\n')
        .find((line) => pattern.test(line));
      if (found !== undefined) resolve(found);
    };
    look();
    child.stdout?.on('data', look);
    void finished.then(({ stderr }) => reject(new Error(`ended without ${pattern}: ${stderr}`)));
  });
}

export function run(args: readonly string[], cwd?: string): Promise<Finished> {
  return start(args, cwd).finished;
}

/** Processes whose process group is `group`, that is all a detached program left behind. */
export function groupMembers(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(pgrp) === group && state !== 'Z';
      } catch {
        return false; // It ended while we looked.
      }
    });
}
