/** The keep role put together: the store, and the pages that are served beside it. */
import { commandNames } from './commands.ts';
import { startDelivery } from './deliver.ts';
import { healthOf } from './health/healthz.ts';
import { type MetricsSource, metricsText } from './health/metrics.ts';
import { type PanelReply, servePanel } from './panel/server.ts';
import type { KeepSide } from './store/child.ts';
import { runKeepChild } from './store/run-child.ts';

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

/** Runs until the loop says `close` or is gone. */
export function runKeep(): void {
  runKeepChild({
    commands: commandNames,
    startDelivery,
    serve: async (keep, listen) => {
      const routes = new Map([
        ['/metrics', () => metricsPage(keep)],
        ['/healthz', () => healthPage(keep)],
      ]);
      return servePanel(listen, routes, (thrown) => keep.fault('panel-failed', thrown));
    },
  });
}
