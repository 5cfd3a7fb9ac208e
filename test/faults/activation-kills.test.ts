import { expect, test } from 'vitest';
import { canLogDisks } from '../fixtures/logged-disk.ts';
import { runActivationCuts } from './activation-cuts.ts';
import { runActivationKills } from './activation-kills.ts';

const seed = Date.now() % 100_000;

test('an agent killed while a new model is on its way starts with exactly the old or the new one', async () => {
  const report = await runActivationKills({ kills: 6, seed });
  const said = JSON.stringify(report);
  console.log(said);
  expect(report.failures, said).toEqual([]);
  expect(report.starts, said).toBeGreaterThanOrEqual(4);
}, 180_000);

test.skipIf(!canLogDisks())(
  'power cut below the file system (needs root and libfuse3-dev): a step is there or is not',
  async () => {
    const report = await runActivationCuts({ images: 16, models: 8, seed });
    const said = JSON.stringify(report);
    console.log(said);
    expect(report.failures, said).toEqual([]);
    expect(report.before + report.after, said).toBe(16);
  },
  180_000,
);
