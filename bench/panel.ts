/** What the panel costs the machines, and how soon its pages know: with nobody looking and with twenty. */
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { freePanelPort } from '../agent/demo/panel-port.ts';
import type { ShotView } from '../agent/panel/contract.ts';
import { type Bench, type BenchContext, type Figure, figure } from './figure.ts';
import { quantile, quantileFigures } from './quantiles.ts';
import { runShop, type ShopRun } from './shop.ts';
import { matchRejects } from './wire.ts';

const ownSeconds = 60;
const machines = 10;
const listeners = 20;
/** Each page asks for a machine anew when its shot comes; that many a second together. */
const asksPerSecond = 20;

export const panel: Bench = {
  name: 'panel',
  title: 'ten machines and twenty screens: reject write, and the time until screens know',
  async run({ seconds: given, dir, say }: BenchContext) {
    const seconds = given ?? ownSeconds;
    const shared = { machines, seconds, warmUpSeconds: Math.min(10, seconds / 4), say };
    const alone = await runShop({ ...shared, dir: join(dir, 'alone') });
    const panelPort = await freePanelPort(0);
    const screens = new Screens(panelPort);
    const looked = await runShop({
      ...{ ...shared, dir: join(dir, 'looked'), panelPort },
      meanwhile: () => screens.begin(),
    });
    return { figures: [...figures(alone, looked), ...shown(screens)], remarks };
  },
};

const remarks = [
  `${listeners} connections listen to /events, and ${asksPerSecond} requests a second ask for a machine's page.`,
  'The time until a screen knows is from the last byte of the snapshot, by the wall clock of this computer.',
];

/** Clients that listen as pages do. */
class Screens {
  readonly #port: number;
  /** From the snapshot until a listener had the shot. */
  readonly delaysMs: number[] = [];
  asked = 0;
  failed = 0;
  #over = false;

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves when pages are served and listened to. */
  async begin(): Promise<() => void> {
    while (!(await this.#served())) await new Promise((resolve) => setTimeout(resolve, 100));
    const ends = Array.from({ length: listeners }, () => this.#listen());
    const asking = setInterval(() => this.#ask(), 1000 / asksPerSecond);
    return () => {
      this.#over = true;
      clearInterval(asking);
      for (const end of ends) end();
    };
  }

  #listen(): () => void {
    let text = '';
    const request = get(`http://127.0.0.1:${this.#port}/events`, (response: IncomingMessage) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const events = (text + chunk).split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) this.#take(event);
      });
    });
    request.on('error', () => this.#fail());
    return () => request.destroy();
  }

  #served(): Promise<boolean> {
    return new Promise((resolve) => {
      get(`http://127.0.0.1:${this.#port}/healthz`, (response) => {
        response.resume();
        resolve(true);
      }).on('error', () => resolve(false));
    });
  }

  /** What ends with the run has not failed. */
  #fail(): void {
    if (!this.#over) this.failed += 1;
  }

  #take(event: string): void {
    const [, data] = /^event: shot\ndata: (.*)$/.exec(event) ?? [];
    if (data === undefined) return;
    const { shot }: { shot: ShotView } = JSON.parse(data);
    this.delaysMs.push(Date.now() - shot.wallMs);
  }

  #ask(): void {
    this.asked += 1;
    get(`http://127.0.0.1:${this.#port}/api/machines/dc-01?shots=60`, (response) => {
      if (response.statusCode !== 200) this.#fail();
      response.resume();
    }).on('error', () => this.#fail());
  }
}

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

function shown({ delaysMs, asked, failed }: Screens): Figure[] {
  return [
    ...quantileFigures('snapshot → shot at a screen', delaysMs, 'ms'),
    figure('longest of them', delaysMs.length === 0 ? null : Math.max(...delaysMs), 'ms', {
      budget: { most: 1000 },
    }),
    figure('requests for a page', asked, ''),
    figure('requests or streams that failed', failed, '', { budget: { most: 0 } }),
  ];
}
