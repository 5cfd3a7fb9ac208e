/** What `ppuri status` says of delivery: in the reader's language, and what to do. */
import { expect, test } from 'vitest';
import { stoppedSyncLines, syncLines } from '../../agent/cli/status-sync.ts';
import type { TargetFacts } from '../../agent/store/delivery.ts';
import { errorTable } from '../../config/errors.ts';

const facts: TargetFacts = {
  target: 'mqtt',
  state: 'waiting',
  error: { code: 'sync-denied', message: 'broker:8883 answers: Not authorized', hint: 'check it' },
  retryInMs: 42_000,
  held: null,
  delivered: 10,
  refused: 0,
  undeliverable: 3,
  bytes: 1,
  connections: 1,
  pending: 5,
  oldestPendingMs: 61_000,
};
const plain = (_name: unknown, text: string): string => text;

test('a trouble is said with what to do and when it is tried again, in either language', () => {
  const ko = syncLines([facts], 'ko', plain).join('\n');
  expect(ko).toContain('수신 측이 접속을 거부');
  expect(ko).toContain('42초 뒤 다시 시도');
  expect(ko).toContain('수신 불가 3');
  expect(ko).toContain('ppuri ledger --retry mqtt');
  const en = syncLines([facts], 'en', plain).join('\n');
  expect(en).toContain('→ check it');
  expect(en).toContain('tried again in 42 s');
});

test('every trouble of delivery has Korean words and something to do', () => {
  const codes = Object.keys(errorTable).filter(
    (code) => code.startsWith('sync-') && code !== 'sync-refused',
  );
  for (const code of codes) {
    const error = { code, message: 'message', hint: 'hint' };
    const lines = syncLines([{ ...facts, error, undeliverable: 0 }], 'ko', plain);
    expect(lines[1], code).toMatch(/^ {2}[가-힣].*: message/);
    expect(lines[2], code).toMatch(/→ .*[가-힣]/);
  }
});

test('a target that takes all takes one line; a stopped agent still tells what waits', () => {
  const well = {
    ...facts,
    state: 'connected',
    error: null,
    retryInMs: null,
    undeliverable: 0,
  } as const;
  expect(syncLines([well], 'ko', plain)).toHaveLength(1);
  const lines = stoppedSyncLines({ delivered: { mqtt: 2 }, pending: { mqtt: 1461 } }, 'ko');
  expect(lines.join()).toContain('대기 1461');
});
