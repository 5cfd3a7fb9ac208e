/** The product's latency, measured at the machines: shot counter change → reject coil write. */
import { matchRejects } from '../agent/bench/match-rejects.ts';
import { type Bench, type BenchContext, type Figure, figure } from './figure.ts';
import { quantileFigures } from './quantiles.ts';
import type { ShopRun } from './shop.ts';

const pollsPerSecond = 10;

export function wire(shop: (context: BenchContext) => Promise<ShopRun>): Bench {
  return {
    name: 'wire',
    title: 'ten machines: shot counter change → reject write, at the wire',
    async run(context) {
      const run = await shop(context);
      return { figures: [...latencies(run), ...costs(run)], remarks: remarksOn(run) };
    },
  };
}

function latencies(run: ShopRun): Figure[] {
  const matched = matchRejects(run);
  const fromChange: number[] = [];
  const fromSnapshot: number[] = [];
  const fromBlock: number[] = [];
  for (const { shot, write } of matched.rejects) {
    const { counterMs, blockMs } = write.answered;
    fromChange.push(write.monoMs - shot.monoMs);
    if (counterMs !== null) fromSnapshot.push(write.monoMs - counterMs);
    if (blockMs !== null) fromBlock.push(write.monoMs - blockMs);
  }
  return [
    ...quantileFigures('counter change → reject write', fromChange, 'ms', {
      p50: { most: 8 },
      p99: { most: 15 },
    }),
    ...quantileFigures('last snapshot byte → reject write', fromSnapshot, 'ms', {
      p50: { most: 0.5 },
      p99: { most: 2 },
      'p99.9': { most: 5 },
    }),
    ...quantileFigures('last block byte → reject write', fromBlock, 'ms'),
    figure('shots', run.shots.length, ''),
    figure('rejected shots with their write', matched.rejects.length, ''),
    figure('shots past their deadline', lateOf(run), '', {
      note: 'unscored, so without a write: not in the times above',
    }),
    figure('writes of no shot or second of one', matched.strayWrites, '', { budget: { most: 0 } }),
    figure('defect verdicts without a write', matched.defectsUnwritten, '', {
      budget: { most: 0 },
    }),
    figure('writes without a defect verdict', matched.writesUnfounded, '', { budget: { most: 0 } }),
  ];
}

function lateOf({ shots, kept }: ShopRun): number {
  const made = new Set(shots.map(({ machine, shot }) => `${machine} ${shot}`));
  const late = kept.filter(({ reason }) => reason === 'deadline-missed');
  return late.filter(({ machine, shot }) => made.has(`${machine} ${shot}`)).length;
}

function costs(run: ShopRun): Figure[] {
  const { traffic, blockPoll, seconds, before, after } = run;
  const bytes = (traffic.bytesIn + traffic.bytesOut) / seconds / run.machines;
  const shotPoll = blockPoll.shotBytes * pollsPerSecond;
  const allPoll = blockPoll.allBytes * pollsPerSecond;
  const cpu = (role: string): number =>
    (((after.cpuMs[role] ?? Number.NaN) - (before.cpuMs[role] ?? 0)) / (seconds * 1000)) * 100;
  const pss = Object.values(after.pssMiB);
  const parts = Object.entries(after.pssMiB).map(([role, mib]) => `${role} ${mib.toFixed(0)}`);
  return [
    figure('bytes per machine', bytes, 'B/s', { note: 'MBAP and PDU, both ways' }),
    figure('requests per machine', traffic.requests / seconds / run.machines, '/s'),
    figure('bytes against a 100 ms poll of counter and block', bytes / shotPoll, '×', {
      budget: { most: 1.5 },
      note: `that poll: ${shotPoll} B/s`,
    }),
    figure('bytes against a 100 ms poll of every signal', bytes / allPoll, '×', {
      note: `that poll: ${allPoll} B/s`,
    }),
    figure('CPU of the loop', cpu('loop'), '% of a core', { budget: { most: 20 } }),
    figure('CPU of infer', cpu('infer'), '% of a core'),
    figure('CPU of keep', cpu('keep'), '% of a core'),
    figure(
      'memory of all processes (PSS)',
      pss.reduce((sum, mib) => sum + mib, 0),
      'MiB',
      {
        budget: { most: 160 },
        note: parts.join(', '),
      },
    ),
  ];
}

function remarksOn(run: ShopRun): string[] {
  const perSecond = (run.shots.length / run.seconds).toFixed(1);
  return [
    `${run.machines} machines, ${perSecond} shots/s in all for ${run.seconds.toFixed(0)} s: about a hundred times a real shop's pace, at the default poll interval.`,
    'Times are the simulator process’s own: when it put the shot into the registers, when it answered, when it read the write. Its own delays count against the agent.',
    'A real shop makes a hundredth of these shots: there its bytes are those of the polls alone.',
    'Not in this load: panel, sync. CPU and memory budgets are for 10 machines × 60 signals × 5 Hz.',
  ];
}
