import { expect, test } from 'vitest';
import { askForNeeds } from '../../agent/cli/model-ask.ts';
import type { AddOptions } from '../../agent/cli/model-request.ts';
import { reasonText, usedText } from '../../agent/cli/model-use-words.ts';
import { returnWords } from '../../agent/governance/words.ts';

test('a slip of the finger is said and asked again; nothing answered before it is lost', async () => {
  const asked: string[] = [];
  const answers = ['die-casting-cold-chamber', 'softmx', '--activaton softmax', 'softmax'];
  const needs = async ({ profile, activation }: AddOptions) => [
    ...(profile === undefined ? ['the machine profile it is fed from: --profile, one of …'] : []),
    ...(activation === undefined ? ['what "logits" is: --activation softmax'] : []),
  ];
  const known = await askForNeeds({}, needs, async (question) => {
    asked.push(question);
    return answers.shift() ?? null;
  });
  expect(known).toMatchObject({ profile: 'die-casting-cold-chamber', activation: 'softmax' });
  expect(asked).toHaveLength(4);
  expect(asked[2]).toMatch(/^--activation softmx: .*softmax.*\nwhat "logits" is/s);
  expect(asked[3]).toMatch(/^there is no flag --activaton to answer with\nwhat/);
});

test('a Korean gateway says in Korean what became of a model, whatever the store says', () => {
  const stored = [
    '11 of 20 verdicts differed on 20 shots',
    'a person asked for it',
    'shadow for 30 shots',
    returnWords({ cause: 'late', late: 3, currentLate: 0 }).en,
    returnWords({ cause: 'crashed', detail: 'SIGSEGV' }).en,
    returnWords({ cause: 'not-finite', detail: 'NaN' }).en,
    returnWords({ cause: 'unusable', detail: 'gone' }).en,
  ];
  for (const reason of stored) {
    expect(reasonText(reason, 'ko')).toMatch(/[가-힣]/);
    expect(reasonText(reason, 'ko')).not.toMatch(/[a-z]{3,} [a-z]{2,} [a-z]/);
    expect(reasonText(reason, 'en')).toBe(reason);
  }
  const used = { machine: 'dc-03', mold: 'A12', model: 'good 1.0.0', mode: 'use' } as const;
  const watched = { ...used, stage: 'shadow', shots: 30, effective: 'now' } as const;
  expect(usedText(watched, 'ko')).toBe(
    'dc-03 금형 A12: 다음 샷부터 good 1.0.0 모델을 30샷 관찰, 그 뒤 시험 적용',
  );
});
