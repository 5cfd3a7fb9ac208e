/** config/receive/schema.sql in a real PostgreSQL: each record once, repeats counted, gaps listed. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Postgres, postgresPrograms, startPostgres } from '../fixtures/postgres.ts';
import { alertBody, cycleBody, message, storedRecord } from '../fixtures/stored-records.ts';

const programs = postgresPrograms();
const schema = readFileSync(new URL('../../config/receive/schema.sql', import.meta.url), 'utf8');
let db: Postgres | null = null;

beforeAll(async () => {
  if (programs !== null) db = await startPostgres(programs);
});
afterAll(async () => {
  await db?.stop();
});

function postgres(): Postgres {
  if (db === null) throw new Error('PostgreSQL did not start');
  return db;
}

/** As a collector does: COPY of many rows, all from one gateway's topic. */
async function collect(values: readonly (string | Buffer)[], gateway = 'gw-1'): Promise<void> {
  const rows = values.map(
    (value) =>
      `2026-11-26 09:00:00+00\tppuri/busan-1/${gateway}/cycle\t${Buffer.from(value).toString('base64')}`,
  );
  await postgres().sql(
    `COPY ppuri.inbox (time, topic, base64) FROM stdin;\n${rows.join('\n')}\n\\.\n`,
  );
}

const cycles = (from: number, to: number, boot = 'boot-a'): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    message(storedRecord(from + i, cycleBody(from + i), boot)),
  );

