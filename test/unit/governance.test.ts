import { describe, expect, test } from 'vitest';
import {
  countDropped,
  countPair,
  type Judged,
  noTrialCounts,
} from '../../agent/governance/count.ts';
import { evaluate, evaluatePrecision } from '../../agent/governance/evaluate.ts';
import { returnWords } from '../../agent/governance/words.ts';
import { trialSchema } from '../../config/trial-schema.ts';
import type { Activation, TrialCounts } from '../../models/activation.ts';
import { shareOf } from '../../models/share.ts';

const rules = trialSchema.parse({});
const deadlineMs = 20;

const ok: Judged = { outcome: 'ok', reason: 'below-threshold', tookMs: 1 };
const defect: Judged = { outcome: 'defect', reason: 'above-threshold', tookMs: 1 };
const late: Judged = { outcome: 'unscored', reason: 'deadline-missed', tookMs: null };
const lacking: Judged = { outcome: 'unscored', reason: 'missing-input', tookMs: null };
const failed: Judged = { outcome: 'unscored', reason: 'model-failed', tookMs: null };
const restarting: Judged = { outcome: 'unscored', reason: 'inference-restarting', tookMs: null };
const modelless: Judged = { outcome: 'unscored', reason: 'no-model', tookMs: null };

/** Counts of shots, each [candidate, current], so many times. */
function counted(...shots: readonly (readonly [Judged, Judged, number])[]): TrialCounts {
  let counts = noTrialCounts;
  for (const [candidate, current, times] of shots)
    for (let n = 0; n < times; n += 1) counts = countPair(counts, candidate, current, deadlineMs);
  return counts;
}

function activation(counts: TrialCounts, change: Partial<Activation> = {}): Activation {
  return {
    ...{ id: 'a', machine: 'dc-01', mold: null, stage: 'shadow', afterShadow: 'trial', who: 'kim' },
    candidate: { name: 'm', version: '2', path: '/m', hash: 'h' },
    ...{ shadowShots: 30, trialShots: 30, sinceWallMs: 0, counts },
    ...change,
  };
}

