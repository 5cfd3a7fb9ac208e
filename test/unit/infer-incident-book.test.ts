import { expect, test } from 'vitest';
import { createIncidentBook } from '../../agent/infer/incident-book.ts';

const limits = { sharedIncidents: 2, ownIncidents: 3 };

test('two incidents among others earn a child of its own, three more there set a model aside', () => {
  const book = createIncidentBook(limits);
  const placements = Array.from({ length: 5 }, () => {
    book.note('a', 'hang', 'no answer within 200 ms');
    return book.placement('a');
  });
  expect(placements).toEqual(['shared', 'own', 'own', 'own', 'set-aside']);
  expect(book.placement('b')).toBe('shared');
  expect(book.all()).toMatchObject([{ model: 'a', inShared: 2, inOwn: 3, placement: 'set-aside' }]);
});

test('what is remembered holds after a restart, until a person says otherwise', () => {
  const before = createIncidentBook(limits);
  before.note('a', 'crash', 'signal SIGSEGV');
  before.note('a', 'memory', 'grew from 60 to 700 MiB');
  const after = createIncidentBook(limits);
  after.adopt(structuredClone(before.all()));
  expect(after.placement('a')).toBe('own');
  after.forget('a');
  expect([after.placement('a'), after.count('a'), after.all()]).toEqual(['shared', 0, []]);
});
