/** The keep role put together: the store, delivery, and the panel that is served beside them. */
import { commandNames } from './commands.ts';
import { startDelivery } from './deliver.ts';
import type { PanelPlan } from './panel/plan.ts';
import { PanelFeed } from './panel-feed.ts';
import { isPanelOrder, noPages, PanelPages } from './panel-pages.ts';
import type { KeepSide, Served } from './store/panel-seat.ts';
import { runKeepChild } from './store/run-child.ts';
import { toWire } from './store/trouble.ts';

/** Never rejects: a panel that cannot be served leaves the terminal's view. */
async function openPanel(keep: KeepSide, plan: PanelPlan): Promise<Served> {
  const { settings, locale } = plan;
  const pages =
    settings === null
      ? null
      : new PanelPages(keep, settings, locale, { routes: [], stream: { path: '/events' } });
  const feed = new PanelFeed(keep, plan, () => pages?.stream ?? null);
  await pages?.begin();
  void feed.begin();
  return {
    records: (records) => feed.records(records),
    status: (snapshot) => feed.status(snapshot),
    answer: (method, params) => {
      if (isPanelOrder(method))
        return pages?.answer(method, params) ?? Promise.resolve(noPages(method));
      if (method !== 'overview') return null;
      try {
        return Promise.resolve({ result: feed.overview() });
      } catch (thrown) {
        return Promise.resolve({ error: toWire(thrown, 'show the plant', keep.dir) });
      }
    },
    close: () => {
      feed.close();
      pages?.close();
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