describe('a new model', () => {
  test('goes on from shadow to trial, and from trial to stay, once it has judged enough shots', () => {
    expect(evaluate(activation(counted([ok, ok, 29])), rules)).toEqual({ kind: 'stay' });
    const full = counted([ok, ok, 30]);
    expect(evaluate(activation(full), rules)).toEqual({ kind: 'next', to: 'trial' });
    const trial = activation(full, { stage: 'trial' });
    expect(evaluate(trial, rules)).toEqual({ kind: 'next', to: 'commit' });
    const watched = activation(full, { afterShadow: 'end' });
    expect(evaluate(watched, rules)).toEqual({ kind: 'next', to: 'end' });
  });

  test('is borne with one shot in thirty that differs, and not with a third of them', () => {
    expect(evaluate(activation(counted([ok, ok, 29], [defect, ok, 1])), rules).kind).toBe('next');
    const third = activation(counted([ok, ok, 20], [defect, ok, 10]));
    expect(evaluate(third, rules)).toMatchObject({
      kind: 'return',
      why: { cause: 'disagrees', differing: 10, compared: 30 },
    });
  });

  test('is not judged by its first shots', () => {
    expect(evaluate(activation(counted([defect, ok, 9])), rules)).toEqual({ kind: 'stay' });
    expect(evaluate(activation(counted([defect, ok, 10])), rules).kind).toBe('return');
  });

  test('is judged also in a stage that is shorter than that', () => {
    const short = { shadowShots: 4, trialShots: 3 };
    const differs = counted([defect, ok, 3]);
    expect(evaluate(activation(differs, short), rules)).toEqual({ kind: 'stay' });
    expect(evaluate(activation(differs, { ...short, stage: 'trial' }), rules).kind).toBe('return');
    expect(evaluate(activation(counted([ok, ok, 4]), short), rules).kind).toBe('next');
  });

  test('that cannot judge what the old one judges disagrees', () => {
    expect(evaluate(activation(counted([lacking, ok, 12])), rules)).toMatchObject({
      why: { cause: 'disagrees', differing: 12 },
    });
    // Where neither can, nothing is said of it.
    expect(counted([lacking, lacking, 12])).toMatchObject({ compared: 0, differing: 0, shots: 0 });
  });

  test('goes back for one answer that is no number, even with its last shot', () => {
    expect(evaluate(activation(counted([ok, ok, 40], [failed, ok, 1])), rules)).toMatchObject({
      why: { cause: 'not-finite' },
    });
  });

  test('is late when it is so beyond the old one, not where the gateway is slow for both', () => {
    const alone = activation(counted([ok, ok, 20], [late, ok, 6]));
    expect(evaluate(alone, rules)).toMatchObject({
      why: { cause: 'late', late: 6, currentLate: 0 },
    });
    const both = counted([ok, ok, 20], [late, late, 6]);
    expect(evaluate(activation(both), rules)).toEqual({ kind: 'stay' });
    expect(evaluate(activation(counted([ok, ok, 20], [late, ok, 2])), rules).kind).toBe('stay');
    // An answer that came, after the deadline.
    const slow = { ...ok, tookMs: deadlineMs + 1 };
    expect(counted([slow, ok, 1])).toMatchObject({ compared: 0, candidate: { late: 1, ok: 0 } });
  });

  test('is not counted while its process is not there, or against no model at all', () => {
    expect(counted([restarting, ok, 5])).toMatchObject({ shots: 0, compared: 0 });
    expect(counted([ok, modelless, 5])).toMatchObject({ shots: 5, compared: 0, differing: 0 });
  });

  test('has its times beside those of the old one, and none where none is known', () => {
    const counts = counted([{ ...ok, tookMs: 4 }, { ...ok, tookMs: null }, 2]);
    expect(counts.candidate).toMatchObject({ timed: 2, sumMs: 8, maxMs: 4 });
    expect(counts.current).toMatchObject({ timed: 0, sumMs: 0 });
    expect(countDropped(counts)).toMatchObject({ dropped: 1, shots: 2 });
  });
});

describe('precision by inspection', () => {
  const share = (count: number, of: number) => shareOf(count, of);

  test('takes a model back once it is below the old one’s beyond doubt', () => {
    expect(evaluatePrecision(share(2, 12), share(40, 50), rules)).toMatchObject({
      kind: 'return',
      why: { cause: 'imprecise' },
    });
    expect(evaluatePrecision(share(7, 12), share(40, 50), rules)).toEqual({ kind: 'stay' });
  });

  test('says nothing with few labels, or with none', () => {
    expect(evaluatePrecision(share(0, 7), share(40, 50), rules)).toEqual({ kind: 'stay' });
    expect(evaluatePrecision(share(0, 12), share(5, 5), rules)).toEqual({ kind: 'stay' });
    expect(evaluatePrecision(share(0, 0), share(0, 0), rules)).toEqual({ kind: 'stay' });
  });
});

test('why a model went back reads as a foundry says it', () => {
  expect(returnWords({ cause: 'disagrees', differing: 10, compared: 30 })).toEqual({
    ko: '기존 모델과 판정 불일치 30샷 중 10샷(33 %)',
    en: 'its verdicts differ from the old model’s on 10 of 30 shots (33 %)',
  });
  expect(returnWords({ cause: 'late', late: 6, currentLate: 0 }).ko).toBe(
    '판정 시간 초과 6회(기존 모델 0회)',
  );
  const imprecise = { candidate: shareOf(2, 12), current: shareOf(40, 50) };
  expect(returnWords({ cause: 'imprecise', ...imprecise })).toEqual({
    ko: '검사 결과 불량 적중 2/12(기존 40/50)',
    en: 'inspection confirmed 2/12 of its defects (the old model: 40/50)',
  });
});
