import { expect, test } from 'vitest';
import { runStoreKills } from './store-kill-campaign.ts';

test('keep, loop and both killed at random moments: nothing kept is lost, nothing is there twice', async () => {
  const seed = Date.now() % 100_000;
  const report = await runStoreKills({ keep: 20, loop: 6, tree: 6, seed });
  const said = JSON.stringify(report);
  console.log(said);
  expect(report, said).toMatchObject({ lost: 0, repeated: 0, unsound: 0 });
  expect(report.kept, said).toBeGreaterThan(300);
});
