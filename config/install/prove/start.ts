/**
 * How long the single file takes from its start to the first byte of its first poll, as the machine
 * sees it: `node config/install/prove/start.ts FILE [RUNS]`. Each run once with an empty runtime
 * directory, where the file unpacks itself first, and once more with what that left.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function configuration(port: number, store: string): string {
  return `gateway: { id: gw-start, site: here, locale: ko }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port} } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press, unit: 1 } }
    model: diecast-defect
store: { path: ${store} }
`;
}

interface Start {
  /** ms until the first request was there. */
  readonly ms: number;
  /** ms of processor time that the agent and its children had taken by then. */
  readonly cpuMs: number;
}

/** Empty for a process that ended while we looked. */
function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

/** Of a process and its children, ended or not; a tick is 10 ms. */
function cpuMs(pid: number): number {
  const ticks = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const stat = statOf(name);
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ours = Number(name) === pid || Number(fields[1]) === pid;
      return ours ? fields.slice(11, 15).reduce((all, field) => all + Number(field), 0) : 0;
    });
  return ticks.reduce((all, one) => all + one, 0) * 10;
}

/** ms from the start of `program` to its first request; `runtime` is where it unpacks itself. */
async function firstPoll(program: string, runtime: string): Promise<Start> {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-start-'));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const config = join(dir, 'ppuri.yaml');
  writeFileSync(config, configuration(address.port, join(dir, 'store')));
  const polled = new Promise<number>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('error', () => undefined).once('data', () => resolve(performance.now()));
    });
  });
  const started = performance.now();
  const child = spawn(program, ['run', '-c', config], {
    env: { ...process.env, PPURI_RUNTIME_DIR: runtime },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const early = ended.then(([code]) => Promise.reject(new Error(`it ended with ${code}`)));
  try {
    const ms = (await Promise.race([polled, early])) - started;
    return { ms, cpuMs: cpuMs(child.pid ?? 0) };
  } finally {
    early.catch(() => undefined);
    child.kill('SIGTERM');
    await ended;
    server.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function line(starts: readonly Start[]): string {
  const figures = (['ms', 'cpuMs'] as const).map((name) => {
    const sorted = starts.map((start) => start[name]).sort((a, b) => a - b);
    const at = (share: number): string =>
      (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(0);
    return `${name} least ${at(0)}, median ${at(0.5)}, most ${at(1)}`;
  });
  return `${figures.join('; ')} (${starts.length} runs)\n`;
}

async function main([program, runs = '10']: readonly string[]): Promise<void> {
  if (program === undefined) throw new Error('name the single file');
  const [empty, filled]: [Start[], Start[]] = [[], []];
  for (let run = 0; run < Number(runs); run += 1) {
    const runtime = mkdtempSync(join(tmpdir(), 'ppuri-runtime-'));
    empty.push(await firstPoll(program, runtime));
    filled.push(await firstPoll(program, runtime));
    rmSync(runtime, { recursive: true, force: true });
  }
  process.stdout.write(`empty runtime directory: ${line(empty)}`);
  process.stdout.write(`unpacked before:         ${line(filled)}`);
}

await main(process.argv.slice(2));
