/** What a target has of the store, as ranges, and what it is given next. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { queryLedger } from '../../agent/store/account-queries.ts';
import { Covered } from '../../agent/store/covered.ts';
import { openDatabase } from '../../agent/store/database.ts';
import { keepTargets, Outbox, type OutboxRecord } from '../../agent/store/outbox.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { seeded, startKeeper, temporaryDirectory } from './store-support.ts';

test('a set of ranges holds what a plain set holds, whatever the order', () => {
  const random = seeded(7);
  for (let round = 0; round < 200; round += 1) {
    const covered = new Covered();
    const plain = new Set<number>();
    for (let step = 0; step < 30; step += 1) {
      const from = 1 + Math.floor(random() * 60);
      const to = from + Math.floor(random() * 4);
      covered.add(from, to);
      for (let id = from; id <= to; id += 1) plain.add(id);
    }
    for (let id = 1; id <= 70; id += 1) expect(covered.has(id)).toBe(plain.has(id));
    const after = Math.floor(random() * 60);
    const gap = covered.gap(after, 80);
    let from = after + 1;
    while (plain.has(from)) from += 1;
    let to = from;
    while (to < 80 && !plain.has(to + 1)) to += 1;
    expect(gap).toEqual([from, to]);
    const { ranges } = covered;
    for (const [i, range] of ranges.entries())
      expect(range[0]).toBeGreaterThan((ranges[i - 1]?.[1] ?? -1) + 1);
  }
});

async function filled(count: number): Promise<string> {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  const at = { monoMs: 1, wallMs: 1 };
  for (let seq = 1; seq <= count; seq += 1) keeper.keep(cycleBody(seq), at);
  await keeper.flush(20_000);
  await keeper.close();
  return join(dir, 'ppuri.db');
}

test('what was acknowledged out of order and saved is not given again', async () => {
  const db = openDatabase({ path: await filled(10), maxMiB: 16 });
  const first = new Outbox(db, { target: 'a', recent: 0 });
  first.begin();
  const rows = first.next('backlog', 100);
  expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(first.next('backlog', 100)).toEqual([]);
  expect(first.next('live', 100)).toEqual([]);
  first.done([...rows.slice(6, 8), ...rows.slice(0, 3)]);
  first.save();
  const second = new Outbox(db, { target: 'a', recent: 0 });
  second.begin();
  expect(second.next('backlog', 2).map(({ seq }) => seq)).toEqual([4, 5]);
  expect(second.next('backlog', 9).map(({ seq }) => seq)).toEqual([6]);
  expect(second.next('backlog', 9).map(({ seq }) => seq)).toEqual([9, 10]);
  keepTargets(db, ['b']);
  const anew = new Outbox(db, { target: 'a', recent: 0 });
  anew.begin();
  expect(anew.next('backlog', 100)).toHaveLength(10);
  db.close();
});

test('a record that is kept late is backlog, and none given before it passes it over', async () => {
  const db = openDatabase({ path: await filled(6), maxMiB: 16 });
  const late = 2 ** 40 + 3;
  db.exec(`CREATE TABLE aside AS SELECT * FROM records WHERE id = ${late};
    PRAGMA foreign_keys = OFF; DELETE FROM records WHERE id = ${late}`);
  const outbox = new Outbox(db, { target: 'a', recent: 0 });
  outbox.begin();
  outbox.done(outbox.next('backlog', 100));
  outbox.save();
  const columns = 'id, kind, machine, wall_ms, mono_ms, clock_synced, body, packed';
  db.exec(`INSERT INTO records (${columns}) SELECT ${columns} FROM aside`);
  outbox.committed([3], 4);
  expect(outbox.next('backlog', 100).map(({ seq }) => seq)).toEqual([3]);
  const reopened = new Outbox(db, { target: 'a', recent: 0 });
  reopened.begin();
  expect(reopened.next('backlog', 100).map(({ seq }) => seq)).toEqual([3]);
  db.close();
});

const seqs = (records: readonly { seq: number }[]): number[] => records.map(({ seq }) => seq);

test('after a break the newest records go first, the older ones behind, and all once', async () => {
  const db = openDatabase({ path: await filled(10), maxMiB: 16 });
  const outbox = new Outbox(db, { target: 'a', recent: 3 });
  outbox.begin();
  const live = outbox.next('live', 2);
  expect(seqs(live)).toEqual([8, 9]);
  expect(live.every(({ historical }) => historical)).toBe(true);
  outbox.done(live);
  expect(seqs(outbox.next('backlog', 100))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(seqs(outbox.next('live', 100))).toEqual([10]);
  expect(outbox.waiting().count).toBe(8);
  // A break: nothing but 8 and 9 was acknowledged.
  outbox.begin();
  expect(seqs(outbox.next('live', 100))).toEqual([10]);
  expect(seqs(outbox.next('backlog', 100))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  db.close();
});

test('a number that no record has does not hold back what is known to be delivered', async () => {
  const db = openDatabase({ path: await filled(6), maxMiB: 16 });
  db.exec(`DELETE FROM records WHERE id = (1 << 40) | 3`);
  const upto = (): number =>
    Number(db.prepare('SELECT upto & 1099511627775 FROM deliveries').pluck().get());
  const outbox = new Outbox(db, { target: 'a', recent: 0 });
  outbox.begin();
  outbox.done(outbox.next('backlog', 100));
  outbox.save();
  // It may still come: the loop has it in hand.
  expect(upto()).toBe(2);
  outbox.committed([6], 7);
  outbox.refused({ id: 2 ** 40 + 6 } as OutboxRecord, 'again');
  outbox.save();
  expect(upto()).toBe(6);
  db.close();
});

test('what a target can never take is a gap of the ledger, not delivered', async () => {
  const path = await filled(5);
  const db = openDatabase({ path, maxMiB: 16 });
  const outbox = new Outbox(db, { target: 'cloud', recent: 0 });
  outbox.begin();
  const [first, second, third] = outbox.next('backlog', 3) as [
    OutboxRecord,
    OutboxRecord,
    OutboxRecord,
  ];
  outbox.done([first]);
  outbox.refused(second, 'too large');
  outbox.refused(third, 'too large');
  outbox.save();
  const ledger = queryLedger(db);
  expect(ledger).toMatchObject({ kept: 5, delivered: { cloud: 1 }, pending: { cloud: 2 } });
  expect(ledger.gaps).toMatchObject([
    { from: 2, to: 3, count: 2, reason: 'undeliverable', target: 'cloud', delivered: false },
  ]);
  const again = new Outbox(db, { target: 'cloud', recent: 0 });
  again.begin();
  expect(seqs(again.next('backlog', 100))).toEqual([4, 5]);
  db.close();
});

test('what the live lane gave and nobody acknowledged comes first again, however much was kept since', async () => {
  const db = openDatabase({ path: await filled(10), maxMiB: 16 });
  const late = 'id BETWEEN (1 << 40) + 7 AND (1 << 40) + 10';
  const columns = 'id, kind, machine, wall_ms, mono_ms, clock_synced, body, packed';
  db.exec(`CREATE TABLE aside AS SELECT * FROM records WHERE ${late};
    PRAGMA foreign_keys = OFF; DELETE FROM records WHERE ${late}`);
  const outbox = new Outbox(db, { target: 'a', recent: 3 });
  outbox.begin();
  const live = outbox.next('live', 100);
  expect(seqs(live)).toEqual([4, 5, 6]);
  outbox.done(live.slice(0, 1));
  db.exec(`INSERT INTO records (${columns}) SELECT ${columns} FROM aside`);
  outbox.begin();
  expect(seqs(outbox.next('live', 1))).toEqual([5]);
  outbox.begin();
  expect(seqs(outbox.next('live', 100))).toEqual([5, 6]);
  expect(seqs(outbox.next('live', 100))).toEqual([8, 9, 10]);
  expect(seqs(outbox.next('backlog', 100))).toEqual([1, 2, 3]);
  db.close();
});

test('a target that was away from the configuration gets all again, and nothing is told as refused', async () => {
  const db = openDatabase({ path: await filled(5), maxMiB: 16 });
  const outbox = new Outbox(db, { target: 'cloud', recent: 0 });
  expect(outbox.isAnew).toBe(true);
  outbox.begin();
  const [first, ...rest] = outbox.next('backlog', 100) as [OutboxRecord, ...OutboxRecord[]];
  outbox.refused(first, 'too large');
  outbox.done(rest);
  outbox.save();
  expect(new Outbox(db, { target: 'cloud', recent: 0 }).isAnew).toBe(false);
  keepTargets(db, []);
  const anew = new Outbox(db, { target: 'cloud', recent: 0 });
  expect([anew.isAnew, anew.undeliverable]).toEqual([true, 0]);
  anew.begin();
  anew.done(anew.next('backlog', 100));
  anew.save();
  const { delivered, pending, gaps } = queryLedger(db);
  expect({ delivered, pending, gaps }).toEqual({
    delivered: { cloud: 5 },
    pending: { cloud: 0 },
    gaps: [],
  });
  db.close();
});
