/** config/receive/schema.sql in a real PostgreSQL: each record once, repeats counted, gaps listed. */
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

/** As a collector does: COPY of many rows. */
async function collect(values: readonly string[]): Promise<void> {
  const escaped = (text: string): string =>
    text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  const rows = values.map(
    (value) => `2026-11-26 09:00:00+00\tppuri/busan-1/gw-1/cycle\t${escaped(value)}`,
  );
  await postgres().sql(
    `COPY ppuri.inbox (time, topic, value) FROM stdin;\n${rows.join('\n')}\n\\.\n`,
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
    await collect([message(record, 'gw-1'), message(record, 'gw-2'), ...cycles(1, 1, 'boot-b')]);
    expect(await postgres().sql('SELECT count(*) FROM ppuri.records')).toBe('3');
  });

  test('runs of absent keys are listed, and which of them the gateway told', async () => {
    const gap = { fromSeq: 20, toSeq: 24, count: 5, reason: 'store-full' };
    const told = message(storedRecord(30, { kind: 'gap', gap }));
    await collect([...cycles(3, 10), ...cycles(12, 19), ...cycles(25, 29), told]);
    const rows = await postgres().sql(
      'SELECT from_seq, to_seq, count, told, reasons FROM ppuri.missing ORDER BY from_seq',
    );
    expect(rows.split('\n')).toEqual(['1|2|2|f|', '11|11|1|f|', '20|24|5|t|store-full']);
    await collect([...cycles(1, 2), ...cycles(11, 11)]);
    expect(await postgres().sql('SELECT from_seq, told FROM ppuri.missing')).toBe('20|t');
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
