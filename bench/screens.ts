/**
 * Twenty clients that listen to the panel as pages do, in a process of their own: what they cost is
 * another computer's, and must not hold up the machines that measure. As a child: `screens.ts PORT`.
 */
import { fork } from 'node:child_process';
import { get, type IncomingMessage } from 'node:http';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ShotView } from '../agent/panel/contract.ts';

export const listeners = 20;
/** Each page asks for a machine anew when its shot comes; that many a second together. */
export const asksPerSecond = 20;
const behindAll = 10;

export interface Shown {
  /** From the snapshot until a listener had the shot. */
  readonly delaysMs: readonly number[];
  readonly asked: number;
  /** Requests and streams. */
  readonly failed: number;
}

export interface ScreensProcess {
  /** Resolves when pages are served and listened to, with what ends it. */
  looking(): Promise<() => void>;
  /** What they saw, once ended. */
  readonly shown: Promise<Shown>;
}

export function startScreens(port: number): ScreensProcess {
  const child = fork(fileURLToPath(import.meta.url), [String(port)]);
  const looks = Promise.withResolvers<void>();
  const shown = Promise.withResolvers<Shown>();
  child.on('message', (message: 'looking' | Shown) => {
    if (message === 'looking') looks.resolve();
    else shown.resolve(message);
  });
  child.once('exit', (code) => {
    const gone = new Error(`the screens ended with ${code}`);
    looks.reject(gone);
    shown.reject(gone);
  });
  return {
    shown: shown.promise,
    looking: async () => {
      await looks.promise;
      return () => void child.send('end');
    },
  };
}

class Screens implements Shown {
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

async function runChild(port: number): Promise<void> {
  setPriority(behindAll);
  const screens = new Screens(port);
  const end = await screens.begin();
  process.once('message', () => {
    end();
    const { delaysMs, asked, failed } = screens;
    process.send?.({ delaysMs, asked, failed }, () => process.disconnect?.());
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.('looking');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runChild(Number(process.argv[2]));
