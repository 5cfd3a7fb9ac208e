import { describe, expect, test } from 'vitest';
import type { DemoSummary } from '../../agent/demo/account.ts';
import { TerminalView } from '../../agent/demo/view.ts';
import type { Cycle, Verdict } from '../../agent/records.ts';
import type { Language } from '../../agent/words.ts';
import { loadProfile } from '../../config/profile-load.ts';

const profile = loadProfile('injection-molding');

function view(language: Language, log: string | null = null): TerminalView {
  const machines = new Map([['im-05', { name: '5호기', profile }]]);
  return new TerminalView({ color: false, language, machines, log });
}

const cycle: Cycle = {
  machine: 'im-05',
  profile: profile.id,
  mold: '3101',
  shot: 344,
  index: 1,
  observed: 'whole',
  at: { monoMs: 0, wallMs: 0 },
  readings: {},
  features: {},
  suppressed: null,
  times: { trigger: 0, snapshot: 0 },
};

const verdict: Verdict = {
  outcome: 'defect',
  reason: 'above-threshold',
  detail: null,
  judge: 'model',
  probability: 0.977,
  threshold: 0.5,
  model: null,
  flags: [],
  breaches: [],
  times: { trigger: 0, snapshot: 0, verdict: 1.3 },
};

const unscored: Verdict = {
  ...verdict,
  outcome: 'unscored',
  reason: 'no-model',
  detail: 'no model and no limits',
  probability: null,
};

const summary: DemoSummary = {
  cycles: { made: 199, kept: 199 },
  verdicts: { ok: 0, defect: 0, unscored: { 'no-model': 199 } },
  unaccounted: 0,
  repeated: 0,
  outOfOrder: 0,
  alerts: [],
  truth: null,
  latencyMs: { snapshotToAlert: null },
  missedDeadlines: 0,
  delivered: 0,
};

describe('what the demo shows', () => {
  test('is in the operator’s words, without codes', () => {
    expect(view('ko').verdict(cycle, verdict)).toBe(
      '5호기 금형 3101 #344 불량, 불량확률 97.7 % (기준 이상) 1.3 ms',
    );
    expect(view('ko').verdict(cycle, unscored)).toBe(
      '5호기 금형 3101 #344 판정 보류 (모델 없음) 1.3 ms',
    );
    expect(view('en').verdict(cycle, unscored)).toContain('unscored (no model) ');
    expect(view('ko').summary(summary)).toContain('판정 보류 199 (모델 없음 199)');
  });

  test('speaks of a log where one is replayed, and of labels only where it has them', () => {
    expect(view('ko', 'log.csv.gz').opening('max', 'f', null)).toMatch(
      /^기록 log\.csv\.gz 재생, 최고 속도/,
    );
    expect(view('ko').opening(20, 'f', 8787)).toMatch(/^모의 설비 1대, 20배속/);
    const judged = { ...summary, truth: { defects: 4, caught: 3, good: 90, falseAlarms: 1 } };
    expect(view('ko', 'log.csv').summary(judged)).toContain(
      '기록의 검사 결과와 비교: 불량 4샷 중 3샷 검출',
    );
    expect(view('en', 'log.csv').summary(judged)).toContain('against the log’s labels: 3 of 4');
    expect(view('ko', 'log.csv').summary(judged)).not.toContain('모의');
    const none = { ...summary, truth: { defects: 0, caught: 0, good: 0, falseAlarms: 0 } };
    expect(view('ko', 'log.csv').summary(none)).not.toContain('비교');
    expect(view('ko', 'log.csv').summary(none)).toMatch(/^재생 199샷/);
  });
});
