/** What a target has of the store, as ranges, and what it is given next. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Covered } from '../../agent/store/covered.ts';
import { openDatabase } from '../../agent/store/database.ts';
import { keepTargets, Outbox } from '../../agent/store/outbox.ts';
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
  const first = new Outbox(db, 'a');
  first.begin();
  const rows = first.next('backlog', 100);
  expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(first.next('backlog', 100)).toEqual([]);
  expect(first.next('live', 100)).toEqual([]);
  first.done([...rows.slice(6, 8), ...rows.slice(0, 3)]);
  first.save();
  const second = new Outbox(db, 'a');
  second.begin();
  expect(second.next('backlog', 2).map(({ seq }) => seq)).toEqual([4, 5]);
  expect(second.next('backlog', 9).map(({ seq }) => seq)).toEqual([6]);
  expect(second.next('backlog', 9).map(({ seq }) => seq)).toEqual([9, 10]);
  keepTargets(db, ['b']);
  const anew = new Outbox(db, 'a');
  anew.begin();
  expect(anew.next('backlog', 100)).toHaveLength(10);
  db.close();
});

test('a record that is kept late is backlog, and none given before it passes it over', async () => {
  const db = openDatabase({ path: await filled(6), maxMiB: 16 });
  const late = 2 ** 40 + 3;
  db.exec(`CREATE TABLE aside AS SELECT * FROM records WHERE id = ${late};
    PRAGMA foreign_keys = OFF; DELETE FROM records WHERE id = ${late}`);
  const outbox = new Outbox(db, 'a');
  outbox.begin();
  outbox.done(outbox.next('backlog', 100));
  outbox.save();
  const columns = 'id, kind, machine, wall_ms, mono_ms, clock_synced, body, packed';
  db.exec(`INSERT INTO records (${columns}) SELECT ${columns} FROM aside`);
  outbox.committed([3]);
  expect(outbox.next('backlog', 100).map(({ seq }) => seq)).toEqual([3]);
  const reopened = new Outbox(db, 'a');
  reopened.begin();
  expect(reopened.next('backlog', 100).map(({ seq }) => seq)).toEqual([3]);
  db.close();
});
