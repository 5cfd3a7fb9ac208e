/** A hundredth of the campaign; the whole one is by hand, see sparkplug-campaign.ts. */
import { expect, test } from 'vitest';
import { hasMosquitto } from '../fixtures/mosquitto.ts';
import { runSparkplugCampaign } from './sparkplug-campaign.ts';

test('birth-death numbers hold over kills, and what was confirmed arrived', async (context) => {
  context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare');
  const report = await runSparkplugCampaign({ kills: 6, seed: 3 });
  expect(report.wrong).toEqual([]);
  expect(report.sessions).toBeGreaterThanOrEqual(6);
}, 60_000);
