/** The keep role put together: the store, delivery, the panel and webhooks beside them. */
import { commandNames } from './commands.ts';
import { startDelivery } from './deliver.ts';
import type { KeepPlan } from './keep-plan.ts';
import { refusalText } from './labels/words.ts';
import { createWebhooks } from './outputs/webhook.ts';
import { panelPages } from './panel/pages.ts';
import { plantRoutes } from './panel/routes.ts';
import { PanelFeed } from './panel-feed.ts';
import { isPanelOrder, noPages, PanelPages } from './panel-pages.ts';
import type { Text } from './records.ts';
import type { Beside, KeepSide } from './store/beside-seat.ts';
import { runKeepChild } from './store/run-child.ts';
import { toWire } from './store/trouble.ts';

/** The loop says how it is each second. */
const silentMs = 3000;

const koreanWords: readonly (readonly [RegExp, string])[] = [
  [/^no alert (\S+) stands or was cleared lately$/, '이미 해제된 알림입니다'],
  [/^an alert is put off for up to 8 h/, '보류는 8시간까지이며 사유가 필요합니다'],
  [/^no stop (\S+) is kept$/, '기록에 없는 비가동입니다'],
  [/^(\S+) is no reason of this plant$/, '설정에 없는 비가동 사유입니다'],
  [/^the agent did not answer in time$/, '에이전트 응답 없음'],
  [/^the store is not open at the moment$/, '저장소를 쓸 수 없습니다'],
];

function panelWords(message: string): Text {
  const [, ko] = koreanWords.find(([form]) => form.test(message)) ?? [];
  return ko === undefined ? refusalText(message) : { ko, en: message };
}

/** A program that is not whole still serves metrics and health. */
function staticPages(keep: KeepSide): ReturnType<typeof panelPages> {
  try {
    return panelPages();
  } catch (thrown) {
    keep.fault('panel-pages', thrown);
    return new Map();
  }
}

function openPages(keep: KeepSide, { panel }: KeepPlan, feed: () => PanelFeed): PanelPages | null {
  const { settings, locale, shifts, machines } = panel;
  if (settings === null) return null;
  const routes = plantRoutes({
    overview: () => feed().countedOverview(),
    page: (machine, shots) => feed().page(machine, shots),
    query: (method, params) => keep.query(method, params),
    command: (method, params) => keep.command(method, params),
    history: (machine, fromWallMs) => feed().history(machine, fromWallMs),
    words: panelWords,
    quality: (fromWallMs, toWallMs) => {
      const parts = Object.fromEntries(machines.map(({ id, parts: of }) => [id, of.length]));
      return keep.query('quality', { fromWallMs, toWallMs, shifts, parts });
    },
    silent: () => (keep.status().keep?.loopSilentMs ?? Number.POSITIVE_INFINITY) > silentMs,
  });
  const welcome = () => [{ event: 'overview', data: JSON.stringify(feed().overview()) }];
  const statics = staticPages(keep);
  const stream = { path: '/events', welcome };
  return new PanelPages(keep, settings, locale, { routes, statics, stream });
}

/** Never rejects: a panel that cannot be served leaves the terminal's view. */
async function workBeside(keep: KeepSide, plan: KeepPlan): Promise<Beside> {
  const webhooks = createWebhooks(plan.webhooks, {
    tell: (kind, level, subject, text) => keep.tell(kind, level, text, subject),
  });
  const feed: PanelFeed = new PanelFeed(keep, plan.panel, {
    push: () => pages?.stream ?? null,
    notices: () => webhooks.status(),
  });
  const pages = openPages(keep, plan, () => feed);
  await pages?.begin();
  void feed.begin();
  return {
    records: (records) => {
      feed.records(records);
      for (const { body } of records) if (body.kind === 'alert') webhooks.onAlert(body.alert);
    },
    status: (snapshot) => feed.status(snapshot),
    answer: (method, params) => {
      if (isPanelOrder(method))
        return pages?.answer(method, params) ?? Promise.resolve(noPages(method));
      if (method !== 'overview') return null;
      return feed.countedOverview().then(
        (result) => ({ result }),
        (thrown) => ({ error: toWire(thrown, 'show the plant', keep.dir) }),
      );
    },
    close: () => {
      feed.close();
      pages?.close();
      void webhooks.close();
    },
  };
}

/** Runs until the loop says `close` or is gone. */
export function runKeep(): void {
  runKeepChild({
    commands: commandNames,
    startDelivery,
    beside: (keep, plan) => workBeside(keep, plan as KeepPlan),
  });
}
