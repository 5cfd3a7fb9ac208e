/** What works beside the store begins a moment after the first records come. */
import { expect, test } from 'vitest';
import type { StoredRecord } from '../../agent/records.ts';
import { type Beside, BesideSeat, type KeepSide } from '../../agent/store/beside-seat.ts';

const record = (seq: number): StoredRecord => {
  const at = { monoMs: seq, wallMs: seq };
  const event = { kind: 'x', level: 'info', subject: 's', text: 't', at } as const;
  return { boot: 'b', seq, at, clockSynced: true, body: { kind: 'event', event } };
};

test('records and status of the first moments are seen once there is somebody to see them', async () => {
  const begun = Promise.withResolvers<Beside>();
  const seat = new BesideSeat(() => begun.promise);
  const opened = seat.open({} as KeepSide, {});
  seat.records([record(1), record(2)]);
  seat.status('first');
  const seen: unknown[] = [];
  begun.resolve({
    records: (records) => seen.push(...records.map(({ seq }) => seq)),
    status: (snapshot) => seen.push(snapshot),
    answer: () => null,
    close: () => undefined,
  });
  await opened;
  seat.records([record(3)]);
  expect(seen).toEqual(['first', 1, 2, 3]);
});
