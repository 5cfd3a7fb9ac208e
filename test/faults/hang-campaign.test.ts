import { expect, test } from 'vitest';
import { runBeside } from './hang-campaign.ts';

test('a model that hangs on one machine, again and again, costs the other at most two verdicts', async () => {
  const seed = Date.now() % 100_000;
  const run = await runBeside('hang', { shots: 15, seed, speed: 50, deadlineMs: 150 });
  const said = `seed ${seed}: A ${JSON.stringify(run.a)}, B ${JSON.stringify(run.b)}`;
  console.log(said);
  expect(run.bLost, said).toBeLessThanOrEqual(2);
  expect(run.a.ok ?? 0, said).toBe(0);
  expect(run, said).toMatchObject({ unaccounted: 0, repeated: 0 });
});
