/** Counts of the running shift, as the panel shows them, before a store that a test scripts. */
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { PanelFeed } from '../../agent/panel-feed.ts';
import type { Attention, Severity } from '../../agent/records.ts';
import type { KeepSide } from '../../agent/store/beside-seat.ts';
import type { Outcome } from '../../agent/store/trouble.ts';
import { panelPlan } from '../fixtures/panel-plan.ts';
import { untouched } from '../panel/plant.ts';

const minute = 60_000;
const evening = new Date(2026, 10, 27, 20, 0).getTime();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: evening - 4 * minute });
});
afterEach(() => void vi.useRealTimers());

interface Raised {
  readonly attention: Attention;
  readonly severity: Severity;
}

const unasked = {
  ...({ code: 'store-unavailable', retryable: true } as const),
  ...{ operation: '', subject: '', hint: '', message: 'production is not asked here' },
};

/** Seven good shots in the shift before 20:00, none since; `store.answers` says whether it can say so. */
function feedOf(alerts: readonly Raised[] = []) {
  const store = { answers: true };
  const query = async (method: string, params: unknown): Promise<Outcome> => {
    if (!store.answers) return new Promise(() => undefined);
    const { fromWallMs = 0 } = params as { fromWallMs?: number };
    if (method === 'counts') {
      const count = fromWallMs < evening ? 7 : 0;
      return { result: [{ machine: 'dc-03', outcome: 'ok', count }] };
    }
    if (method === 'stops') return { result: [] };
    if (method === 'production') return { error: unasked };
    if (method !== 'alerts') return { result: { rows: [] } };
    return {
      result: alerts.map(({ attention, severity }, i) => ({
        ...{ id: `a-${i}`, machine: 'dc-03', severity, raisedWallMs: evening - 10 * minute },
        handling: { ...untouched, attention },
      })),
    };
  };
  const keep = {
    ...{ dir: '/', query, command: query, fault: () => undefined, tell: () => undefined },
    ...{
      log: () => undefined,
      status: () => ({ store: { condition: 'ok' }, keep: null, boot: { id: 'b' } }),
    },
  } as unknown as KeepSide;
  const machine = {
    ...{ id: 'dc-03', name: '3호기', cycleWord: { ko: '샷', en: 'shot' }, features: {} },
    ...{ defects: {}, signals: {}, parts: [''], idealCycleMs: null },
  };
  const plan = panelPlan('127.0.0.1:0', { machines: [machine] });
  const feed = new PanelFeed(keep, plan, { push: () => null, notices: () => [] });
  onTestFinished(() => feed.close());
  return { feed, store };
}

test('after a time that nobody looked, the shift that ended is not shown as the running one', async () => {
  const { feed } = feedOf();
  await feed.begin();
  expect(feed.overview().shift).toMatchObject({ fromWallMs: evening - 12 * 60 * minute, shots: 7 });
  vi.advanceTimersByTime(9 * minute);
  expect((await feed.countedOverview()).shift).toMatchObject({ fromWallMs: evening, shots: 0 });
});

test('counts that the store cannot renew are left out, and nothing waits for them for long', async () => {
  const { feed, store } = feedOf();
  await feed.begin();
  store.answers = false;
  vi.advanceTimersByTime(2 * minute);
  // Not counted: a shift that began at no time.
  expect(feed.overview().shift.fromWallMs).toBe(0);
  expect((await feed.countedOverview()).shift.fromWallMs).toBe(0);
});

test('alerts of the shift are those raised, also in a flood or put off; not what is for information', async () => {
  const { feed } = feedOf([
    { attention: 'call', severity: 'warning' },
    { attention: 'grouped', severity: 'warning' },
    { attention: 'shelved', severity: 'caution' },
    { attention: 'quiet', severity: 'info' },
  ]);
  await feed.begin();
  expect(feed.overview().shift.alerts).toBe(3);
});
