/**
 * Sequential Modbus TCP reads per second: the agent's bus, modbus-serial's own client and a C client
 * on libmodbus, in turns, against one simulated machine in a process of its own.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { forkRole } from '../agent/role.ts';
import { startSimulator } from '../agent/simulator/client.ts';
import { createBus } from '../drivers/registry.ts';
import { type Bench, type Figure, figure } from './figure.ts';
import { quantile } from './quantiles.ts';
import { profile } from './shop-words.ts';

const ownSeconds = 30;
const roundSeconds = 1;
/** What a snapshot reads: the counter, the block, the counter again. */
const plan = [
  { address: 0, count: 1 },
  { address: 10, count: 32 },
  { address: 0, count: 1 },
] as const;

/** Reads for so long and gives what it did. */
type Reader = (seconds: number) => Promise<Pace>;

interface Pace {
  readonly readsPerSecond: number;
  /** CPU of the client's process, user and system. */
  readonly cpuUsPerRead: number;
}

export const modbusReads: Bench = {
  name: 'modbus-reads',
  title: 'sequential Modbus TCP reads against other clients, same plan, same server',
  async run({ seconds, dir, say }) {
    const simulator = await startSimulator({
      fork: forkRole,
      plants: [{ machines: [{ id: 'dc-01', profile, unit: 1, seed: 1, speed: 1 }] }],
    });
    try {
      const port = simulator.ports[0] ?? 0;
      const c = buildC(join(dir, 'libmodbus-reads'));
      const readers = new Map<string, Reader>([
        ['the agent’s bus', (each) => readByBus(port, each)],
        ['modbus-serial', (each) => readByModbusSerial(port, each)],
        ...('path' in c ? [['libmodbus in C', readerInC(c.path, port)] as const] : []),
      ]);
      const rounds = Math.max(
        1,
        Math.round((seconds ?? ownSeconds) / (roundSeconds * readers.size)),
      );
      say(`${rounds} rounds of ${readers.size} clients`);
      const paces = await inTurns(readers, rounds);
      return { figures: figuresOf(paces, 'why' in c ? c.why : ''), remarks: remarks() };
    } finally {
      await simulator.stop();
    }
  },
};

async function inTurns(readers: Map<string, Reader>, rounds: number): Promise<Map<string, Pace[]>> {
  const paces = new Map<string, Pace[]>([...readers.keys()].map((name) => [name, []]));
  for (const read of readers.values()) await read(roundSeconds / 2);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, read] of readers) paces.get(name)?.push(await read(roundSeconds));
  }
  return paces;
}

async function readByBus(port: number, seconds: number): Promise<Pace> {
  const bus = createBus('bench', { type: 'modbus-tcp', host: '127.0.0.1', port, timeoutMs: 1000 });
  try {
    return await paceOf(seconds, async ({ address, count }) => {
      await bus.read({ unit: 1, table: 'holding', address, count, priority: 'shot' });
    });
  } finally {
    await bus.close();
  }
}

async function readByModbusSerial(port: number, seconds: number): Promise<Pace> {
  const { default: ModbusRtu } = (await import('modbus-serial')).default;
  const client = new ModbusRtu();
  await client.connectTCP('127.0.0.1', { port });
  client.setID(1);
  client.setTimeout(1000);
  try {
    return await paceOf(seconds, async ({ address, count }) => {
      await client.readHoldingRegisters(address, count);
    });
  } finally {
    client.close(() => undefined);
  }
}

async function paceOf(
  seconds: number,
  read: (block: (typeof plan)[number]) => Promise<void>,
): Promise<Pace> {
  await read(plan[0]);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let reads = 0;
  while (performance.now() - begun < seconds * 1000) {
    for (const block of plan) await read(block);
    reads += plan.length;
  }
  const tookMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  return { readsPerSecond: (reads * 1000) / tookMs, cpuUsPerRead: (user + system) / reads };
}

/** `pauseUs`: so long a sleep before each read. */
export function readerInC(path: string, port: number, pauseUs = 0): Reader {
  const blocks = plan.flatMap(({ address, count }) => [`${address}`, `${count}`]);
  return async (seconds) => {
    const run = promisify(execFile);
    const args = ['127.0.0.1', `${port}`, '1', `${seconds}`, ...blocks];
    const { stdout } = await run(path, args, { env: { PAUSE_US: `${pauseUs}` } });
    const { reads, seconds: took, cpuSeconds } = JSON.parse(stdout);
    return { readsPerSecond: reads / took, cpuUsPerRead: (cpuSeconds * 1e6) / reads };
  };
}

/** Compiles the C client, or says what is missing. */
export function buildC(path: string): { readonly path: string } | { readonly why: string } {
  const source = fileURLToPath(new URL('./peers/libmodbus-reads.c', import.meta.url));
  try {
    const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libmodbus'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const args = ['-O2', '-o', path, source, ...flags.trim().split(/\s+/)];
    execFileSync('gcc', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    return existsSync(path) ? { path } : { why: 'gcc built nothing' };
  } catch {
    return { why: 'needs gcc, pkg-config and libmodbus (Debian: apt-get install libmodbus-dev)' };
  }
}

function figuresOf(paces: ReadonlyMap<string, readonly Pace[]>, whyNoC: string): Figure[] {
  const middle = (name: string, value: (pace: Pace) => number): number | null => {
    const all = paces.get(name);
    return all === undefined ? null : quantile(all.map(value), 0.5);
  };
  const rate = (name: string) => middle(name, ({ readsPerSecond }) => readsPerSecond);
  const cpu = (name: string) => middle(name, ({ cpuUsPerRead }) => cpuUsPerRead);
  const names = ['the agent’s bus', 'modbus-serial', 'libmodbus in C'];
  const [own = '', serial = '', c = ''] = names;
  const noteOf = (name: string): string => (name === c ? whyNoC : '');
  const ratio = (a: number | null, b: number | null) => (a === null || b === null ? null : a / b);
  return [
    ...names.map((name) => figure(`${name}: reads`, rate(name), '/s', { note: noteOf(name) })),
    ...names.map((name) => figure(`${name}: CPU`, cpu(name), 'µs a read', { note: noteOf(name) })),
    figure('reads against libmodbus in C', ratio(rate(own), rate(c)), '×', {
      budget: { least: 0.5 },
      note: whyNoC,
    }),
    figure('reads against modbus-serial', ratio(rate(own), rate(serial)), '×'),
    figure('CPU against libmodbus in C', ratio(cpu(own), cpu(c)), '×', {
      note: whyNoC || 'the budget of 3× is for the whole agent at its load',
    }),
  ];
}

function remarks(): string[] {
  const { version } = createRequire(import.meta.url)('modbus-serial/package.json');
  return [
    `Medians over rounds of ${roundSeconds} s, clients in turns; one request outstanding. Plan: 1, 32 and 1 holding registers. modbus-serial ${version}.`,
    'The server is the simulator on Node: it bounds the rate of the C client too.',
  ];
}
