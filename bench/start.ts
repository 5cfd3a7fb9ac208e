/** From the start of the process to the first poll on the wire. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startAgent } from '../agent/bench/agent-process.ts';
import { type Bench, figure } from './figure.ts';
import { quantile } from './quantiles.ts';
import { model, profile } from './shop-words.ts';

const ownStarts = 10;
const secondsAStart = 2;
const patienceMs = 30_000;

export const start: Bench = {
  name: 'start',
  title: 'process start → first poll on the wire',
  async run({ seconds, dir, say }) {
    const starts = seconds === null ? ownStarts : Math.max(2, Math.round(seconds / secondsAStart));
    say(`${starts} starts`);
    const times: number[] = [];
    for (let i = 0; i < starts; i += 1) times.push(await oneStart(join(dir, `${i}`)));
    const [first = Number.NaN, ...later] = times;
    const note = `${later.length} starts, without the first`;
    return {
      figures: [
        figure('first poll, median', quantile(later, 0.5), 'ms', { budget: { most: 1500 }, note }),
        figure('first poll, slowest', quantile(later, 1), 'ms', { note }),
        figure('first poll, first start', first, 'ms', { note: 'a fresh store each time' }),
      ],
      remarks: [
        'Started from the source, types stripped on the way; the budget is for the binary, which is not measured here.',
      ],
    };
  },
};

/** The machine says nothing: what counts is when it is first asked. */
async function oneStart(dir: string): Promise<number> {
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
  const agent = startAgent(config);
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
