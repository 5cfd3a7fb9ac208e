/** Sparkplug B through a real mosquitto to a primary host that holds the node to the rules. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { receiveBehindBroker } from '../fixtures/broker-receiving.ts';
import { hasMosquitto, startMosquitto } from '../fixtures/mosquitto.ts';
import { hostName, SparkplugReceiver } from '../fixtures/sparkplug-receiver.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { planOf } from '../fixtures/sync-plan.ts';
import { startKeeper, temporaryDirectory } from '../unit/store-support.ts';
import { atEnd, syncContract } from './sync-contract.ts';

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

test.each([
  ['writes', 'topic read spBv1.0/#'],
  ['reads', 'topic write spBv1.0/#'],
])(
  'where the broker forbids what the node %s, nothing counts as delivered, and it is said',
  async (_what, rule) => {
    const dir = temporaryDirectory();
    const acl = join(dir, 'acl');
    writeFileSync(acl, `${rule}\n`);
    for (const path of [dir, acl]) chmodSync(path, 0o755);
    const broker = await startMosquitto([`acl_file ${acl}`]);
    atEnd(broker.stop);
    const target = { type: 'mqtt', format: 'sparkplug-b', url: broker.url };
    const { keeper, seen } = startKeeper(join(dir, 'store'), { sync: planOf([target]) });
    keeper.keep(cycleBody(1), { monoMs: 1, wallMs: 1 });
    // This mosquitto hangs up on larger messages that it denies.
    const said = await Promise.race([seen('sync-denied'), seen('sync-interrupted')]);
    expect(said.text).toMatch(/user (to )?write/);
    const left = async () => (await keeper.query('ledger', {})).pending.mqtt;
    expect(await left()).toBe(1);
    writeFileSync(acl, 'topic readwrite spBv1.0/#\n');
    await broker.kill();
    await broker.start();
    while ((await left()) !== 0);
  },
  60_000,
);
