/** Sparkplug B through a real mosquitto to a primary host that holds the node to the rules. */
import { beforeEach, expect, test } from 'vitest';
import { receiveBehindBroker } from '../fixtures/broker-receiving.ts';
import { hasMosquitto } from '../fixtures/mosquitto.ts';
import { hostName, SparkplugReceiver } from '../fixtures/sparkplug-receiver.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { planOf } from '../fixtures/sync-plan.ts';
import { startKeeper, temporaryDirectory } from '../unit/store-support.ts';
import { syncContract } from './sync-contract.ts';

beforeEach((context) => context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare'));
const extra = { format: 'sparkplug-b', primaryHost: hostName };

syncContract({
  kind: 'Sparkplug B',
  receive: (dir, password) => receiveBehindBroker(dir, new SparkplugReceiver(), password, extra),
  entry: (port) => ({ type: 'mqtt', format: 'sparkplug-b', url: `mqtts://localhost:${port}` }),
  secret: (file) => ({ username: 'gw-1', password: { file } }),
});

test('while the primary host is away records wait, and it is said; each connection has its number', async () => {
  const dir = temporaryDirectory();
  const receiver = new SparkplugReceiver();
  const { target, book, kill, start } = await receiveBehindBroker(dir, receiver, undefined, extra);
  await receiver.close();
  const { keeper, seen } = startKeeper(dir, { sync: planOf([target]) });
  keeper.keep(cycleBody(1), { monoMs: 1, wallMs: 1 });
  expect((await seen('sync-host-away')).text).toContain(hostName);
  expect(book.size).toBe(0);
  await kill();
  await start();
  await receiver.listen((target as { url: string }).url);
  await book.until(1);
  expect(receiver.broken).toEqual([]);
  const heard = receiver.hosts.get('gw-1')?.heard ?? [];
  const births = heard.filter(({ verb }) => verb === 'NBIRTH');
  const bdSeq = births.at(-1)?.metrics.find(({ name }) => name === 'bdSeq')?.value;
  expect(Number(bdSeq)).toBeGreaterThan(0);
}, 30_000);
