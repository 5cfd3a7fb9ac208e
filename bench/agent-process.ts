/** The agent as a gateway runs it: `ppuri run` in a process of its own, with its children. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childrenOf, cpuMsOf, pssMiBOf, roleOf } from './proc.ts';

export interface AgentProcess {
  readonly pid: number;
  /** Of each process by role, `loop` being the parent; ms of CPU and MiB of PSS. */
  sample(): AgentSample;
  /** Rejects when the agent ends by itself. */
  readonly broken: Promise<never>;
  /** SIGINT, then SIGKILL after ten seconds. Rejects when it did not end well. */
  stop(): Promise<void>;
}

export interface AgentSample {
  readonly monoMs: number;
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly pssMiB: Readonly<Record<string, number>>;
}

const launcher = fileURLToPath(new URL('../agent/ppuri.js', import.meta.url));
const endWithinMs = 10_000;

/** `nodeFlags`: for looking closer, e.g. `--cpu-prof`. */
export function startAgent(config: string, nodeFlags: readonly string[] = []): AgentProcess {
  const child = spawn(process.execPath, [...nodeFlags, launcher, 'run', '-c', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error('the agent could not be started');
  const said = lastLines(child);
  const broken = new Promise<never>((_, reject) =>
    child.once('exit', (code, signal) => reject(badEnd(signal ?? code, said()))),
  );
  // Heard by whoever measures; an agent that is told to stop ends too.
  broken.catch(() => undefined);
  return { pid, sample: () => sampleOf(pid), broken, stop: () => stop(child, said) };
}

function badEnd(how: unknown, said: string): Error {
  return new Error(`the agent ended with ${how}; its last words: ${said}`);
}

function lastLines(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-4000);
  });
  return () => text;
}

function sampleOf(pid: number): AgentSample {
  const cpuMs: Record<string, number> = {};
  const pssMiB: Record<string, number> = {};
  for (const each of [pid, ...childrenOf(pid)]) {
    const role = each === pid ? 'loop' : (roleOf(each) ?? 'other');
    cpuMs[role] = (cpuMs[role] ?? 0) + (cpuMsOf(each) ?? 0);
    pssMiB[role] = (pssMiB[role] ?? 0) + (pssMiBOf(each) ?? 0);
  }
  return { monoMs: performance.now(), cpuMs, pssMiB };
}

async function stop(child: ChildProcess, said: () => string): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.exitCode === null && child.signalCode === null) {
    const kill = setTimeout(() => child.kill('SIGKILL'), endWithinMs);
    child.kill('SIGINT');
    await ended;
    clearTimeout(kill);
  }
  const { exitCode, signalCode } = child;
  if (exitCode === 0 || exitCode === 130) return;
  throw badEnd(signalCode ?? exitCode, said());
}
