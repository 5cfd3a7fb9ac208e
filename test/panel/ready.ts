/**
 * `node test/panel/ready.ts [--slow 6] [--runs 7]`: how long the page takes to show all machines on a
 * CPU so many times slower than this one, from the request to the tiles. A measurement, not a test.
 */
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { plantOf } from './plant.ts';
import { StandIn } from './stand-in.ts';

const { values } = parseArgs({ options: { slow: { type: 'string' }, runs: { type: 'string' } } });
const slow = Number(values.slow ?? 6);
const runs = Number(values.runs ?? 7);

const panel = new StandIn(plantOf({ machines: 10 }));
await panel.start();
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
});

/** Set by the page itself when the tenth tile is there, and painted. */
const watch = `new MutationObserver((_, it) => {
  if (document.querySelectorAll('.tile').length < 10) return;
  it.disconnect();
  requestAnimationFrame(() => setTimeout(() => window.ready(performance.now())));
}).observe(document, { childList: true, subtree: true });`;

interface Taken {
  readonly ms: number;
  /** What the page's main thread worked meanwhile: without the waiting for a busy computer. */
  readonly workedMs: number;
}

async function measure(path: string, shown: string): Promise<Taken> {
  const context = await browser.newContext({ viewport: { width: 1024, height: 600 } });
  const page = await context.newPage();
  const debug = await context.newCDPSession(page);
  await debug.send('Emulation.setCPUThrottlingRate', { rate: slow });
  await debug.send('Performance.enable', { timeDomain: 'threadTicks' });
  const { promise, resolve } = Promise.withResolvers<number>();
  await page.exposeFunction('ready', resolve);
  await page.addInitScript(watch.replace("'.tile').length < 10", shown));
  await page.goto(panel.url + path);
  const ms = await promise;
  const { metrics } = await debug.send('Performance.getMetrics');
  const worked = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  await context.close();
  return { ms, workedMs: worked * 1000 };
}

for (const [name, path, shown] of [
  ['overview, 10 machines', '', "'.tile').length < 10"],
  ['machine, with its charts', '#/machine/dc-01', "'canvas').length < 2"],
] as const) {
  const taken: Taken[] = [];
  for (let i = 0; i < runs; i += 1) taken.push(await measure(path, shown));
  const spread = (of: (one: Taken) => number): string => {
    const sorted = taken.map(of).sort((a, b) => a - b);
    const [low, middle, high] = [sorted[0], sorted[Math.floor(runs / 2)], sorted.at(-1)];
    return `${middle?.toFixed(0)} ms (${low?.toFixed(0)} to ${high?.toFixed(0)})`;
  };
  process.stdout.write(
    `${name}: ready in ${spread(({ ms }) => ms)}, main thread worked ${spread(({ workedMs }) => workedMs)}; ${runs} runs, CPU ${slow} times slower\n`,
  );
}
await browser.close();
await panel.close();
