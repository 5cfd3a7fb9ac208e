import { expect, test } from 'vitest';
import { runKillCampaign } from './kill-campaign.ts';

test('killing children at random moments loses no shot, changes no verdict and stops no alert', async () => {
  const seed = Date.now() % 100_000;
  const report = await runKillCampaign({
    kills: 8,
    seed,
    speed: 50,
    alerts: 1,
    gapMs: [300, 1500],
  });
  const said = `seed ${seed}: ${JSON.stringify(report.summary.verdicts)}`;
  console.log(said);
  expect(report.summary, said).toMatchObject({ unaccounted: 0, repeated: 0, outOfOrder: 0 });
  expect(report.wrong, said).toEqual([]);
  expect(report.rejudged, said).toBeGreaterThan(0);
  expect(report.alerts[0] + report.alerts[1], said).toBeGreaterThan(0);
});
