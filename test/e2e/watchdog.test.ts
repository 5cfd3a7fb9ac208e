/** The agent under a socket that stands for systemd's, since none runs here: what it says, and when not. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { needs } from '../fixtures/programs.ts';
import { groupMembers, type Started, start } from './program.ts';

needs('systemd-notify', 'perl');

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Prints what it receives; descriptors that come along are closed, which is the barrier's answer. */
const receiver = `
  $| = 1;
  socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
  bind($s, sockaddr_un($ARGV[0])) or die $!;
  while (defined recv($s, my $text, 65536, 0)) { print "$text\\n" }`;

interface Systemd {
  readonly socket: string;
  heard(): string;
  /** How often the watchdog was fed. */
  fed(): number;
  /** Resolves once it was fed so often, or heard `text`. */
  until(what: number | string): Promise<void>;
}

async function systemd(dir: string): Promise<Systemd> {
  const socket = join(dir, 'notify');
  const child = spawn('perl', ['-MSocket', '-e', receiver, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ends.push(() => child.kill());
  let text = '';
  const waits = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    for (const wait of waits) wait();
  });
  const fed = (): number => text.split('WATCHDOG=1').length - 1;
  const until = (what: number | string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (typeof what === 'number' ? fed() < what : !text.includes(what)) return;
        waits.delete(look);
        resolve();
      };
      waits.add(look);
      look();
    });
  while (!existsSync(socket)) await new Promise((resolve) => setImmediate(resolve));
  return { socket, heard: () => text, fed, until };
}

async function machine(): Promise<{ port: number; simulator: Started }> {
  const simulator = start(['simulate', 'die-casting-cold-chamber', '--speed', '60', '--json']);
  ends.push(async () => {
    simulator.process.kill('SIGKILL');
    await simulator.finished;
  });
  const { port } = JSON.parse(await simulator.line(/"listening"/)).listening;
  return { port, simulator };
}

function agent(dir: string, port: number, more: Record<string, string>, store = 'store'): Started {
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${port}, timeoutMs: 300 } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press, unit: 1 } }
    model: diecast-defect
store: { path: ${join(dir, store)} }
`,
  );
  const started = start(['run', '-c', file], dir, 'pipe', more);
  ends.push(async () => {
    started.process.kill('SIGTERM');
    await started.finished;
  });
  return started;
}

/** Pid of the agent's child in this role. */
function childOf(started: Started, role: string): number {
  const found = groupMembers(started.process.pid ?? 0).find((pid) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`PPURI_ROLE=${role}`),
  );
  if (found === undefined) throw new Error(`no ${role}`);
  return found;
}

test('ready, fed while work is done, also with a dead machine, silent when the store is wedged', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-watchdog-'));
  const { socket, heard, fed, until } = await systemd(dir);
  const { port, simulator } = await machine();
  const started = agent(dir, port, { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '600000' });
  await until('READY=1');
  await until(3);
  expect(heard()).toMatch(/STATUS=1 machines/);
  for (const role of ['keep', 'infer'])
    expect(readFileSync(`/proc/${childOf(started, role)}/environ`, 'utf8')).not.toMatch(
      /NOTIFY_SOCKET|WATCHDOG_USEC/,
    );

  simulator.process.kill('SIGKILL');
  await started.line(/"link-lost"/);
  await until(fed() + 5);

  const keep = childOf(started, 'keep');
  process.kill(keep, 'SIGSTOP');
  expect(await started.line(/"work-overdue"/)).toContain('the store');
  const before = fed();
  process.kill(keep, 'SIGCONT');
  await started.line(/"work-again"/);
  // One may have been under way to the socket when the wedge was found.
  expect(fed()).toBeLessThanOrEqual(before + 1);
  await until(fed() + 2);
  started.process.kill('SIGTERM');
  await until('STOPPING=1');
  expect((await started.finished).code).toBe(0);
}, 60_000);

test('a store that cannot be opened is said, and the watchdog is fed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-watchdog-'));
  const { socket, until } = await systemd(dir);
  const { port } = await machine();
  writeFileSync(join(dir, 'file'), '');
  const more = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '600000' };
  const started = agent(dir, port, more, 'file/store');
  await started.line(/"store-(?:down|unusable)"/);
  await until('READY=1');
  await until(10);
}, 60_000);

test('nobody at the socket: said once, and the agent goes on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-watchdog-'));
  const { port } = await machine();
  const started = agent(dir, port, { NOTIFY_SOCKET: join(dir, 'absent'), WATCHDOG_USEC: '600000' });
  expect(await started.line(/"notify-lost"/)).toContain('"warn"');
  started.process.kill('SIGTERM');
  const { code, stdout } = await started.finished;
  expect(code).toBe(0);
  expect(stdout.match(/"notify-lost"/g)).toHaveLength(1);
}, 60_000);
