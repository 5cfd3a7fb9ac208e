/** What an ordinary day costs: ten machines, sixty signals of each five times a second, and shots. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { AgentSample } from '../agent/bench/agent-process.ts';
import { freePanelPort } from '../agent/demo/panel-port.ts';
import { forkRole } from '../agent/role.ts';
import { startSimulator } from '../agent/simulator/client.ts';
import { shippedPath } from '../config/shipped.ts';
import type { Binary } from './binary.ts';
import { type Bench, type BenchContext, type Figure, figure } from './figure.ts';
import { buildC, readerInC } from './modbus-reads.ts';
import { runShop, type ShopRun } from './shop.ts';
import { profile } from './shop-words.ts';

const machines = 10;
const signals = 60;
const everyMs = 200;
/** Three times the pace of a real machine. */
const cycleSeconds = 10;
const ownSeconds = 60;
const warmUpSeconds = 20;
const firstRegister = 100;

export function load(binary: () => Promise<Binary>): Bench {
  return {
    name: 'load',
    title: `${machines} machines × ${signals} signals × 5 Hz and shots: memory and CPU of the single file`,
    async run(context) {
      const { seconds: given, dir, say } = context;
      const seconds = given ?? ownSeconds;
      const profilePath = join(dir, 'profile.yaml');
      writeFileSync(profilePath, profileText());
      say('building the single file');
      const run = await runShop({
        ...{ machines, seconds, dir: join(dir, 'shop'), say, cycleSeconds },
        warmUpSeconds: given === null ? warmUpSeconds : Math.max(3, given / 4),
        profile: profilePath,
        agent: (await binary()).installed,
        panelPort: await freePanelPort(0),
      });
      return {
        figures: [
          ...memory(run),
          ...cpu(run, await cUsPerRead(context, run.traffic.requests / run.seconds)),
        ],
        remarks,
      };
    },
  };
}

const remarks = [
  'The single file, with what it unpacks unpacked before, and both dropped from the page cache first. Store and panel are on; nobody looks at the panel, nothing is delivered.',
  'The C loop is libmodbus at the same number of requests a second, slept for by the clock as the agent’s are, without a model, a store or a panel.',
];

/** The shipped profile, with slow signals until there are sixty of them. */
function profileText(): string {
  const path = join(shippedPath('config/profiles'), `${profile}.yaml`);
  const base = parse(readFileSync(path, 'utf8'));
  const slow: Record<string, { poll?: string; everyMs?: number }> = base.signals;
  const own = Object.values(slow).filter(({ poll }) => poll === 'slow');
  for (const signal of own) signal.everyMs = everyMs;
  const more = Array.from({ length: signals - own.length }, (_, i) => [
    `channel${i + 1}`,
    {
      title: { ko: `채널 ${i + 1}`, en: `channel ${i + 1}` },
      ...{ at: `input ${firstRegister + i}`, poll: 'slow', everyMs, unit: '°C', scale: 0.1 },
    },
  ]);
  return stringify({ ...base, signals: { ...base.signals, ...Object.fromEntries(more) } });
}

function sumOf(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((sum, value) => sum + value, 0);
}

function memory({ after }: ShopRun): Figure[] {
  const roles = Object.entries(after.pssMiB);
  return [
    figure('memory of all processes (PSS)', sumOf(after.pssMiB), 'MiB', {
      budget: { most: 160 },
      note: roles.map(([role, mib]) => `${role} ${mib.toFixed(0)}`).join(', '),
    }),
  ];
}

function percent(role: string, { before, after, seconds }: ShopRun): number {
  const ms = (sample: AgentSample): number => sample.cpuMs[role] ?? 0;
  return ((ms(after) - ms(before)) / (seconds * 1000)) * 100;
}

function cpu(run: ShopRun, cUs: number | null): Figure[] {
  const roles = Object.keys(run.after.cpuMs);
  const all = roles.reduce((sum, role) => sum + percent(role, run), 0);
  const requests = run.traffic.requests / run.seconds;
  const judging = percent('loop', run) + percent('infer', run);
  const usPerRequest = (judging / 100 / requests) * 1e6;
  const note = cUs === null ? 'needs gcc, pkg-config and libmodbus' : 'its loop has no model';
  return [
    figure('CPU of all processes', all, '% of a core', {
      budget: { most: 20 },
      note: roles.map((role) => `${role} ${percent(role, run).toFixed(1)}`).join(', '),
    }),
    figure('requests', requests, '/s', { note: 'of all machines' }),
    figure('CPU of loop and infer a request', usPerRequest, 'µs'),
    figure('CPU of a C loop a request', cUs, 'µs', { note: cUs === null ? note : '' }),
    figure('CPU against the C loop', cUs === null ? null : usPerRequest / cUs, '×', {
      ...{ budget: { most: 3 }, note },
    }),
  ];
}

const cSeconds = 10;

/** Of libmodbus at that many requests a second, each slept for; null: it is not here. */
async function cUsPerRead(
  { dir, seconds }: BenchContext,
  requestsPerSecond: number,
): Promise<number | null> {
  const c = buildC(join(dir, 'libmodbus-reads'));
  if (!('path' in c)) return null;
  const simulator = await startSimulator({
    fork: forkRole,
    plants: [{ machines: [{ id: 'dc-01', profile, unit: 1, seed: 1, speed: 1 }] }],
  });
  try {
    const pauseUs = 1e6 / requestsPerSecond;
    const reader = readerInC(c.path, simulator.ports[0] ?? 0, pauseUs);
    const pace = await reader(Math.min(seconds ?? cSeconds, cSeconds));
    return pace.cpuUsPerRead;
  } finally {
    await simulator.stop();
  }
}
