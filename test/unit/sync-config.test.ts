/** What a configuration may say of a sync target. */
import { expect, test } from 'vitest';
import { syncSchema } from '../../config/sync-schema.ts';

const sound = (entry: object): boolean =>
  syncSchema.safeParse([{ type: 'mqtt', url: 'mqtts://broker.example', ...entry }]).success;

test('a network in the clear must be said', () => {
  const url = 'mqtt://broker.example:1883';
  expect(sound({ url })).toBe(false);
  expect(sound({ url, tls: 'none' })).toBe(true);
  expect(sound({ url: 'mqtt://127.0.0.1:1883' })).toBe(true);
});

test('a primary host is for Sparkplug, and part of a topic', () => {
  expect(sound({ primaryHost: 'scada' })).toBe(false);
  expect(sound({ primaryHost: 'scada', format: 'sparkplug-b' })).toBe(true);
  expect(sound({ primaryHost: 'sca/da', format: 'sparkplug-b' })).toBe(false);
});

test('a certificate has its key, a secret is no text, two targets have two names', () => {
  expect(sound({ cert: 'gw.pem' })).toBe(false);
  expect(sound({ cert: 'gw.pem', key: 'gw.key' })).toBe(true);
  expect(sound({ password: 'secret' })).toBe(false);
  expect(sound({ password: { env: 'PPURI_PASSWORD' } })).toBe(true);
  const url = 'mqtts://broker.example';
  const twice = [
    { type: 'mqtt', url },
    { type: 'mqtt', url },
  ];
  expect(syncSchema.safeParse(twice).success).toBe(false);
});
