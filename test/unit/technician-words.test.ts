/** What technicians read in Korean is Korean where the words are ours. */
import { expect, test } from 'vitest';
import { failureLines } from '../../agent/cli/output.ts';
import { probeLines } from '../../agent/cli/probe-lines.ts';
import type { ProbedBus } from '../../agent/cli/probe-run.ts';
import { koreanNote } from '../../agent/survey/notes.ts';
import { PpuriError } from '../../config/errors.ts';

test.each([
  ['bus-unavailable: unit 5 does not answer; it is asked again in 972 ms', '국번 5 응답 없음'],
  ['bus-timeout: no matching reply within 500 ms', '500 ms 안에 응답 없음'],
  ['temperature 999.9 above 900', 'temperature 999.9: 상한 900 넘음'],
  ['exception 2', '예외 2'],
  ['sentinel 31000', '값 없음 표시 31000'],
])('"%s" is told as "%s"', (note, told) => {
  expect(koreanNote(note)).toBe(told);
});

test('a failure has its lead words in the language asked for', () => {
  const error = new PpuriError('bus-timeout', 'no matching reply within 500 ms', {
    operation: 'read holding 0..3',
    subject: 'rtu:///dev/ttyUSB0 unit 1',
    hint: 'x',
  });
  const lead = (lang: 'ko' | 'en') => failureLines(error, lang).map((line) => line.split(':')[0]);
  expect(lead('ko')).toEqual(['오류', '  하던 일', '  조치']);
  expect(lead('en')).toEqual(['error', '  while', '  do']);
  expect(failureLines(error, 'ko')[0]).toBe('오류: 500 ms 안에 응답 없음');
});

test('one cause is one cause', () => {
  const evidence = { ko: '-', en: '-' };
  const cause = { bus: 'b', machine: null, device: null, unit: null, signals: [], remedy: null };
  const bus: ProbedBus = {
    ...{ name: 'b', config: { type: 'modbus-tcp', host: 'h', port: 502, timeoutMs: 500 } },
    ...{ failure: null, stats: null, devices: [], textDevices: [] },
    causes: [{ ...cause, cause: 'line-silent', evidence }],
  };
  expect(probeLines([bus], 'en', false).at(-1)).toBe(
    '0 signals, 0 of the required not good, 1 cause found',
  );
});
