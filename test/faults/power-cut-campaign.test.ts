import { expect, test } from 'vitest';
import { canLogDisks } from '../fixtures/logged-disk.ts';
import { runPowerCuts } from './power-cut-campaign.ts';

const seed = Date.now() % 100_000;

test.skipIf(!canLogDisks())(
  'power cut below the file system (needs root and libfuse3-dev): nothing that was kept is lost',
  async () => {
    const report = await runPowerCuts({ images: 12, seed, sync: 'full', batches: 20 });
    const said = JSON.stringify(report);
    console.log(said);
    expect(report, said).toMatchObject({ recordsLost: 0, failures: [] });
    expect(report.recordsKept, said).toBeGreaterThan(0);
  },
);

test.skipIf(!canLogDisks())(
  'the same without the syncs of the product (needs root and libfuse3-dev) is noticed',
  async () => {
    const report = await runPowerCuts({ images: 24, seed, sync: 'normal', batches: 30 });
    expect(report.recordsLost, JSON.stringify(report)).toBeGreaterThan(0);
  },
);
