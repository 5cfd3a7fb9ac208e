import { expect, test } from 'vitest';
import { needs } from '../fixtures/programs.ts';
import { runSyscallKills } from './syscall-kill-campaign.ts';

needs('strace');

test('killed at the writes, syncs and renames of a run: the store opens with all that was kept', async () => {
  const seed = Date.now() % 80;
  const report = await runSyscallKills({ every: 80, first: seed });
  const said = `seed ${seed}: ${JSON.stringify(report)}`;
  console.log(said);
  expect(report.failures, said).toEqual([]);
  expect(report.kills, said).toBeGreaterThan(5);
});
