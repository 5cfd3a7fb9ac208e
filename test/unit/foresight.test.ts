import { describe, expect, test } from 'vitest';
import { Foresight } from '../../agent/foresight.ts';
import type { Answer, JudgeModel, Row } from '../../agent/verdict/judge.ts';

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
const row = (model: JudgeModel, ...values: number[]): Row => ({
  model,
  input: Float32Array.of(...values),
});

describe('asking the model ahead', () => {
  test('the answer is given for the very same row, a missing value included, and once', async () => {
    const { asked, foresight } = asking();
    foresight.ahead(row(one, 1, Number.NaN), 20);
    const taken = await foresight.take(row(one, 1, Number.NaN));
    expect(taken?.answer).toEqual({ kind: 'scored', outputs: [1] });
    expect(foresight.take(row(one, 1, Number.NaN))).toBeNull();
    expect(asked).toEqual(['one: 1 NaN']);
  });

  test.each([
    ['another row', row(one, 1, 3)],
    ['a missing value that came', row(one, 1, Number.NaN)],
    ['a longer row', row(one, 1, 2, 3)],
    ['another model', row(other, 1, 2)],
  ])('%s is asked anew', (_, asked) => {
    const { foresight } = asking();
    foresight.ahead(row(one, 1, 2), 20);
    expect(foresight.take(asked)).toBeNull();
  });

  test('a machine whose rows always turn out otherwise is asked for ahead only now and then', () => {
    const { foresight } = asking();
    const ahead: number[] = [];
    for (let shot = 1; shot <= 2010; shot += 1) {
      if (foresight.worthwhile) {
        ahead.push(shot);
        foresight.ahead(row(one, shot, 0), 20);
      }
      void foresight.take(row(one, shot, 1));
    }
    expect(ahead).toEqual([1, 2, 3, 1003, 2003]);
  });

  test('one that turned out otherwise now and then goes on', () => {
    const { foresight } = asking();
    for (let shot = 1; shot <= 12; shot += 1) {
      expect(foresight.worthwhile, `shot ${shot}`).toBe(true);
      foresight.ahead(row(one, shot, 0), 20);
      void foresight.take(row(one, shot, shot % 3 === 0 ? 0 : 1));
    }
  });
});
