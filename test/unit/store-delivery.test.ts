/** Delivery beside a store that is full: it goes on, and the ledger can be asked. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { queryLedger } from '../../agent/store/account-queries.ts';
import { openDatabase } from '../../agent/store/database.ts';
import {
  type DeliveryEvents,
  DeliverySeat,
  type StartDelivery,
} from '../../agent/store/delivery.ts';
import { Outbox } from '../../agent/store/outbox.ts';
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
  const events: DeliveryEvents = {
    tell: (kind) => void told.push(kind),
    onStoreTrouble: (thrown) => void troubles.push(thrown),
  };
  return { told, troubles, events };
}

test('what a full store cannot note is said once, and the ledger has what was noted last', async () => {
  const db = await filled(600);
  const outbox = new Outbox(db, 'mqtt', 0);
  outbox.begin();
  const { told, troubles, events } = heard();
  const seat = new DeliverySeat(
    () => ({
      committed: () => undefined,
      note: () => outbox.save(),
      facts: () => [],
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

test('a courier that met a full store is begun anew, and one that met a damaged one is not (delivery stubbed)', async () => {
  const db = await filled(1);
  const started: DeliveryEvents[] = [];
  const second = Promise.withResolvers<void>();
  const start: StartDelivery = (_db, _plan, given) => {
    started.push(given);
    if (started.length === 2) second.resolve();
    const nothing = (): void => undefined;
    return { committed: nothing, note: nothing, facts: () => [], close: nothing };
  };
  const { told, troubles, events } = heard();
  const seat = new DeliverySeat(start, plan, events);
  seat.begin(db);
  const failed = (code: string): Error => Object.assign(new Error(code), { code });
  started[0]?.onStoreTrouble(failed('SQLITE_FULL'));
  await second.promise;
  expect(told).toEqual(['sync-unnoted']);
  expect(troubles).toEqual([]);
  const corrupt = failed('SQLITE_CORRUPT');
  started[1]?.onStoreTrouble(corrupt);
  expect(troubles).toEqual([corrupt]);
  seat.end();
  db.close();
});
