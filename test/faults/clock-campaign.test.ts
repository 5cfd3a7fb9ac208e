/** A small share of the campaign; the whole is `node test/faults/clock-campaign.ts`. */
import { expect, test } from 'vitest';
import { needs } from '../fixtures/programs.ts';
import { runClocks } from './clock-campaign.ts';

needs('faketime');

test('a clock that steps about, and suspensions, lose, repeat and reorder nothing', async () => {
  const seed = Date.now() % 1_000_000;
  expect(await runClocks({ runs: 1, seed })).toMatchObject({ failures: [] });
}, 120_000);
