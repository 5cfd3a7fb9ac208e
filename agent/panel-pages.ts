/** The panel's pages in the keep child: who may use them, when they are served, what they serve. */
import { hostname } from 'node:os';
import { PpuriError } from '../config/errors.ts';
import type { PanelConfig } from '../config/panel-schema.ts';
import { healthOf } from './health/healthz.ts';
import { type MetricsSource, metricsText } from './health/metrics.ts';
import { Access } from './panel/access/access.ts';
import { obey } from './panel/access/orders.ts';
import type { Visitor } from './panel/contract.ts';
import { isLoopbackHost } from './panel/hosts.ts';
import type { PanelPlan } from './panel/plan.ts';
import { PanelRefusal } from './panel/refusal.ts';
import type { PanelReply, Route, Routes } from './panel/route.ts';
import {
  type EventStream,
  listenOf,
  type PanelOptions,
  type PanelServer,
  servePanel,
} from './panel/server.ts';
import type { Deed } from './records.ts';
import type { KeepSide } from './store/beside-seat.ts';
import { type Outcome, toWire } from './store/trouble.ts';

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';
const againMs = 5000;

/** Beside login and users, `/metrics` and `/healthz`, which are there always. */
export type Pages = Pick<PanelOptions, 'routes' | 'statics' | 'stream'>;

function metricsRoute(keep: KeepSide, allowed: PanelConfig['metrics']): Route {
  return {
    method: 'GET',
    role: allowed === 'login' ? 'viewer' : 'anyone',
    handle: ({ local }) => {
      if (allowed === 'loopback' && !local) throw new PanelRefusal('not-allowed');
      const { agent, keep: facts } = keep.status();
      const body = metricsText(agent as MetricsSource | null, facts);
      return { status: 200, type: metricsType, body: `${body}\n` };
    },
  };
}

function healthPage(keep: KeepSide): PanelReply {
  const { store, agent, keep: facts } = keep.status();
  const health = healthOf({
    condition: store.condition,
    agent,
    silentMs: facts?.loopSilentMs ?? null,
  });
  const status = health.state === 'down' ? 503 : 200;
  return { status, type: 'application/json', body: `${JSON.stringify(health)}\n` };
}

const ownRoutes = (keep: KeepSide, { metrics }: PanelConfig): Routes => [
  ['/metrics', metricsRoute(keep, metrics)],
  ['/healthz', { method: 'GET', role: 'anyone', handle: () => healthPage(keep) }],
];

/** Who sits at this computer, where that is enough; null: everybody logs in. */
export function localVisitor(
  { listen, local }: PanelConfig,
  locale: PanelPlan['locale'],
): Visitor | null {
  if (local === 'login' || !isLoopbackHost(listenOf(listen).host)) return null;
  return { name: locale === 'ko' ? '현장 화면' : 'local screen', role: 'operator', kiosk: false };
}

/** Every address of this computer is none that a browser can open: its name and the port are. */
export function addressText(scheme: 'http' | 'https', host: string, port: number): string {
  const isEvery = host === '0.0.0.0' || host === '[::]';
  if (!isEvery) return `${scheme}://${host}:${port}`;
  return `${scheme}://${hostname()}:${port} (port ${port} of every address of this computer)`;
}

export class PanelPages {
  readonly #keep: KeepSide;
  readonly #settings: PanelConfig;
  readonly #access: Access;
  readonly #pages: Pages;
  #server: PanelServer | null = null;
  #again: NodeJS.Timeout | null = null;
  #said = '';
  #closed = false;

  constructor(keep: KeepSide, settings: PanelConfig, locale: PanelPlan['locale'], pages: Pages) {
    this.#keep = keep;
    this.#settings = settings;
    this.#pages = pages;
    this.#access = new Access({
      dir: keep.dir,
      local: localVisitor(settings, locale),
      deed: (deed) => void this.#keepDeed(deed),
      // It goes to the log alone: records are delivered to others.
      claimable: (code) => keep.log('panel-claim', { code }),
      failed: (thrown) => keep.fault('panel-access', thrown),
    });
  }

  /** The loop keeps it as a record; where it cannot, the log has it. */
  async #keepDeed(deed: Omit<Deed, 'at'>): Promise<void> {
    const outcome = await this.#keep.command('deed', deed);
    if (!('error' in outcome)) return;
    const { what, ...rest } = deed;
    this.#keep.log(what, { ...rest, notKept: outcome.error.message });
  }

  /** Null until they are served. */
  get stream(): EventStream | null {
    return this.#server?.stream ?? null;
  }

  /** Never rejects: a port that is taken, or an address not there yet, is tried again, and said once. */
  async begin(): Promise<void> {
    const keep = this.#keep;
    const { listen, tls, hosts } = this.#settings;
    try {
      const server = await servePanel({
        ...{ listen, tls, hosts, access: this.#access, ...this.#pages },
        routes: [...ownRoutes(keep, this.#settings), ...this.#pages.routes],
        failed: (thrown) => keep.fault('panel-failed', thrown),
      });
      this.#server = server;
      if (this.#closed) return server.close();
      const scheme = tls === undefined ? 'http' : 'https';
      const at = addressText(scheme, listen.slice(0, listen.lastIndexOf(':')), server.port);
      keep.tell('panel-listening', 'info', `the panel is served at ${at}`);
    } catch (thrown) {
      if (!this.#closed) this.#tryAgain(thrown);
    }
  }

  /** What `ppuri panel …` asks over the control socket. */
  async answer(method: string, params: unknown): Promise<Outcome> {
    try {
      return { result: await obey(this.#access, method, params) };
    } catch (thrown) {
      return { error: toWire(thrown, method, 'panel') };
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#server?.close();
    void this.#access.close();
  }

  #tryAgain(thrown: unknown): void {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    if (why !== this.#said)
      this.#keep.tell('panel-unavailable', 'warn', `the panel cannot be served: ${why}`);
    this.#said = why;
    this.#again = setTimeout(() => void this.begin(), againMs);
  }
}

export const isPanelOrder = (method: string): boolean => method.startsWith('panel-');

/** Where no pages are served there is nobody to let in. */
export function noPages(method: string): Outcome {
  const error = new PpuriError('usage', 'this agent serves no panel', {
    operation: method,
    subject: 'panel',
    hint: 'add `panel: {}` to its configuration and start it again',
  });
  return { error: toWire(error, method, 'panel') };
}
