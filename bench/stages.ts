/** Where the time goes inside the agent: its own stage times, as every verdict in the store has them. */
import type { KeptShot } from '../agent/bench/kept-shots.ts';
import { type Stage, stageList } from '../agent/bench/stages.ts';
import { type Bench, type BenchContext, type Figure, figure } from './figure.ts';
import { quantileFigures } from './quantiles.ts';
import type { ShopRun } from './shop.ts';

export function stages(shop: (context: BenchContext) => Promise<ShopRun>): Bench {
  return {
    name: 'stages',
    title: 'the agent’s own stage times, from the verdicts in its store',
    async run(context) {
      const run = await shop(context);
      const made = new Set(run.shots.map(({ machine, shot }) => `${machine} ${shot}`));
      const kept = run.kept.filter(({ machine, shot }) => made.has(`${machine} ${shot}`));
      return {
        figures: [...stageList.flatMap((stage) => stageFigures(stage, kept)), ...counts(run, kept)],
        remarks: [
          'The same run as `wire`, after its warm-up. Times of the agent’s own clock: a reply counts from when it was read, not from when it arrived.',
        ],
      };
    },
  };
}

function stageFigures({ name, from, to }: Stage, kept: readonly KeptShot[]): Figure[] {
  const times = kept.flatMap(({ outcome, times }) => {
    const [begun, ended] = [times[from], times[to]];
    const scored = outcome !== 'unscored' && begun !== undefined && ended !== undefined;
    return scored ? [ended - begun] : [];
  });
  return quantileFigures(name, times, 'ms');
}

function counts(run: ShopRun, kept: readonly KeptShot[]): Figure[] {
  const late = kept.filter(({ reason }) => reason === 'deadline-missed').length;
  const unread = kept.filter(({ reason }) => /^shot-(torn|missed)$/.test(reason)).length;
  return [
    figure('shots made', run.shots.length, ''),
    figure('shots not in the store', run.shots.length - kept.length, '', { budget: { most: 0 } }),
    figure('shots torn or missed', unread, '', { budget: { most: 0 } }),
    figure('deadlines missed', late, '', { note: 'of 20 ms, unscored for it' }),
  ];
}
