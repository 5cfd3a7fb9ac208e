/** A small share of the campaign; the whole is `node test/faults/sync-campaign.ts`. */
import { expect, test } from 'vitest';
import { hasMosquitto } from '../fixtures/mosquitto.ts';
import { runBreaks } from './sync-campaign.ts';

for (const kind of ['json', 'sparkplug', 'https'] as const)
  test(`${kind}: broken connections lose nothing and keep the order`, async (context) => {
    context.skip(kind !== 'https' && !hasMosquitto(), 'needs mosquitto; see test/prepare');
    const seed = Date.now() % 1_000_000;
    const report = await runBreaks({ breaks: 60, seed, gateways: 8, kind });
    expect(report).toMatchObject({ lost: [], outOfOrder: [], broken: [] });
  }, 120_000);
