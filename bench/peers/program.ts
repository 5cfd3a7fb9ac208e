/** A program that is measured: started, looked at from outside, ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { childrenOf, cpuMsOf, pssMiBOf } from '../../agent/bench/proc.ts';
import type { Running } from './contestant.ts';

const endWithinMs = 10_000;

/** Starts a program that goes on until it is told to stop. */
export function run(program: string, args: readonly string[]): Running {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = lastWords(child);
  let stopping = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const broken = ended.then((): never | Promise<never> => {
    // Somebody who waits for it to break must not be told of an end that was asked for.
    if (stopping) return new Promise<never>(() => undefined);
    throw new Error(`it ended with ${child.signalCode ?? child.exitCode}: ${said()}`);
  });
  broken.catch(() => undefined);
  return {
    sample: () => sampleOf(child.pid ?? 0),
    broken,
    stop: async () => {
      stopping = true;
      const kill = setTimeout(() => child.kill('SIGKILL'), endWithinMs);
      child.kill('SIGINT');
      await ended;
      clearTimeout(kill);
    },
  };
}

function lastWords(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-4000);
    });
  }
  return () => text;
}

function sampleOf(pid: number): { cpuMs: number; pssMiB: number } {
  const own = { cpuMs: cpuMsOf(pid) ?? 0, pssMiB: pssMiBOf(pid) ?? 0 };
  return childrenOf(pid)
    .map(sampleOf)
    .reduce(
      (sum, each) => ({ cpuMs: sum.cpuMs + each.cpuMs, pssMiB: sum.pssMiB + each.pssMiB }),
      own,
    );
}
