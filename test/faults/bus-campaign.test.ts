import { describe, expect, test } from 'vitest';
import { needs } from '../fixtures/programs.ts';
import { type CampaignBus, campaign } from './bus-campaign.ts';
import { lateOrRepeated } from './bus-lies.ts';
import { replug } from './replug-campaign.ts';

const seed = Number(process.env.PPURI_SEED ?? Math.floor(Math.random() * 2 ** 32));

async function hold(bus: CampaignBus, requests: number, lies: 'late-or-repeated' | 'all') {
  const share = lies === 'all' ? 0.1 : 0.02;
  const report = await campaign({ bus, requests, seed, timeoutMs: 40, share, lies });
  process.stdout.write(`campaign: ${JSON.stringify(report)}\n`);
  expect(report.misattributed).toEqual([]);
  expect(report.requests).toBeGreaterThanOrEqual(requests);
  expect(report.outcomes.words).toBeGreaterThan(requests / 2);
  expect(report.outcomes['bus-timeout']).toBeGreaterThan(0);
  if (lies === 'all') return;
  for (const lie of lateOrRepeated) expect(report.lies[lie], lie).toBeGreaterThan(0);
}

describe(`devices that reply late or twice (PPURI_SEED=${seed})`, () => {
  test('Modbus TCP', () => hold('modbus-tcp', 10_000, 'late-or-repeated'));
  test('RTU through a converter', () => hold('modbus-rtu-tcp', 1000, 'late-or-repeated'));
  test('every lie on Modbus TCP', () => hold('modbus-tcp', 1000, 'all'));
  test('every lie on RTU through a converter', () => hold('modbus-rtu-tcp', 500, 'all'));
});

describe(`on a pseudo terminal (PPURI_SEED=${seed})`, () => {
  needs('socat');

  test('RTU replies late or twice', () => hold('modbus-rtu', 1000, 'late-or-repeated'));
  test('every lie on RTU', () => hold('modbus-rtu', 500, 'all'));

  test('an adapter pulled out and put back is read again, and nothing leaks', async () => {
    const report = await replug(5, seed);
    process.stdout.write(`replug: ${JSON.stringify(report)}\n`);
    expect(report.wrong).toBe(0);
    expect(report.backAfterMs.most).toBeLessThanOrEqual(10_000);
    expect(report.descriptors.last).toBe(report.descriptors.first);
  });
});
