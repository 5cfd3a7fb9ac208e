/** What the panel costs the machines, and how soon its pages know: with nobody looking and with twenty. */
import { join } from 'node:path';
import { matchRejects } from '../agent/bench/match-rejects.ts';
import { freePanelPort } from '../agent/demo/panel-port.ts';
import { type Bench, type BenchContext, type Figure, figure } from './figure.ts';
import { quantile, quantileFigures } from './quantiles.ts';
import { asksPerSecond, listeners, type Shown, startScreens } from './screens.ts';
import { runShop, type ShopRun } from './shop.ts';

const ownSeconds = 60;
const machines = 10;

export const panel: Bench = {
  name: 'panel',
  title: 'ten machines and twenty screens: reject write, and the time until screens know',
  async run({ seconds: given, dir, say }: BenchContext) {
    const seconds = given ?? ownSeconds;
    const shared = { machines, seconds, warmUpSeconds: Math.min(10, seconds / 4), say };
    const alone = await runShop({ ...shared, dir: join(dir, 'alone') });
    const panelPort = await freePanelPort(0);
    const screens = startScreens(panelPort);
    const looked = await runShop({
      ...{ ...shared, dir: join(dir, 'looked'), panelPort },
      meanwhile: () => screens.looking(),
    });
    return { figures: [...figures(alone, looked), ...shown(await screens.shown)], remarks };
  },
};

const remarks = [
  `${listeners} connections listen to /events, and ${asksPerSecond} requests a second ask for a machine's page.`,
  'They run in a process of their own, which goes after all others: real ones are other computers.',
  'The time until a screen knows is from the last byte of the snapshot, by the wall clock of this computer.',
];

function fromSnapshot(run: ShopRun): number[] {
  return matchRejects(run).rejects.flatMap(({ write }) =>
    write.answered.counterMs === null ? [] : [write.monoMs - write.answered.counterMs],
  );
}

function figures(alone: ShopRun, looked: ShopRun): Figure[] {
  const [quiet, busy] = [fromSnapshot(alone), fromSnapshot(looked)];
  return [
    ...quantileFigures('last snapshot byte → reject write, no panel', quiet, 'ms'),
    ...quantileFigures(`last snapshot byte → reject write, ${listeners} screens`, busy, 'ms', {
      p50: { most: 0.5 },
      p99: { most: 2 },
      'p99.9': { most: 5 },
    }),
    figure('p99 with screens against without', quantile(busy, 0.99) / quantile(quiet, 0.99), '×'),
  ];
}

function shown({ delaysMs, asked, failed }: Shown): Figure[] {
  return [
    ...quantileFigures('snapshot → shot at a screen', delaysMs, 'ms'),
    figure('longest of them', delaysMs.length === 0 ? null : Math.max(...delaysMs), 'ms', {
      budget: { most: 1000 },
    }),
    figure('requests for a page', asked, ''),
    figure('requests or streams that failed', failed, '', { budget: { most: 0 } }),
  ];
}
