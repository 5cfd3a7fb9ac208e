/** A small part of the drift campaign; see drift-campaign.ts for the whole. */
import { describe, expect, test } from 'vitest';
import { kinds, runClean, runPlant } from './drift-campaign.ts';

describe('clean shots of simulated machines, with stops, mold changes and sentinels', () => {
  test.each(kinds)('%s: nothing is in doubt', { timeout: 120_000 }, (kind) => {
    const { shots, found } = runClean(kind, 20261127, 2500);
    expect(shots).toBe(2500);
    expect(found).toEqual([]);
  });
});

describe('planted drift', () => {
  const shops = ['die-casting-cold-chamber', 'injection-molding'] as const;

  test.each(shops)(
    '%s: decimal points and frozen sensors within 30 shots',
    {
      timeout: 120_000,
    },
    (kind) => {
      for (const [seed, what] of [
        [1002, 'decimal-shift'],
        [1003, 'decimal-shift'],
        [1004, 'frozen'],
        [1006, 'frozen'],
      ] as const) {
        const report = runPlant(kind, seed, what, 0);
        expect(report, JSON.stringify(report)).toMatchObject({ others: 0 });
        expect(report.after).toBeLessThanOrEqual(30);
      }
    },
  );

  test('a value that creeps by 0.3 of its deviation a shot: 30 shots, twice that where it wanders by itself', {
    timeout: 120_000,
  }, () => {
    const reports = [1001, 1002, 1003, 1004].map((seed) =>
      runPlant('die-casting-cold-chamber', seed, 'slow-offset', 0.3),
    );
    for (const report of reports) {
      expect(report.how, JSON.stringify(report)).toBe('slow-offset');
      expect(report.after, JSON.stringify(report)).toBeLessThanOrEqual(report.wanders ? 60 : 30);
    }
  });
});
