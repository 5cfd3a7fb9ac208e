/** What is told of a target's troubles, and of records it does not take. */
import { expect, test } from 'vitest';
import { Tidings } from '../../agent/sync/tidings.ts';
import { Triage } from '../../agent/sync/triage.ts';
import { PpuriError } from '../../config/errors.ts';

const trouble = (code: 'sync-interrupted' | 'sync-denied' | 'sync-refused') =>
  new PpuriError(code, `it is ${code}`, { operation: 'deliver', subject: 'broker' });

function heard() {
  let nowMs = 0;
  const told: string[] = [];
  const tidings = new Tidings(
    (kind) => void told.push(kind),
    () => nowMs,
  );
  return {
    told,
    tidings,
    after: (ms: number): void => {
      nowMs += ms;
    },
  };
}

test('a line that flaps is told as one trouble, and well again once it has lasted', () => {
  const { told, tidings, after } = heard();
  for (let flap = 0; flap < 100; flap += 1) {
    tidings.trouble(trouble('sync-interrupted'));
    tidings.well();
    after(1000);
  }
  expect(told.filter((kind) => kind === 'sync-flapping')).toHaveLength(1);
  expect(told.length).toBeLessThan(10);
  // What a person must act on is still said, once.
  for (let flap = 0; flap < 3; flap += 1) {
    tidings.trouble(trouble('sync-denied'));
    tidings.well();
  }
  expect(told.filter((kind) => kind === 'sync-denied')).toHaveLength(1);
  after(601_000);
  tidings.well();
  expect(told.at(-1)).toBe('sync-ok');
  tidings.trouble(trouble('sync-interrupted'));
  expect(told.at(-1)).toBe('sync-interrupted');
});

test('a rare break is told each time, and its end', () => {
  const { told, tidings, after } = heard();
  for (let day = 0; day < 3; day += 1) {
    tidings.trouble(trouble('sync-interrupted'));
    tidings.trouble(trouble('sync-interrupted'));
    tidings.well();
    after(86_400_000);
  }
  expect(told).toEqual(Array(3).fill(['sync-interrupted', 'sync-ok']).flat());
});

const refused = trouble('sync-refused');

test('few records are given up for good where most are refused and some taken', () => {
  const triage = new Triage<string>(() => 0);
  let givenUp = 0;
  for (let index = 0; index < 100; index += 1) {
    const record = `bad ${index}`;
    expect(triage.refused(record, refused)).toBe('aside');
    for (const again of triage.taken([`good ${index}`]))
      if (triage.refused(again, refused) === 'given-up') givenUp += 1;
  }
  expect(givenUp).toBeLessThanOrEqual(15);
  expect(triage.held.length + givenUp).toBe(100);
});

test('where nothing is taken all comes back, and a record is due again after a while', () => {
  let nowMs = 0;
  const triage = new Triage<string>(() => nowMs);
  for (const record of ['a', 'b']) triage.refused(record, refused);
  expect(triage.nothingTaken()).toBeNull();
  triage.refused('c', refused);
  expect(triage.nothingTaken()).toEqual(['a', 'b', 'c']);
  expect(triage.held).toEqual([]);
  triage.refused('a', refused);
  expect(triage.due()).toBeNull();
  nowMs += 61_000;
  expect([triage.due(), triage.due()]).toEqual(['a', null]);
});
