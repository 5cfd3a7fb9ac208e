import { expect, test } from 'vitest';
import { ShotPace } from '../../agent/cycles/shot-pace.ts';

const pollMs = 10;

/** A machine that has made a shot every `cycleMs`, the last of them at the time given back. */
function afterShots(pace: ShotPace, shots: number, cycleMs: number, fromMs = 0): number {
  for (let shot = 0; shot < shots; shot += 1) pace.seen(1, fromMs + shot * cycleMs);
  return fromMs + (shots - 1) * cycleMs;
}

test('nothing is known of a machine before it has made some shots: it is looked at all the time', () => {
  const pace = new ShotPace(pollMs);
  expect(pace.afterMs(0)).toBe(pollMs);
  const last = afterShots(pace, 10, 30_000);
  expect(pace.afterMs(last)).toBe(pollMs);
});

test('a machine is looked at seldom while no shot can be due, and all the time from then on', () => {
  const pace = new ShotPace(pollMs);
  const last = afterShots(pace, 11, 30_000);
  expect(pace.afterMs(last + 3)).toBe(100);
  // The look before the shot may come never leaps over the moment from which it may.
  expect(pace.afterMs(last + 26_945)).toBe(50);
  for (const sinceMs of [26_990, 27_000, 29_999, 30_000, 500_000])
    expect(pace.afterMs(last + sinceMs)).toBe(pollMs);
});

test('a quick cycle counts from the shot that showed it, a slow one once the quick are forgotten', () => {
  const pace = new ShotPace(pollMs);
  const last = afterShots(pace, 20, 30_000);
  pace.seen(1, last + 10_000);
  expect(pace.afterMs(last + 18_900)).toBe(100);
  expect(pace.afterMs(last + 19_000)).toBe(pollMs);
  const later = afterShots(pace, 51, 60_000, last + 40_000);
  expect(pace.afterMs(later + 53_000)).toBe(100);
});

test('shots that went by unseen share the time; a counter that began anew says nothing of it', () => {
  const pace = new ShotPace(pollMs);
  const last = afterShots(pace, 11, 30_000);
  pace.seen(3, last + 90_000);
  expect(pace.afterMs(last + 90_000 + 23_000)).toBe(100);
  pace.reset();
  expect(pace.afterMs(last + 90_001)).toBe(pollMs);
  pace.seen(1, last + 95_000);
  expect(pace.afterMs(last + 95_000 + 23_000)).toBe(100);
});

test('a line too slow to be looked at more often is looked at as before', () => {
  const pace = new ShotPace(130);
  const last = afterShots(pace, 11, 30_000);
  expect(pace.afterMs(last + 1)).toBe(130);
});
