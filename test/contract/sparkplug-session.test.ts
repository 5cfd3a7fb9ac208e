/** Sparkplug over a real broker: what only a connection shows of the rules, by their ids. */
import { connectAsync, type MqttClient } from 'mqtt';
import type { IPublishPacket } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredRecord } from '../../agent/records.ts';
import { EdgeNode, type EdgeNodeOptions } from '../../agent/sync/sparkplug/edge-node.ts';
import { decodePayload } from '../../agent/sync/sparkplug/payload.ts';
import {
  SparkplugSession,
  type SparkplugSessionOptions,
} from '../../agent/sync/sparkplug/session.ts';
import { hasMosquitto, type Mosquitto, startMosquitto } from '../fixtures/mosquitto.ts';
import { type MqttTap, tapMqtt } from '../fixtures/mqtt-tap.ts';
import { SparkplugHost } from '../fixtures/sparkplug-host.ts';
import { base, ncmd, rebirthCommand, say, state } from '../fixtures/sparkplug-session.ts';
import { cycleBody, storedRecord } from '../fixtures/stored-records.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

let broker: Mosquitto;
let tap: MqttTap;
let watcher: MqttClient;
let host: SparkplugHost;
let heard: (() => void)[] = [];

beforeEach(async (context) => {
  context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare');
  broker = await startMosquitto();
  ends.push(() => broker.stop());
  tap = await tapMqtt(broker.port);
  ends.push(() => tap.stop());
  watcher = await connectAsync(broker.url, { reconnectPeriod: 0 });
  ends.push(() => watcher.endAsync(true));
  host = new SparkplugHost();
  heard = [];
  watcher.on('message', (topic, payload) => {
    if (/^spBv1.0\/busan-1\/[ND](?:BIRTH|DATA|DEATH)\//.test(topic)) host.hear(topic, payload);
    for (const wake of heard.splice(0)) wake();
  });
  await watcher.subscribeAsync('spBv1.0/#', { qos: 1 });
});

/** Resolves once the watcher has heard as many messages of this verb. */
async function told(verb: string, count = 1): Promise<void> {
  const so = (): number => host.heard.filter((message) => message.verb === verb).length;
  while (so() < count) await new Promise<void>((resolve) => heard.push(resolve));
}

let bdSeq = 41;

async function open(
  more: Partial<EdgeNodeOptions> = {},
  options: Partial<SparkplugSessionOptions> = {},
): Promise<SparkplugSession> {
  const session = await SparkplugSession.open({
    node: new EdgeNode({ ...base, ...more }),
    nextBdSeq: () => {
      bdSeq += 1;
      return bdSeq;
    },
    dial: (connect) =>
      connectAsync(tap.url, { ...connect, clientId: 'gw-1', keepalive: 30 }, false),
    confirmMs: 5000,
    ...options,
  });
  ends.push(() => session.close());
  return session;
}

const cycles = (from: number, to: number): StoredRecord[] =>
  Array.from({ length: to - from + 1 }, (_, i) => storedRecord(from + i, cycleBody(from + i)));
const verbs = (): string[] => host.heard.map(({ verb }) => verb);
const seqs = (): unknown[] =>
  host.heard.flatMap(({ verb, metrics }) =>
    verb === 'DDATA' ? metrics.filter(({ name }) => name === 'ppuri/seq').map((m) => m.value) : [],
  );

function rule(ids: string, check: () => Promise<void>): void {
  for (const id of ids.split(/\s+/).filter(Boolean)) test(`tck-id-${id}`, check);
}

describe('a connection', () => {
  rule(
    `payloads-ndeath-will-message message-flow-edge-node-birth-publish-will-message
    principles-persistence-clean-session message-flow-edge-node-ncmd-subscribe`,
    async () => {
      await open();
      await told('DBIRTH', 2);
      const [connect, subscribe, ...rest] = tap.packets;
      if (connect?.cmd !== 'connect') throw new Error('no CONNECT');
      expect(connect.clean).toBe(true);
      expect(connect.will).toMatchObject({
        topic: 'spBv1.0/busan-1/NDEATH/gw-1',
        qos: 1,
        retain: false,
      });
      const will = decodePayload(Buffer.from(connect.will?.payload ?? ''));
      expect(will.metrics.map(({ name, value }) => [name, value.value])).toEqual([
        ['bdSeq', BigInt(bdSeq)],
      ]);
      expect(subscribe).toMatchObject({
        cmd: 'subscribe',
        subscriptions: [{ topic: ncmd, qos: 1 }],
      });
      expect(rest[0]).toMatchObject({ cmd: 'publish', topic: 'spBv1.0/busan-1/NBIRTH/gw-1' });
    },
  );

  test('births come first, data in its order, and what was sent is confirmed', async () => {
    const session = await open();
    await session.send(cycles(1, 300), true);
    await session.send(cycles(301, 600), false);
    await told('DDATA', 600);
    expect(verbs().slice(0, 3)).toEqual(['NBIRTH', 'DBIRTH', 'DBIRTH']);
    expect(seqs()).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
    const sent = tap.packets.filter((packet): packet is IPublishPacket => packet.cmd === 'publish');
    for (const { qos, retain } of sent) expect({ qos, retain }).toEqual({ qos: 0, retain: false });
  });

  rule('operational-behavior-edge-node-intentional-disconnect-packet', async () => {
    const session = await open();
    await session.close();
    expect(tap.packets.slice(-2).map(({ cmd }) => cmd)).toEqual(['publish', 'disconnect']);
    await told('NDEATH');
    expect(host.heard.at(-1)?.metrics[0]?.value).toBe(bdSeq);
    await expect(session.send(cycles(1, 1), false)).rejects.toThrow(/ended/);
  });

  test('a broken connection is an NDEATH with the number of its NBIRTH', async () => {
    const session = await open();
    await told('DBIRTH', 2);
    await tap.stop();
    await session.ended;
    await told('NDEATH');
    const [birth] = host.heard;
    const bdSeqOf = (index: number): unknown =>
      host.heard.at(index)?.metrics.find(({ name }) => name === 'bdSeq')?.value;
    expect(birth?.verb).toBe('NBIRTH');
    expect(bdSeqOf(-1)).toBe(bdSeqOf(0));
    expect(session.born).toBe(false);
  });

  test.each([5, 20_000])(
    'what a half-open line took of %i records is not confirmed',
    async (count) => {
      const session = await open({}, { confirmMs: 500 });
      await session.send(cycles(1, 5), false);
      tap.freeze();
      await expect(session.send(cycles(6, 5 + count), true)).rejects.toMatchObject({
        code: 'sync-interrupted',
      });
      await session.ended;
    },
  );

  test('a rebirth asked for in the middle of a batch breaks no order', async () => {
    const session = await open();
    const sending = session.send(cycles(1, 2000), true);
    await told('DDATA', 1);
    await watcher.publishAsync(ncmd, Buffer.from(rebirthCommand(true)));
    await sending;
    await told('NBIRTH', 2);
    await told('DDATA', 2000);
    expect(seqs()).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
  });

  rule('operational-behavior-data-commands-ncmd-rebirth-verb', async () => {
    const session = await open();
    await session.send(cycles(1, 3), false);
    await watcher.publishAsync(ncmd, Buffer.from(rebirthCommand(true)));
    await told('NBIRTH', 2);
    await told('DBIRTH', 4);
    await session.send(cycles(4, 4), false);
    await told('DDATA', 4);
    const births = host.heard.filter(({ verb }) => verb === 'NBIRTH');
    const numbers = births.map(
      ({ metrics }) => metrics.find(({ name }) => name === 'bdSeq')?.value,
    );
    expect(numbers).toEqual([bdSeq, bdSeq]);
  });
});

test('a flood of rebirth commands gives one birth a second, the last asked for included', async () => {
  const session = await open();
  await told('NBIRTH', 1);
  const began = performance.now();
  for (let i = 0; i < 300; i += 1)
    await watcher.publishAsync(ncmd, Buffer.from(rebirthCommand(true)), { qos: 1 });
  // One at once, and one for all that were asked for after it.
  await told('NBIRTH', 3);
  const seconds = (performance.now() - began) / 1000;
  const births = host.heard.filter(({ verb }) => verb === 'NBIRTH').length;
  expect(births).toBeLessThanOrEqual(3 + seconds);
  await session.send(cycles(1, 3), false);
  await told('DDATA', 3);
});

describe('with a primary host', () => {
  const retained = { qos: 1, retain: true } as const;

  rule('operational-behavior-edge-node-termination-host-offline-reconnect', async () => {
    let born = (): void => undefined;
    const birth = (): Promise<void> =>
      new Promise((resolve) => {
        born = resolve;
      });
    const first = birth();
    const node = { primaryHost: 'scada' };
    const session = await open(node, { onBorn: () => born() });
    expect(session.born).toBe(false);
    await expect(session.send(cycles(1, 1), true)).rejects.toThrow();
    await watcher.publishAsync(state, Buffer.from(say(true, 100)), retained);
    await first;
    await session.send(cycles(1, 1), true);
    await watcher.publishAsync(state, Buffer.from(say(false, 100)), retained);
    await session.ended;
    await told('NDEATH');
    expect(tap.packets.at(-1)?.cmd).toBe('disconnect');
    const second = birth();
    const again = await open(node, { onBorn: () => born() });
    expect(again.born).toBe(false);
    await watcher.publishAsync(state, Buffer.from(say(true, 101)), retained);
    await second;
    await told('NBIRTH', 2);
    expect(verbs()).toEqual([
      'NBIRTH',
      'DBIRTH',
      'DBIRTH',
      'DDATA',
      'NDEATH',
      'NBIRTH',
      ...verbs().slice(6),
    ]);
  });

  test('a host that is there already is known by its retained STATE', async () => {
    await watcher.publishAsync(state, Buffer.from(say(true, 100)), retained);
    const session = await new Promise<SparkplugSession>((resolve, reject) => {
      let opened: SparkplugSession | null = null;
      let born = false;
      const both = (): void => {
        if (opened !== null && born) resolve(opened);
      };
      const onBorn = (): void => {
        born = true;
        both();
      };
      open({ primaryHost: 'scada' }, { onBorn }).then((it) => {
        opened = it;
        both();
      }, reject);
    });
    await session.send(cycles(1, 2), false);
    await told('DDATA', 2);
  });
});
