import { expect, test } from 'vitest';
import { canMakeDisks } from '../fixtures/small-disk.ts';
import { runDamage, runTrouble, troubles } from './disk-campaign.ts';

const seed = Date.now() % 100_000;

test.skipIf(!canMakeDisks()).each(troubles)(
  'a disk that is or has %s (needs root and strace): all adds up, and the loop goes on',
  async (trouble) => {
    const report = await runTrouble(trouble, seed);
    console.log(JSON.stringify({ seed, ...report }));
    expect(report.good, JSON.stringify({ seed, ...report })).toBe(true);
  },
);

test.skipIf(!canMakeDisks())(
  'files damaged at random (needs root and strace): a store always opens, and goes on',
  async () => {
    const report = await runDamage(20, seed);
    expect(report.failures, `seed ${seed}`).toEqual([]);
  },
);
