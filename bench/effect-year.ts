/** The effect report of a year of ten machines: how long it takes, and how much memory. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childrenOf, cpuMsOf, pssMiBOf } from '../agent/bench/proc.ts';
import { storePaths } from '../agent/store/paths.ts';
import { type Bench, figure } from './figure.ts';
import { makeYear } from './year-store.ts';

const days = 365;
const machines = 10;
const shotsPerDay = 1000;
const launcher = fileURLToPath(new URL('../agent/ppuri.js', import.meta.url));
/** Between two looks at a process that may end at any moment. */
const lookMs = 100;

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

export const effectYear: Bench = {
  name: 'effect-year',
  title: 'the effect report of a year: ten machines, a thousand shots a day each, and their meters',
  async run({ dir, say }) {
    const store = storePaths(join(dir, 'store'));
    mkdirSync(store.dir);
    const startWallMs = Date.parse('2025-10-01T08:00');
    const plan = { path: store.database, days, machines, shotsPerDay, startWallMs };
    const [shots, labels] = makeYear(plan, say);
    say(`${shots} shots, ${labels} inspected; the report`);
    // It finds the file in the memory of the system, as far as that holds it.
    const { seconds, cpuSeconds, peakMiB } = await report(store.dir, dir);
    const note = `${shots} shots, ${labels} of them inspected, ${96 * days * machines} quarter hours`;
    return {
      figures: [
        figure('effect report of a year', seconds, 's', { budget: { most: 10 }, note }),
        figure('CPU of it, both processes', cpuSeconds, 's'),
        figure('peak memory of it, both processes, PSS', peakMiB, 'MiB', { budget: { most: 300 } }),
      ],
      remarks: ['Page and CSV are written. A busy computer lengthens the time and not the CPU.'],
    };
  },
};

function report(store: string, dir: string): Promise<Run> {
  const periods = ['--before', '2025-10-01..2026-03-31', '--after', '2026-04-01..2026-09-30'];
  const files = ['--out', join(dir, 'effect.html'), '--csv', join(dir, 'evidence.csv')];
  const args = [launcher, 'report', 'effect', '--store', store, ...periods, ...files];
  const begun = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const pid = child.pid ?? 0;
  const cpuMs = new Map<number, number>();
  let peakMiB = 0;
  // Two processes count, and share what is of the program.
  const looking = setInterval(() => {
    const all = [pid, ...childrenOf(pid)];
    peakMiB = Math.max(
      peakMiB,
      all.reduce((sum, each) => sum + (pssMiBOf(each) ?? 0), 0),
    );
    for (const each of all) cpuMs.set(each, cpuMsOf(each) ?? cpuMs.get(each) ?? 0);
  }, lookMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(looking);
      const seconds = (performance.now() - begun) / 1000;
      const cpuSeconds = [...cpuMs.values()].reduce((sum, ms) => sum + ms, 0) / 1000;
      if (code === 0) resolve({ seconds, cpuSeconds, peakMiB });
      else reject(new Error(`the report ended with ${code}`));
    });
  });
}
