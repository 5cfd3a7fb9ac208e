/** From the start of the single file to the first poll on the wire. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type AgentProgram, startAgent } from '../agent/bench/agent-process.ts';
import type { Binary } from './binary.ts';
import { type Bench, type Figure, figure } from './figure.ts';
import { quantile } from './quantiles.ts';
import { model, profile } from './shop-words.ts';

const ownStarts = 10;
const secondsAStart = 4;
const patienceMs = 30_000;
const budget = { most: 1500 };

export function start(binary: () => Promise<Binary>): Bench {
  return {
    name: 'start',
    title: 'process start → first poll on the wire',
    async run({ seconds, dir, say }) {
      const starts =
        seconds === null ? ownStarts : Math.max(2, Math.round(seconds / secondsAStart));
      say('building the single file');
      const { installed, fresh, megabytes } = await binary();
      say(`${starts} starts of each kind`);
      const times = { installed: [] as number[], first: [] as number[], source: [] as number[] };
      for (let i = 0; i < starts; i += 1) {
        const runtime = join(dir, `runtime-${i}`);
        mkdirSync(runtime, { mode: 0o700 });
        times.installed.push(await oneStart(join(dir, `installed-${i}`), installed));
        times.first.push(await oneStart(join(dir, `first-${i}`), fresh(runtime)));
        times.source.push(await oneStart(join(dir, `source-${i}`), {}));
      }
      return {
        figures: [
          ...startFigures('the single file', times.installed, true),
          ...startFigures('the single file that unpacks itself first', times.first, true),
          ...startFigures('from the source', times.source, false),
          figure('size of the single file', megabytes, 'MB', { budget: { most: 170 } }),
        ],
        remarks: ['One machine, a fresh store each time. The first start of each kind counts too.'],
      };
    },
  };
}

function startFigures(what: string, times: readonly number[], bound: boolean): Figure[] {
  const more = { note: `${times.length} starts`, ...(bound ? { budget } : {}) };
  return [
    figure(`${what}: first poll, median`, quantile(times, 0.5), 'ms', more),
    figure(`${what}: first poll, slowest`, quantile(times, 1), 'ms', { note: more.note }),
  ];
}

/** The machine says nothing: what counts is when it is first asked. */
async function oneStart(dir: string, how: AgentProgram): Promise<number> {
  const asked = Promise.withResolvers<number>();
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => asked.resolve(performance.now()));
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  const config = `${dir}.yaml`;
  writeFileSync(config, configOf(typeof address === 'object' ? (address?.port ?? 0) : 0, dir));
  const begun = performance.now();
  const agent = startAgent(config, how);
  const late = setTimeout(() => asked.reject(new Error('no poll within 30 s')), patienceMs);
  try {
    return (await asked.promise) - begun;
  } finally {
    clearTimeout(late);
    await agent.stop();
    server.close();
  }
}

function configOf(port: number, store: string): string {
  return stringify({
    gateway: { id: 'bench' },
    buses: { press: { type: 'modbus-tcp', host: '127.0.0.1', port } },
    machines: [{ id: 'dc-01', profile, devices: { plc: { bus: 'press', unit: 1 } }, model }],
    store: { path: store },
  });
}
