import { expect, test } from 'vitest';
import { runMutations } from './model-mutations.ts';

const ample = { timeout: 240_000 };

test(
  'damaged and forged bundles: none is activated, and the other machines are judged meanwhile',
  ample,
  async () => {
    const seed = Date.now() % 100_000;
    const report = await runMutations({ mutants: 40, seed, speed: 50, quietMs: 0 });
    const said = JSON.stringify(report);
    console.log(said);
    expect(report.violations, said).toEqual([]);
    expect(report.left, said).toEqual([]);
    expect(report.processesLeft, said).toBe(0);
    expect(report.sameProcess, said).toBe(true);
    expect(report.others.attacked.disturbed, said).toEqual({});
    expect(report.others.attacked.shots, said).toBeGreaterThan(0);
  },
);
