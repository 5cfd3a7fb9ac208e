import { expect, test } from 'vitest';
import { hits, runCampaign } from './why-campaign.ts';

test('alerts on simulated faults name what the fault truly moved', async () => {
  const seed = Date.now() % 100_000;
  const { told } = await runCampaign({ machines: 3, shots: 400, seed, first: [7, 90] });
  const first = hits(told, ({ byDrivers }) => byDrivers, 1);
  const three = hits(told, ({ byDrivers }) => byDrivers, 3);
  const said = `seed ${seed}: ${told.length} alerts, first ${first}, in three ${three}`;
  console.log(said);
  expect(told.length, said).toBeGreaterThan(10);
  expect(first, said).toBeGreaterThanOrEqual(0.8);
  expect(three, said).toBeGreaterThanOrEqual(0.95);
  for (const { shareSum } of told) expect(shareSum, said).toBeLessThanOrEqual(1 + 1e-9);
});
