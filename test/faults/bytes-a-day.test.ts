import { expect, test } from 'vitest';
import { canMakeDisks } from '../fixtures/small-disk.ts';
import { measureBytes } from './bytes-a-day.ts';

test.skipIf(!canMakeDisks())(
  'bytes that reach the disk (needs root): one commit costs few blocks',
  async () => {
    const report = await measureBytes({
      pace: 'even',
      readingsPerSecond: 100,
      seconds: 5,
      seed: 1,
    });
    console.log(JSON.stringify(report));
    expect(report.records).toBeGreaterThan(10);
    // Some 12,000; with SQLite's own fsync it was 18,000.
    expect(report.bytesPerRecord).toBeLessThan(15_500);
  },
);
