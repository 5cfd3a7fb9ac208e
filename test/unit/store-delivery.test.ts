/** Delivery beside a store that is full: it goes on, and the ledger can be asked. */
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { queryLedger } from '../../agent/store/account-queries.ts';
import { openDatabase } from '../../agent/store/database.ts';
import {
  type DeliveryEvents,
  type DeliveryMemory,
  DeliverySeat,
  type SeatEvents,
  type StartDelivery,
} from '../../agent/store/delivery.ts';
import { Outbox, type OutboxRecord } from '../../agent/store/outbox.ts';
import { cycleBody } from '../fixtures/stored-records.ts';
import { planOf } from '../fixtures/sync-plan.ts';
import { startKeeper, temporaryDirectory } from './store-support.ts';

async function filled(count: number) {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  for (let seq = 1; seq <= count; seq += 1) keeper.keep(cycleBody(seq), { monoMs: 1, wallMs: 1 });
  await keeper.flush(20_000);
  await keeper.close();
  return openDatabase({ path: join(dir, 'ppuri.db'), maxMiB: 16 });
}

const plan = planOf([{ type: 'mqtt', url: 'mqtt://127.0.0.1:1' }]);

function heard() {
  const told: string[] = [];
  const troubles: unknown[] = [];
  const events: SeatEvents = {
    tell: (kind) => void told.push(kind),
    onStoreTrouble: (thrown) => void troubles.push(thrown),
  };
  return { told, troubles, events };
}

test('what a full store cannot note is said once, and the ledger has what was noted last', async () => {
  const db = await filled(600);
  const outbox = new Outbox(db, { target: 'mqtt', recent: 0 });
  outbox.begin();
  const { told, troubles, events } = heard();
  const seat = new DeliverySeat(
    () => ({
      committed: () => undefined,
      note: () => outbox.save(),
      facts: () => [],
      retry: () => null,
      close: () => outbox.save(),
    }),
    plan,
    events,
  );
  seat.begin(db);
  for (const record of outbox.next('backlog', 600)) outbox.refused(record, 'x'.repeat(200));
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
  seat.note();
  seat.note();
  expect(told).toEqual(['sync-unnoted']);
  expect(queryLedger(db)).toMatchObject({ kept: 600, pending: { mqtt: 600 } });
  db.pragma('max_page_count = 100000');
  seat.note();
  expect(queryLedger(db)).toMatchObject({ delivered: { mqtt: 0 }, pending: { mqtt: 0 } });
  expect(troubles).toEqual([]);
  seat.end();
  db.close();
});

test('a courier that met a full store is told to rest, and one that met a damaged one to end (delivery stubbed)', async () => {
  const db = await filled(1);
  const started: DeliveryEvents[] = [];
  const start: StartDelivery = (_db, _plan, given) => {
    started.push(given);
    const nothing = (): void => undefined;
    return {
      committed: nothing,
      note: nothing,
      facts: () => [],
      retry: () => null,
      close: nothing,
    };
  };
  const { troubles, events } = heard();
  const seat = new DeliverySeat(start, plan, events);
  seat.begin(db);
  const failed = (code: string): Error => Object.assign(new Error(code), { code });
  expect(started[0]?.onStoreTrouble(failed('SQLITE_FULL'))).toBe('rest');
  expect(troubles).toEqual([]);
  const corrupt = failed('SQLITE_CORRUPT');
  expect(started[0]?.onStoreTrouble(corrupt)).toBe('end');
  expect(troubles).toEqual([corrupt]);
  expect(started).toHaveLength(1);
  seat.end();
  db.close();
});

const fullDisk = (db: Database.Database): void =>
  void db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);

test('what a full store could not note is known when the store is opened again, and not given again', async () => {
  const db = await filled(2500);
  const memory: DeliveryMemory = new Map();
  const unsaved: unknown[] = [];
  const options = { target: 'mqtt', recent: 0, memory };
  const outbox = new Outbox(db, { ...options, onUnsaved: (thrown) => unsaved.push(thrown) });
  outbox.begin();
  const records = outbox.next('backlog', 2500);
  fullDisk(db);
  const [first, ...rest] = records as [OutboxRecord, ...OutboxRecord[]];
  outbox.refused(first, 'x'.repeat(20_000));
  // Enough for a note: there is no room for it, and delivery goes on.
  outbox.done(rest.slice(0, 2400));
  expect(unsaved).toHaveLength(1);
  expect(() => outbox.close()).toThrow(/full/);
  const again = new Outbox(db, options);
  again.begin();
  expect(again.next('backlog', 2500)).toHaveLength(99);
  expect(again.undeliverable).toBe(1);
  db.pragma('max_page_count = 100000');
  again.close();
  const { delivered, pending } = queryLedger(db);
  expect([delivered, pending]).toEqual([{ mqtt: 2400 }, { mqtt: 99 }]);
  db.close();
});
