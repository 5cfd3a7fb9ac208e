/** One day of the campaign; several are `node test/faults/alert-day.ts --days 7`. */
import { expect, test } from 'vitest';
import { liveDay } from './alert-day.ts';

test('a day with five machines calls at most five times an hour and keeps silent about no fault', async () => {
  const seed = Date.now() % 1_000_000;
  const day = await liveDay(seed);
  expect(day).toMatchObject({ suppressed: [], seed });
  expect(day.callsPerHour).toBeLessThanOrEqual(5);
  expect(day.callsPerHour).toBeLessThan(day.naivePerHour / 4);
  expect(day.called).toBeGreaterThan(10);
  expect(day.rightCause / day.onFaults).toBeGreaterThan(0.75);
}, 60_000);
