import { expect, test } from 'vitest';
import { canMakeDisks } from '../fixtures/small-disk.ts';
import { measureLatency } from './disk-latency.ts';

test.skipIf(!canMakeDisks())(
  'shots are judged while the disk is read-only (needs root), and are all kept in the end',
  async () => {
    const seed = Date.now() % 100_000;
    const options = { trouble: 'read-only', seed, seconds: 2, machines: 4, speed: 50 } as const;
    const report = await measureLatency(options);
    const said = JSON.stringify(report);
    console.log(said);
    expect(report, said).toMatchObject({ unaccounted: 0, repeated: 0 });
    expect(report.toVerdictMs.during.shots, said).toBeGreaterThan(0);
  },
  60_000,
);
