import { expect, test } from 'vitest';
import { damage, fuzz } from './frame-campaign.ts';

const seed = Number(process.env.PPURI_SEED ?? Math.floor(Math.random() * 2 ** 32));

test(`damaged RTU frames are not taken for replies (PPURI_SEED=${seed})`, () => {
  const report = damage(10_000, seed);
  process.stdout.write(`damaged frames: ${JSON.stringify(report)}\n`);
  expect(report.burstsAccepted).toBe(0);
  // A CRC of 16 bits lets 2^-16 of arbitrary damage pass: 0.08 of these, so six is beyond chance.
  expect(report.othersAccepted).toBeLessThan(6);
  expect(report.wholeAccepted).toBe(report.whole);
  expect(report.whole).toBeGreaterThan(0);
});

test(`arbitrary bytes never throw in a frame parser (PPURI_SEED=${seed})`, () => {
  const report = fuzz(100_000, seed);
  process.stdout.write(`fuzzed inputs: ${JSON.stringify(report)}\n`);
  expect(report.exceptions).toEqual([]);
});
