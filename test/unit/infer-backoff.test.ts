import { expect, test } from 'vitest';
import { createBackoff } from '../../agent/infer/backoff.ts';

const most = () => 1;
const least = () => 0;

function waits(losses: readonly (number | null)[], random = most, capMs = 5_000): number[] {
  const backoff = createBackoff(capMs, random);
  return losses.map((readyMs) => backoff.lost(readyMs));
}

test('the first loss costs no wait; children that never get ready wait longer up to the cap', () => {
  const never = Array.from({ length: 12 }, () => null);
  expect(waits(never)).toEqual([0, 25, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test('children that worked are followed soon, however often they are killed', () => {
  const killed = Array.from({ length: 100 }, () => 300);
  expect(Math.max(...waits(killed))).toBeLessThanOrEqual(50);
});

test('a healthy while makes the next loss the first again', () => {
  expect(waits([null, null, null, 60_000, null])).toEqual([0, 25, 50, 0, 25]);
});

test('waits are spread, so that many gateways do not act in step', () => {
  expect(waits([null, null, null], least)).toEqual([0, 12.5, 25]);
});
