/** The agent as a gateway runs it: `ppuri run` in a process of its own, with its children. */
import { type ChildProcess, spawn } from 'node:child_process';
import { PpuriError } from '../../config/errors.ts';
import { ownLauncher } from '../role.ts';
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

/** What errors of that agent are about. */
export const agentSubject = 'ppuri run';
const endWithinMs = 10_000;
/** What a service manager told this process is not meant for that agent. */
const notForIt = { NOTIFY_SOCKET: undefined, WATCHDOG_USEC: undefined, WATCHDOG_PID: undefined };

export interface AgentProgram {
  /** A single file; absent: this program itself. */
  readonly program?: string;
  /** For looking closer, e.g. `--cpu-prof`; of the source alone. */
  readonly nodeFlags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export function startAgent(config: string, how: AgentProgram = {}): AgentProcess {
  const { program, nodeFlags = [], environment = {} } = how;
  const source = program === undefined ? ownLauncher(nodeFlags) : [];
  const child = spawn(program ?? process.execPath, [...source, 'run', '-c', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...notForIt, ...environment },
  });
  const pid = child.pid;
  const said = lastLines(child);
  if (pid === undefined) throw badEnd('could not be started', said());
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const broken = new Promise<never>((_, reject) =>
    child.once('exit', (code, signal) => {
      process.off('exit', kill);
      reject(badEnd(`ended with ${signal ?? code}`, said()));
    }),
  );
  // Heard by whoever measures; an agent that is told to stop ends too.
  broken.catch(() => undefined);
  return { pid, sample: () => sampleOf(pid), broken, stop: () => stop(child, said) };
}

function badEnd(how: string, said: string): PpuriError {
  const words = said.trim().split('\n').slice(-3).join('\n');
  return new PpuriError('internal', `the agent of the benchmark ${how}`, {
    operation: 'benchmark the agent',
    subject: agentSubject,
    hint: words === '' ? 'it said nothing' : `its last words:\n${words}`,
  });
}

function lastLines(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
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
  throw badEnd(`ended with ${signalCode ?? exitCode}`, said());
}
