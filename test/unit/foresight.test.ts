import { describe, expect, test } from 'vitest';
import { Foresight } from '../../agent/foresight.ts';
import type { Answer, JudgeModel } from '../../agent/verdict/judge.ts';

function modelCalled(hash: string): JudgeModel {
  return {
    identity: { name: hash, version: '1', hash },
    threshold: 0.5,
    molds: 'any',
    outOfRange: 'flag',
    features: ['a', 'b'],
    scale: 'probability',
    encode: () => ({ input: Float32Array.of(0, 0) }),
    outsideTraining: () => [],
    answer: () => null,
  };
}

/** Answers each row with its own number, and remembers what it was asked. */
function asking() {
  const asked: string[] = [];
  const predict = async (model: string, input: Float32Array): Promise<Answer> => {
    asked.push(`${model}: ${[...input].join(' ')}`);
    return { kind: 'scored', outputs: [asked.length] };
  };
  return { asked, foresight: new Foresight({ predict, clock: () => 0 }) };
}

const [one, other] = [modelCalled('one'), modelCalled('other')];
const row = (...values: number[]): Float32Array => Float32Array.of(...values);

describe('asking the model ahead', () => {
  test('the answer is given for the very same row, a missing value included, and once', async () => {
    const { asked, foresight } = asking();
    foresight.ahead(one, row(1, Number.NaN), 20);
    const taken = await foresight.take(one, row(1, Number.NaN));
    expect(taken?.answer).toEqual({ kind: 'scored', outputs: [1] });
    expect(foresight.take(one, row(1, Number.NaN))).toBeNull();
    expect(asked).toEqual(['one: 1 NaN']);
  });

  test.each([
    ['another row', one, row(1, 3)],
    ['a missing value that came', one, row(1, Number.NaN)],
    ['a longer row', one, row(1, 2, 3)],
    ['another model', other, row(1, 2)],
  ])('%s is asked anew', (_, model, input) => {
    const { foresight } = asking();
    foresight.ahead(one, row(1, 2), 20);
    expect(foresight.take(model, input)).toBeNull();
  });

  test('a machine whose rows always turn out otherwise is not asked for ahead any more', () => {
    const { foresight } = asking();
    for (const shot of [1, 2, 3]) {
      expect(foresight.worthwhile(one), `shot ${shot}`).toBe(true);
      foresight.ahead(one, row(shot, 0), 20);
      foresight.take(one, row(shot, 1));
    }
    expect(foresight.worthwhile(one)).toBe(false);
    expect(foresight.worthwhile(other), 'a new model is given its chance').toBe(true);
  });

  test('one that turned out otherwise now and then goes on', () => {
    const { foresight } = asking();
    for (let shot = 1; shot <= 12; shot += 1) {
      foresight.worthwhile(one);
      foresight.ahead(one, row(shot, 0), 20);
      foresight.take(one, row(shot, shot % 3 === 0 ? 0 : 1));
    }
    expect(foresight.worthwhile(one)).toBe(true);
  });
});
