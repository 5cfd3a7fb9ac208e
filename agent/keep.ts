/** The keep role put together: the store, delivery, and the panel that is served beside them. */
import { commandNames } from './commands.ts';
import { startDelivery } from './deliver.ts';
import { healthOf } from './health/healthz.ts';
import { type MetricsSource, metricsText } from './health/metrics.ts';
import type { PanelPlan } from './panel/plan.ts';
import { type PanelReply, type PanelServer, servePanel } from './panel/server.ts';
import { PanelFeed } from './panel-feed.ts';
import type { KeepSide, Served } from './store/panel-seat.ts';
import { runKeepChild } from './store/run-child.ts';
import { toWire } from './store/trouble.ts';

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

function metricsPage(keep: KeepSide): PanelReply {
  const { agent, keep: facts } = keep.status();
  const body = metricsText(agent as MetricsSource | null, facts);
  return { status: 200, type: metricsType, body: `${body}\n` };
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

function serve(keep: KeepSide, { settings }: PanelPlan): Promise<PanelServer> | null {
  if (settings === null) return null;
  const routes = new Map([
    ['/metrics', () => metricsPage(keep)],
    ['/healthz', () => healthPage(keep)],
  ]);
  return servePanel(settings.listen, routes, (thrown) => keep.fault('panel-failed', thrown));
}

/** Never rejects: a panel that cannot be served leaves the terminal's view. */
async function openPanel(keep: KeepSide, plan: PanelPlan): Promise<Served> {
  let server: PanelServer | null = null;
  const feed = new PanelFeed(keep, plan, () => null);
  try {
    server = await serve(keep, plan);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    keep.tell('panel-unavailable', 'warn', `the panel cannot be served: ${why}`);
  }
  const listen = plan.settings?.listen ?? '';
  if (server !== null) {
    const at = `${listen.slice(0, listen.lastIndexOf(':'))}:${server.port}`;
    keep.tell('panel-listening', 'info', `the panel is served at ${at}`);
  }
  void feed.begin();
  return {
    records: (records) => feed.records(records),
    status: (snapshot) => feed.status(snapshot),
    answer: (method) => {
      if (method !== 'overview') return null;
      try {
        return Promise.resolve({ result: feed.overview() });
      } catch (thrown) {
        return Promise.resolve({ error: toWire(thrown, 'show the plant', keep.dir) });
      }
    },
    close: () => {
      feed.close();
      server?.close();
    },
  };
}

/** Runs until the loop says `close` or is gone. */
export function runKeep(): void {
  runKeepChild({
    commands: commandNames,
    startDelivery,
    serve: (keep, plan) => openPanel(keep, plan as PanelPlan),
  });
}
