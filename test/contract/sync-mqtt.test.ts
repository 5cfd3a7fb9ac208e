/** JSON over MQTT 5 through a real mosquitto. */
import { chmodSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { generate, type Packet, parser } from 'mqtt-packet';
import { beforeEach, describe, expect, test } from 'vitest';
import { receiveBehindBroker } from '../fixtures/broker-receiving.ts';
import { hasMosquitto, startMosquitto } from '../fixtures/mosquitto.ts';
import { MqttReceiver } from '../fixtures/mqtt-receiver.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { planOf } from '../fixtures/sync-plan.ts';
import { startKeeper, temporaryDirectory } from '../unit/store-support.ts';
import { atEnd, syncContract } from './sync-contract.ts';

const at = () => ({ monoMs: 1, wallMs: 1 });

beforeEach((context) => {
  context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare');
});

syncContract({
  kind: 'MQTT JSON',
  receive: (dir, password) => receiveBehindBroker(dir, new MqttReceiver(), password),
  entry: (port) => ({ type: 'mqtt', url: `mqtts://localhost:${port}` }),
  secret: (file) => ({ username: 'gw-1', password: { file } }),
});

describe('delivery over MQTT', () => {
  test('a broker that hangs costs a connection, and neither the keep process nor a record', async () => {
    const broker = await startMosquitto();
    atEnd(broker.stop);
    const received = new MqttReceiver();
    await received.listen(broker.url);
    atEnd(() => received.close());
    const sync = planOf([{ type: 'mqtt', url: broker.url }]);
    const { keeper, seen } = startKeeper(temporaryDirectory(), { sync });
    keeper.keep(cycleBody(1), at());
    await received.until(1);
    broker.hang();
    // Several must be under way when the keep-alive of the line runs out, and none for long.
    await pause(5000);
    for (let seq = 2; seq <= 60; seq += 1) keeper.keep(cycleBody(seq), at());
    await Promise.race([seen('sync-interrupted'), seen('store-restarted')]);
    broker.wake();
    await received.until(60);
    expect(keeper.stats().restarts).toBe(0);
  }, 90_000);

  test('JSON and Sparkplug share a broker', async () => {
    const { url, stop } = await startMosquitto();
    atEnd(stop);
    const json = { type: 'mqtt', url, subscriber: 'optional' };
    const both = planOf([json, { type: 'mqtt', url, name: 'scada', format: 'sparkplug-b' }]);
    const { keeper, events } = startKeeper(temporaryDirectory(), { sync: both });
    for (let seq = 1; seq <= 20; seq += 1) {
      keeper.keep(cycleBody(seq), at());
      await keeper.flush();
      const left = async () => Object.values((await keeper.query('ledger', {})).pending);
      while ((await left()).some((count) => count > 0));
    }
    expect(events.filter(({ level }) => level !== 'info')).toEqual([]);
  }, 30_000);

  test('a broker that says why it ends the session is believed: somebody else has the same id', async () => {
    const broker = createServer((socket) => {
      const packets = parser({ protocolVersion: 5 });
      packets.on('packet', ({ cmd }: Packet) => {
        const answer: Packet =
          cmd === 'connect'
            ? { cmd: 'connack', reasonCode: 0, sessionPresent: false }
            : { cmd: 'disconnect', reasonCode: 0x8e };
        socket.write(generate(answer, { protocolVersion: 5 }));
        if (cmd === 'publish') socket.end();
      });
      socket.on('data', (data: Buffer) => void packets.parse(data));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
    atEnd(async () => void broker.close());
    const { port } = broker.address() as AddressInfo;
    const sync = planOf([{ type: 'mqtt', url: `mqtt://127.0.0.1:${port}` }]);
    const { keeper, seen } = startKeeper(temporaryDirectory(), { sync });
    keeper.keep(cycleBody(1), at());
    const { level, text } = await seen('sync-taken-over');
    expect(level).toBe('error');
    expect(text).toContain('ppuri-gw-1-mqtt');
  }, 30_000);

  test('a message larger than the broker takes is said and does not hold up the others', async () => {
    const { url, stop } = await startMosquitto(['max_packet_size 20000']);
    atEnd(stop);
    const received = new MqttReceiver();
    await received.listen(url);
    atEnd(() => received.close());
    const sync = planOf([{ type: 'mqtt', url }]);
    const { keeper, seen } = startKeeper(temporaryDirectory(), { sync });
    const text = 'x'.repeat(30_000);
    const event = { kind: 'test', level: 'info', subject: 'test', text, at: at() } as const;
    keeper.keep(cycleBody(1), at());
    keeper.keep({ kind: 'event', event }, at());
    keeper.keep(cycleBody(2), at());
    expect((await seen('sync-refused')).level).toBe('error');
    await received.until(2);
    const { gaps } = await keeper.query('ledger', {});
    const undeliverable = gaps.filter(({ reason }) => reason === 'undeliverable');
    expect(undeliverable).toMatchObject([{ from: 2, to: 2, count: 1, target: 'mqtt' }]);
  }, 30_000);

  test('a broker that nobody listens behind has nothing delivered; what it dropped comes again', async () => {
    const { url, stop } = await startMosquitto();
    atEnd(stop);
    const sync = planOf([{ type: 'mqtt', url }]);
    const { keeper, seen } = startKeeper(temporaryDirectory(), { sync });
    keeper.keep(cycleBody(1), at());
    expect(await seen('sync-no-receiver')).toMatchObject({ level: 'error' });
    const { delivered, pending } = await keeper.query('ledger', {});
    expect([delivered, pending]).toEqual([{ mqtt: 0 }, { mqtt: 1 }]);
    const received = new MqttReceiver();
    await received.listen(url);
    atEnd(() => received.close());
    await received.until(1);
  }, 30_000);

  test('a broker whose rules forbid the topic is said to someone who can act', async () => {
    const dir = temporaryDirectory();
    const acl = join(dir, 'acl');
    writeFileSync(acl, 'topic read ppuri/#\n');
    for (const path of [dir, acl]) chmodSync(path, 0o755);
    const { url, stop } = await startMosquitto([`acl_file ${acl}`]);
    atEnd(stop);
    const sync = planOf([{ type: 'mqtt', url }]);
    const { keeper, seen } = startKeeper(join(dir, 'store'), { sync });
    keeper.keep(cycleBody(1), at());
    expect(await seen('sync-denied')).toMatchObject({ level: 'error' });
    expect((await keeper.query('ledger', {})).pending).toEqual({ mqtt: 1 });
  }, 30_000);

  test('a broker that takes records itself is believed where that is said', async () => {
    const { url, stop } = await startMosquitto();
    atEnd(stop);
    const sync = planOf([{ type: 'mqtt', url, subscriber: 'optional' }]);
    const { keeper } = startKeeper(temporaryDirectory(), { sync });
    keeper.keep(cycleBody(1), at());
    await keeper.flush();
    const left = async () => (await keeper.query('ledger', {})).pending.mqtt;
    while ((await left()) !== 0);
  }, 30_000);
});
