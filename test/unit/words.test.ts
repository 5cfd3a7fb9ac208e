import { expect, test } from 'vitest';
import type { Estimate } from '../../agent/records.ts';
import { estimateText, noteText, reasonText, whyText } from '../../agent/words.ts';
import { listProfiles, loadProfile } from '../../config/profile-load.ts';

const injection = loadProfile('injection-molding');
const dieCasting = loadProfile('die-casting-cold-chamber');

test('missing inputs are named as the operator knows them', () => {
  const detail = 'vacuum: sentinel 65535; sprayTime: missing';
  const verdict = { reason: 'missing-input', detail };
  expect(whyText(verdict, dieCasting, 'ko')).toBe(
    '입력값 없음: 금형 진공도(오류값 65535), 이형제 분사 시간(값 없음)',
  );
  expect(whyText(verdict, dieCasting, 'en')).toMatch(
    /^input missing: [^:]*vacuum[^:]*\(error value 65535\), [^:]*spray[^:]*\(missing\)$/i,
  );
});

test('many missing inputs are counted, not listed', () => {
  const names = ['holdPressure', 'holdTime', 'cushion', 'injectionTime', 'coolingTime', 'dewPoint'];
  const detail = names.map((name) => `${name}: not in the profile`).join('; ');
  expect(whyText({ reason: 'missing-input', detail }, injection, 'ko')).toMatch(/ 외 2개$/);
});

test('a broken limit says title, value and unit', () => {
  expect(whyText({ reason: 'limit', detail: 'cushion 0.4219' }, injection, 'ko')).toBe(
    '한계값 이탈: 쿠션 0.42 mm',
  );
});

test.each([
  ['inference-restarting', 'the child that runs this model was restarting', '예측 재시작 중'],
  ['not-loaded', 'the model is still loading', '모델 준비 중'],
  ['no-model', 'no model and no limits', '모델 없음'],
  ['mold-unknown', 'the mold signal has no good value', '금형 번호 없음'],
  ['unknown-mold', 'mold 8412 was not in training', '학습 안 된 금형: 8412'],
  ['shot-torn', null, '읽는 중 다음 샷'],
])('%s (%s) has no English in Korean', (reason, detail, words) => {
  expect(whyText({ reason, detail }, injection, 'ko')).toBe(words);
});

test('the program’s own English stays in English', () => {
  const verdict = { reason: 'not-loaded', detail: 'the model is still loading' };
  expect(whyText(verdict, null, 'en')).toBe('model not loaded: the model is still loading');
});

test.each([
  'sentinel 1449',
  '12.5 below 20',
  '3000 above 1200',
  'frozen 30 cycles',
  '5200 ms old',
  'no matching reply in time',
  'inputStatus is 64',
  'state is US, not ST',
  'dataValid is not known: not read yet',
  'stale',
])('the note "%s" has Korean words', (note) => {
  expect(noteText(note, 'ko')).toMatch(/[가-힣]/);
  expect(noteText(note, 'ko').replace(/ms/, '')).not.toMatch(/[a-z]{2}/);
});

test('every reason for which a shipped profile suppresses a shot has words', () => {
  const reasons = listProfiles().flatMap((id) =>
    loadProfile(id).suppress.map((rule) => rule.reason),
  );
  expect(reasons.length).toBeGreaterThan(3);
  for (const reason of reasons) expect(reasonText(reason, 'ko')).toMatch(/[가-힣]/);
});

const weight: Estimate = {
  kind: 'value',
  value: 412.1,
  low: 415,
  high: 425,
  unit: 'g',
  title: { ko: '중량', en: 'weight' },
  decimals: null,
};

test('a predicted value stands against its limits, as the plant writes them', () => {
  expect(estimateText(weight, 'ko')).toBe('중량 412 g (기준 420±5)');
  expect(estimateText(weight, 'en')).toBe('weight 412 g (limits 420±5)');
  expect(estimateText({ ...weight, high: null }, 'ko')).toBe('중량 412 g (기준 415 이상)');
  expect(estimateText({ ...weight, low: null, high: 0.5, value: 0.62 }, 'en')).toBe(
    'weight 0.6 g (limits at most 0.5)',
  );
  expect(whyText({ reason: 'value-beyond', detail: null, estimate: weight }, injection, 'ko')).toBe(
    '예측값 기준 이탈: 중량 412 g (기준 420±5)',
  );
});

test('rounding never carries a value over its limit', () => {
  expect(estimateText({ ...weight, value: 425.2 }, 'ko')).toBe('중량 425.2 g (기준 420±5)');
  expect(estimateText({ ...weight, value: 424.96 }, 'ko')).toBe('중량 425 g (기준 420±5)');
  expect(estimateText({ ...weight, value: 414.9996 }, 'ko')).toBe('중량 414.9996 g (기준 420±5)');
});

test('a score has no name and no unit', () => {
  const score = { ...weight, kind: 'score' as const, unit: '', title: null };
  expect(estimateText({ ...score, value: -0.127, low: -0.05, high: null }, 'ko')).toBe(
    '-0.13 (기준 -0.05 이상)',
  );
});
