/** Stops as the panel tells of them, out of the store and out of what the loop says. */
import { expect, test } from 'vitest';
import { StopBook } from '../../agent/panel/production-view.ts';
import type { Stop, StopReason, StopRow } from '../../agent/records.ts';
import { at } from './store-bodies.ts';

const reasons = [{ code: 'cleaning', title: { ko: '청소', en: 'Cleaning' } }];
const now = (s: number) => at(s * 1000);

function row(id: string, more: Partial<StopRow> = {}): StopRow {
  return {
    ...{ boot: 'old', id, machine: 'dc-03', mold: '7', kind: 'stop', state: 'ended' },
    ...{ beginWallMs: now(100).wallMs, endWallMs: now(900).wallMs, durationMs: 800_000 },
    ...{ usualMs: 40_000, continues: null, clockSynced: true, reason: null, ...more },
  };
}

function stop(
  id: string,
  from: number,
  to: number | null,
  said: number,
  more: Partial<Stop> = {},
): Stop {
  return {
    ...{ id, machine: 'dc-03', mold: '7', kind: 'stop', usualMs: 40_000, continues: null },
    ...{
      state: to === null ? 'open' : 'ended',
      begin: now(from),
      end: to === null ? null : now(to),
    },
    ...{ at: now(said), ...more },
  };
}

const reason = (of: string, code: string): StopReason => ({
  ...{ stop: of, machine: 'dc-03', code, note: null, who: '김반장', from: 'panel', at: now(2000) },
});

test('a stop lasts while the agent that told it runs, and has the newest reason', () => {
  const book = new StopBook(reasons);
  book.recall([row('a-1'), row('a-2', { state: 'open' })], 'this');
  expect(book.current('dc-03')).toBeNull();
  expect(book.recent('dc-03').map(({ id, open }) => [id, open])).toEqual([
    ['a-2', false],
    ['a-1', false],
  ]);
  book.takeStop(stop('b-1', 1000, null, 1400, { continues: 'a-2' }));
  const current = book.current('dc-03');
  expect(current).toMatchObject({
    id: 'b-1',
    open: true,
    fromWallMs: now(1000).wallMs,
    reason: null,
  });
  expect(current?.lastedMs).toBeGreaterThanOrEqual(400_000);
  // What was said of the stop it continues holds for it, until it has a reason of its own.
  book.takeReason(reason('a-2', 'cleaning'));
  expect(book.current('dc-03')?.reason).toEqual({
    ...{ code: 'cleaning', title: { ko: '청소', en: 'Cleaning' }, who: '김반장' },
  });
  book.takeReason(reason('b-1', 'no-longer-configured'));
  expect(book.current('dc-03')?.reason?.title.ko).toBe('no-longer-configured');
  book.takeStop(stop('b-1', 1000, 1500, 1540));
  expect(book.current('dc-03')).toBeNull();
});

test('micro-stops, and times that turned out to be none, are not listed', () => {
  const book = new StopBook(reasons);
  book.takeStop(stop('b-1', 100, 200, 240, { kind: 'micro' }));
  book.takeStop(stop('b-2', 300, null, 400, { kind: 'unknown' }));
  expect(book.recent('dc-03').map(({ id }) => id)).toEqual(['b-2']);
  book.takeStop(stop('b-2', 300, 300, 500, { kind: 'unknown' }));
  expect(book.recent('dc-03')).toEqual([]);
  expect(book.recent('im-05')).toEqual([]);
});