describe('PostgreSQL keeps what a collector brings', () => {
  beforeEach(async (context) => {
    context.skip(programs === null, 'needs postgresql; see test/prepare');
    await postgres().sql(`DROP SCHEMA IF EXISTS ppuri CASCADE;\n${schema}`);
  });

  test('what comes twice, and in any order, is there once, and the repeat is counted', async () => {
    const all = cycles(1, 200);
    await collect([...all].reverse());
    await collect([...all.slice(50, 90), ...all.slice(50, 90)]);
    expect(await postgres().sql('SELECT count(*), min(seq), max(seq) FROM ppuri.records')).toBe(
      '200|1|200',
    );
    expect(await postgres().sql('SELECT gateway, count FROM ppuri.repeats')).toBe('gw-1|80');
    expect(await postgres().sql('SELECT count(*) FROM ppuri.inbox')).toBe('0');
    expect(await postgres().sql('SELECT count(*) FROM ppuri.missing')).toBe('0');
  });

  test('one key from two gateways or two starts is two records', async () => {
    const record = storedRecord(1, cycleBody(1));
    await collect([message(record, 'gw-1'), ...cycles(1, 1, 'boot-b')]);
    await collect([message(record, 'gw-2')], 'gw-2');
    expect(await postgres().sql('SELECT count(*) FROM ppuri.records')).toBe('3');
  });

  test('no gateway takes a key of another: the topic says who sent it', async () => {
    const real = message(storedRecord(1, cycleBody(1)), 'gw-a');
    const forged = message(storedRecord(1, cycleBody(9)), 'gw-a');
    await collect([forged, ...cycles(1, 2)]);
    await collect([real], 'gw-a');
    expect(
      await postgres().sql(
        "SELECT gateway, seq, record #>> '{body,cycle,shot}' FROM ppuri.records ORDER BY 1, 2",
      ),
    ).toBe('gw-1|1|301\ngw-1|2|302\ngw-a|1|301');
    expect(await postgres().sql('SELECT topic, reason FROM ppuri.refused')).toBe(
      "ppuri/busan-1/gw-1/cycle|the topic is another gateway's",
    );
    expect(await postgres().sql('SELECT count(*) FROM ppuri.repeats')).toBe('0');
    const nameless = `INSERT INTO ppuri.inbox (value) VALUES ($v$${cycles(3, 3)[0]}$v$)`;
    await postgres().sql(nameless);
    expect(await postgres().sql('SELECT count(*) FROM ppuri.records')).toBe('3');
  });

  test('other content under one key is kept apart; the first record stays in force', async () => {
    const first = storedRecord(1, cycleBody(1));
    const clock = { at: { ...first.at, wallMs: first.at.wallMs + 5000 }, clockFilled: true };
    const body = cycleBody(1);
    const parted = body.kind === 'cycle' ? { ...body.cycle, features: {} } : null;
    await collect([
      message(first),
      message({ ...first, ...clock, clockSynced: false }),
      message({ ...first, body: { ...body, cycle: parted }, evicted: ['features'] } as never),
      message(storedRecord(1, cycleBody(2))),
      message(storedRecord(1, cycleBody(2))),
    ]);
    expect(await postgres().sql('SELECT shot FROM ppuri.shots')).toBe('301');
    expect(await postgres().sql('SELECT count FROM ppuri.repeats')).toBe('3');
    expect(
      await postgres().sql(
        "SELECT gateway, boot, seq, record #>> '{body,cycle,shot}' FROM ppuri.conflicts",
      ),
    ).toBe('gw-1|boot-a|1|302');
  });

  test('runs of absent keys are listed, and which of them the gateway told', async () => {
    const gap = { fromSeq: 20, toSeq: 24, count: 5, reason: 'store-full' };
    const told = message(storedRecord(30, { kind: 'gap', gap }));
    await collect([...cycles(3, 10), ...cycles(12, 19), ...cycles(25, 29), told]);
    const rows = await postgres().sql(
      'SELECT from_seq, to_seq, count, told, untold, reasons FROM ppuri.missing ORDER BY from_seq',
    );
    expect(rows.split('\n')).toEqual(['1|2|2|0|2|', '11|11|1|0|1|', '20|24|5|5|0|store-full']);
    await collect([...cycles(1, 2), ...cycles(11, 11)]);
    expect(await postgres().sql('SELECT from_seq, untold FROM ppuri.missing')).toBe('20|0');
  });

  test('a gap tells of no more keys than it counts, over all runs of its range', async () => {
    const gap = (fromSeq: number, toSeq: number, count: number, reason: string) =>
      ({ kind: 'gap', gap: { fromSeq, toSeq, count, reason } }) as const;
    await collect([
      ...cycles(1, 1),
      ...cycles(100, 100),
      message(storedRecord(101, gap(2, 2, 1, 'evicted'))),
      ...cycles(1, 1, 'boot-b'),
      ...cycles(6, 7, 'boot-b'),
      message(storedRecord(11, gap(2, 10, 6, 'memory-full'), 'boot-b')),
      message(storedRecord(12, gap(3, 3, 1, 'refused'), 'boot-b')),
    ]);
    const rows = await postgres().sql(
      'SELECT boot, from_seq, to_seq, told, untold, reasons FROM ppuri.missing ORDER BY 1, 2',
    );
    expect(rows.split('\n')).toEqual([
      'boot-a|2|99|1|97|evicted',
      'boot-b|2|5|4|0|memory-full, refused',
      'boot-b|8|10|3|0|memory-full',
    ]);
  });

  test('what PostgreSQL itself cannot take of a message is set aside, with its neighbours kept', async () => {
    const sound = message(storedRecord(9, cycleBody(9)));
    const poison = [
      '['.repeat(20_000) + ']'.repeat(20_000),
      `${sound.slice(0, -1)},"x":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`,
      sound.replaceAll('dc-03', Array.from({ length: 9000 }, (_, i) => i.toString(36)).join('')),
      sound.replace('"boot":"boot-a"', `"boot":"${randomBytes(5000).toString('hex')}"`),
      sound.replace(/"wallMs":\d+/, '"wallMs":1e280'),
      sound.replace('"seq":9', '"seq":1e30'),
      sound.replace('"seq":9', '"seq":1.5'),
      Buffer.concat([Buffer.from([0]), Buffer.from(sound)]),
      Buffer.concat([Buffer.from(sound), Buffer.from([0xff])]),
      sound.replace('"clockSynced":true', '"clockSynced":"maybe"'),
      message(storedRecord(9, { kind: 'gap', gap: { fromSeq: 'x' } } as never)),
    ];
    await collect([...cycles(1, 3), ...poison, ...cycles(4, 6)]);
    expect(await postgres().sql('SELECT count(*) FROM ppuri.records')).toBe('6');
    expect(
      await postgres().sql('SELECT count(*), count(value), count(base64) FROM ppuri.refused'),
    ).toBe(`${poison.length}|${poison.length - 2}|2`);
  });

  test('no content of a record breaks a view for everybody', async () => {
    const odd = [{ shot: 'x' }, { shot: 1e300 }, { shot: {} }, [], null, 'text'].map((cycle, i) =>
      message(storedRecord(2 + i, { kind: 'cycle', cycle, verdict: { threshold: 'x' } } as never)),
    );
    const huge = message(
      storedRecord(20, { kind: 'cycle', cycle: {}, verdict: { probability: 0.5 } } as never),
    ).replace('0.5', '1e400');
    const alerts = [{}, { id: 7, text: 'x' }].map((alert, i) =>
      message(storedRecord(30 + i, { kind: 'alert', alert } as never)),
    );
    await collect([...cycles(1, 1), ...odd, huge, ...alerts]);
    expect(await postgres().sql('SELECT count(*), count(shot) FROM ppuri.shots')).toBe('8|1');
    for (const view of ['shots', 'alerts', 'gaps', 'missing'])
      await postgres().sql(`SELECT * FROM ppuri.${view}`);
  });

  test('a message that is no record is kept aside and takes nothing with it', async () => {
    const broken = [
      '{"half":',
      'not json',
      '{}',
      '[1]',
      message({ ...storedRecord(1, cycleBody(1)), seq: 0 }),
      JSON.stringify({ gateway: 'gw-1', boot: 'b', seq: 'many', body: { kind: 'cycle' } }),
      '{"gateway":"gw-1","boot":"\\u0000","seq":1}',
    ];
    await collect([...cycles(1, 3), ...broken, ...cycles(4, 6)]);
    expect(await postgres().sql('SELECT count(*) FROM ppuri.records')).toBe('6');
    const kept = await postgres().sql(
      'SELECT count(*), count(reason), count(topic) FROM ppuri.refused',
    );
    expect(kept).toBe(`${broken.length}|${broken.length}|${broken.length}`);
    expect(
      await postgres().sql("SELECT count(*) FROM ppuri.refused WHERE value = 'not json'"),
    ).toBe('1');
  });

  test('shots and alerts can be asked for by their columns', async () => {
    await collect([
      ...cycles(1, 5),
      message(storedRecord(6, alertBody(6))),
      message(storedRecord(7, alertBody(7, 'cleared'))),
    ]);
    const shot = await postgres().sql(
      `SELECT machine, mold, shot, outcome, probability, model, clock_synced,
        to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS') FROM ppuri.shots WHERE outcome = 'defect'`,
    );
    expect(shot).toBe('dc-03|2102|305|defect|0.9|porosity|t|09:00:05');
    const alert = await postgres().sql('SELECT alert, state, text_ko FROM ppuri.alerts');
    expect(alert).toBe('a-1|cleared|비스킷 두께가 짧습니다');
  });
});
