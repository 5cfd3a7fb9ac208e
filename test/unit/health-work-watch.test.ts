/** What counts as finished work, and what is overdue. */
import { describe, expect, test } from 'vitest';
import { watchdogMs } from '../../agent/health/notify.ts';
import { type WorkSample, WorkWatch } from '../../agent/health/work-watch.ts';

const sample = (more: Partial<WorkSample> = {}): WorkSample => ({
  machines: [
    { id: 'dc-03', polls: 1, longestPollMs: 1500 },
    { id: 'im-05', polls: 1, longestPollMs: 1500 },
  ],
  inference: { waiting: 0, settled: 0 },
  storeOwesMs: null,
  ...more,
});

const polled = (dc: number, im: number): Pick<WorkSample, 'machines'> => ({
  machines: [
    { id: 'dc-03', polls: dc, longestPollMs: 1500 },
    { id: 'im-05', polls: im, longestPollMs: 1500 },
  ],
});

/** Looks each second; what was overdue at the last one. */
function overdueAfter(seconds: number, at: (second: number) => WorkSample): string[] {
  const watch = new WorkWatch();
  let overdue: string[] = [];
  for (let second = 0; second <= seconds; second += 1)
    overdue = watch.look(at(second), second * 1000);
  return overdue;
}

describe('work that is overdue', () => {
  test('a machine whose poll never ends, though another goes on', () => {
    const stuck = (second: number) => sample(polled(1, second));
    expect(overdueAfter(13, stuck)).toEqual([]);
    expect(overdueAfter(14, stuck)).toEqual(['polls of dc-03']);
  });

  test('a dead machine is polled on, and is not overdue', () => {
    expect(overdueAfter(600, (second) => sample(polled(second, Math.floor(second / 10))))).toEqual(
      [],
    );
  });

  test('inference that is asked and never settles; idle it owes nothing', () => {
    const asked = { waiting: 1, settled: 7 };
    const at = (inference: WorkSample['inference']) => (second: number) =>
      sample({ ...polled(second, second), inference });
    expect(overdueAfter(13, at(asked))).toEqual(['inference']);
    expect(overdueAfter(600, at({ waiting: 0, settled: 7 }))).toEqual([]);
    const restarted = (second: number) =>
      sample({ ...polled(second, second), inference: { waiting: 1, settled: second } });
    expect(overdueAfter(600, restarted)).toEqual([]);
  });

  test('a store that owes an answer, until it has answered', () => {
    const watch = new WorkWatch();
    expect(watch.look(sample({ storeOwesMs: 11_000 }), 0)).toEqual([]);
    expect(watch.look(sample({ storeOwesMs: 13_000 }), 1000)).toEqual(['the store']);
    expect(watch.look(sample(), 2000)).toEqual([]);
  });
});

test('systemd watches the process it names, or whoever it started', () => {
  expect(watchdogMs({ WATCHDOG_USEC: '15000000' })).toBe(15_000);
  expect(watchdogMs({ WATCHDOG_USEC: '15000000', WATCHDOG_PID: String(process.pid) })).toBe(15_000);
  expect(watchdogMs({ WATCHDOG_USEC: '15000000', WATCHDOG_PID: '1' })).toBeNull();
  expect(watchdogMs({})).toBeNull();
  expect(watchdogMs({ WATCHDOG_USEC: 'soon' })).toBeNull();
});
