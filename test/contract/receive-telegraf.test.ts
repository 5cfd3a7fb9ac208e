/** The fleet path of config/receive whole: mosquitto, Telegraf with our configuration, PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { hasMosquitto, type Mosquitto, startMosquitto } from '../fixtures/mosquitto.ts';
import { type Postgres, postgresPrograms, startPostgres } from '../fixtures/postgres.ts';
import { hasProgram, needs } from '../fixtures/programs.ts';
import { cycleBody, message, storedRecord } from '../fixtures/stored-records.ts';

const receive = (name: string): string =>
  fileURLToPath(new URL(`../../config/receive/${name}`, import.meta.url));

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function startTelegraf(broker: Mosquitto, db: Postgres): ChildProcess {
  return spawn('telegraf', ['--config', receive('telegraf.conf')], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      PPURI_MQTT: `tcp://127.0.0.1:${broker.port}`,
      PPURI_MQTT_USER: '',
      PPURI_MQTT_PASSWORD: '',
      PPURI_POSTGRES: db.connection,
    },
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  await closed;
}

/** Publishes at QoS 1, at most 20 unacknowledged; ends once the broker has all. */
async function publish(broker: Mosquitto, lines: readonly (string | Buffer)[]): Promise<void> {
  const client = await connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 0 });
  const topic = 'ppuri/busan-1/gw-1/cycle';
  for (let at = 0; at < lines.length; at += 20) {
    const window = lines.slice(at, at + 20);
    await Promise.all(window.map((line) => client.publishAsync(topic, line, { qos: 1 })));
  }
  await client.endAsync();
}

async function until(db: Postgres, query: string, wanted: string): Promise<void> {
  while ((await db.sql(query)) !== wanted) await new Promise((done) => setTimeout(done, 100));
}

const records = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    message(storedRecord(from + i, cycleBody(from + i))),
  );
const count = 'SELECT count(*) FROM ppuri.records';

describe('mosquitto, Telegraf and PostgreSQL', () => {
  needs('telegraf', 'psql');

  test('every record is there once, though Telegraf is killed twice and each is sent twice', async (context) => {
    const programs = postgresPrograms();
    context.skip(programs === null || !hasMosquitto() || !hasProgram('telegraf'));
    if (programs === null) return;
    const db = await startPostgres(programs);
    ends.push(() => db.stop());
    await db.sql(readFileSync(receive('schema.sql'), 'utf8'));
    const broker = await startMosquitto(['persistence true']);
    ends.push(() => broker.stop());
    let telegraf = startTelegraf(broker, db);
    ends.push(() => end(telegraf, 'SIGKILL'));
    // Its session is there once its first message has come through.
    await publishUntilHeard(broker, db);
    const first = records(2, 1500);
    const sent = publish(broker, first);
    await until(db, `SELECT (count(*) > 100)::text FROM ppuri.records`, 'true');
    await end(telegraf, 'SIGKILL');
    await sent;
    const poison = ['not json', '['.repeat(20_000), Buffer.from([0x7b, 0, 0xff, 0x7d])];
    await publish(broker, [...records(1501, 2500), ...poison, ...first.slice(200, 300)]);
    telegraf = startTelegraf(broker, db);
    await until(db, `SELECT (count(*) > 1600)::text FROM ppuri.records`, 'true');
    await end(telegraf, 'SIGKILL');
    telegraf = startTelegraf(broker, db);
    await until(db, count, '2500');
    const set = `SELECT count(DISTINCT coalesce(value, base64)) FROM ppuri.refused`;
    await until(db, set, String(poison.length));
    expect(await db.sql('SELECT count(*) FROM ppuri.missing')).toBe('0');
    expect(Number(await db.sql('SELECT count FROM ppuri.repeats'))).toBeGreaterThanOrEqual(100);
  }, 60_000);
});

async function publishUntilHeard(broker: Mosquitto, db: Postgres): Promise<void> {
  while ((await db.sql(count)) === '0') {
    await publish(broker, records(1, 1));
    await new Promise((done) => setTimeout(done, 200));
  }
}
