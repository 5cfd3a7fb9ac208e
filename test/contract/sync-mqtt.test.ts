/** Records from a real keep child through a real mosquitto: all of them, in order, through breaks. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SyncPlan } from '../../config/sync-schema.ts';
import { syncSchema } from '../../config/sync-schema.ts';
import { hasMosquitto, type Mosquitto, startMosquitto } from '../fixtures/mosquitto.ts';
import { MqttReceiver } from '../fixtures/mqtt-receiver.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { startKeeper, temporaryDirectory } from '../unit/store-support.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
beforeEach((context) => {
  context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare');
});

async function broker(lines: readonly string[] = []): Promise<Mosquitto> {
  const running = await startMosquitto(['persistence true', ...lines]);
  ends.push(() => running.stop());
  return running;
}

async function receiver(url: string): Promise<MqttReceiver> {
  const listening = new MqttReceiver();
  await listening.listen(url);
  ends.push(() => listening.close());
  return listening;
}

const plan = (url: string, more: object = {}): SyncPlan => ({
  gateway: 'gw-1',
  site: 'busan-1',
  targets: syncSchema.parse([{ type: 'mqtt', url, ...more }]),
});

const at = () => ({ monoMs: performance.now(), wallMs: Date.now() });

describe('delivery over MQTT', () => {
  test('what was kept before and what is kept now arrive, each in order', async () => {
    const { url } = await broker();
    const received = await receiver(url);
    const dir = temporaryDirectory();
    const before = startKeeper(dir);
    for (let seq = 1; seq <= 300; seq += 1) before.keeper.keep(cycleBody(seq), at());
    await before.keeper.flush(20_000);
    await before.keeper.close();
    const now = startKeeper(dir, { sync: plan(url) });
    await received.until(300);
    for (let seq = 1; seq <= 300; seq += 1) now.keeper.keep(cycleBody(seq), at());
    await received.until(600);
    expect(received.outOfOrder()).toEqual([]);
    expect(received.repeats).toBe(0);
    expect(received.firsts.at(-1)?.lane).toBe('live');
    await now.keeper.close();
    const again = startKeeper(dir, { sync: plan(url) });
    again.keeper.keep(cycleBody(1), at());
    await received.until(601);
    // An acknowledgement may have been under way at the end; never more than the window.
    expect(received.repeats).toBeLessThanOrEqual(200);
    await again.keeper.close();
    const after = startKeeper(dir, { sync: plan('mqtt://127.0.0.1:1') });
    const { kept, delivered, pending } = await after.keeper.query('ledger', {});
    expect(Number(delivered.mqtt) + Number(pending.mqtt)).toBe(kept);
    expect(pending.mqtt).toBeLessThanOrEqual(200);
  }, 30_000);

  test('a broker that goes away and comes back, and a killed keep child, lose nothing', async () => {
    const running = await broker(['max_inflight_messages 10']);
    const received = await receiver(running.url);
    const { keeper, seen } = startKeeper(temporaryDirectory(), { sync: plan(running.url) });
    for (let seq = 1; seq <= 200; seq += 1) keeper.keep(cycleBody(seq), at());
    await received.until(100);
    await running.kill();
    for (let seq = 201; seq <= 400; seq += 1) keeper.keep(cycleBody(seq), at());
    await seen('sync-interrupted');
    await running.start();
    await received.until(400);
    const { pid } = keeper.stats();
    if (pid !== null) process.kill(pid, 'SIGKILL');
    for (let seq = 401; seq <= 500; seq += 1) keeper.keep(cycleBody(seq), at());
    await received.until(500);
    expect(received.outOfOrder()).toEqual([]);
  }, 30_000);

  test('a message larger than the broker takes is said and does not hold up the others', async () => {
    const { url } = await broker(['max_packet_size 20000']);
    const received = await receiver(url);
    const { keeper, seen } = startKeeper(temporaryDirectory(), { sync: plan(url) });
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

  test('a secret that is not there is said once, by its place; records are kept', async () => {
    const running = await broker(['allow_anonymous false']);
    const { keeper, seen, events } = startKeeper(temporaryDirectory(), {
      sync: plan(running.url, { username: 'gw-1', password: { env: 'PPURI_TEST_SECRET' } }),
    });
    expect((await seen('secret-missing')).text).toContain('PPURI_TEST_SECRET');
    keeper.keep(cycleBody(1), at());
    await keeper.flush();
    expect(events.filter(({ kind }) => kind === 'secret-missing')).toHaveLength(1);
  }, 30_000);
});
