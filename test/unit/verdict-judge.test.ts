import { describe, expect, test } from 'vitest';
import type { Cycle, Reading } from '../../agent/records.ts';
import {
  type Answer,
  Judge,
  type JudgeModel,
  type ModelAnswer,
} from '../../agent/verdict/judge.ts';
import { limitsInForce } from '../../agent/verdict/limits.ts';

const at = { monoMs: 0, wallMs: 0 };
const good = (value: number): Reading => ({ value, quality: 'good', at });
const missing: Reading = { value: null, quality: 'missing', at, note: 'sentinel -1' };

function cycle(features: Record<string, Reading>, extra: Partial<Cycle> = {}): Cycle {
  const identity = { machine: 'dc-1', profile: 'p', mold: '8412', shot: 5, index: 5 };
  const times = { trigger: 0, snapshot: 1 };
  return {
    ...identity,
    observed: 'whole',
    at,
    readings: {},
    features,
    suppressed: null,
    times,
    ...extra,
  };
}

const chance = (probability: number): ModelAnswer => ({
  probability,
  estimate: null,
  defectScore: probability,
  isDefect: probability >= 0.5,
});

function model(extra: Partial<JudgeModel> = {}): JudgeModel {
  return {
    identity: { name: 'm', version: '1', hash: 'h' },
    threshold: 0.5,
    molds: 'any',
    outOfRange: 'flag',
    features: ['biscuit'],
    scale: 'probability',
    encode: (values) => {
      const refused = Object.keys(values).filter((name) => values[name] === null);
      return refused.length > 0
        ? { refused }
        : { input: Float32Array.from(Object.values(values) as number[]) };
    },
    outsideTraining: (values) => ((values.biscuit ?? 0) > 100 ? ['biscuit'] : []),
    answer: (outputs) => (outputs[0] === undefined ? null : chance(outputs[0])),
    ...extra,
  };
}

function judged(judge: Judge, of: Cycle, answer: Answer | null) {
  const prepared = judge.prepare(of);
  return judge.conclude(of, prepared, prepared.input === null ? null : answer, 2);
}

const scored = (p: number): Answer => ({ kind: 'scored', outputs: [p] });
const biscuit = { biscuit: good(25) };

describe('a cycle with a model', () => {
  const judge = new Judge({ biscuit: { low: 15, high: 40, defect: 'shrinkage' } }, model(), true);

  test('is judged at the threshold', () => {
    expect(judged(judge, cycle(biscuit), scored(0.5))).toMatchObject({
      outcome: 'defect',
      reason: 'above-threshold',
      probability: 0.5,
    });
    expect(judged(judge, cycle(biscuit), scored(0.49))).toMatchObject({
      outcome: 'ok',
      reason: 'below-threshold',
      judge: 'model',
    });
  });

  test.each([
    ['was not seen whole', cycle({}, { observed: 'torn' }), 'shot-torn'],
    ['was missed', cycle({}, { observed: 'missed' }), 'shot-missed'],
    ['is a try shot', cycle(biscuit, { suppressed: 'try-shot' }), 'try-shot'],
    ['lacks an input', cycle({ biscuit: missing }), 'missing-input'],
    ['has no mold', cycle(biscuit, { mold: null }), 'mold-unknown'],
  ])('that %s is unscored with its reason and never ok', (_, of, reason) => {
    expect(judged(judge, of, scored(0))).toMatchObject({
      outcome: 'unscored',
      reason,
      probability: null,
      judge: 'none',
    });
  });

  test('whose deadline was missed is unscored, unless a rule limit says defect', () => {
    const late: Answer = { kind: 'unscored', reason: 'deadline-missed' };
    expect(judged(judge, cycle(biscuit), late)).toMatchObject({
      outcome: 'unscored',
      reason: 'deadline-missed',
    });
    expect(judged(judge, cycle({ biscuit: good(9) }), late)).toMatchObject({
      outcome: 'defect',
      reason: 'limit',
      judge: 'limits',
    });
  });

  test('outside the training range is flagged and still judged: the wildest values are real defects', () => {
    const limitless = new Judge({}, model(), true);
    expect(judged(limitless, cycle({ biscuit: good(300) }), scored(0.9))).toMatchObject({
      outcome: 'defect',
      flags: ['outside-training:biscuit'],
    });
  });

  test('outside the training range abstains only where the bundle says so', () => {
    const abstaining = new Judge({}, model({ outOfRange: 'abstain' }), true);
    expect(judged(abstaining, cycle({ biscuit: good(300) }), scored(0.9))).toMatchObject({
      outcome: 'unscored',
      reason: 'outside-training',
    });
  });

  test('of a mold that was not in training is unscored', () => {
    const choosy = new Judge({}, model({ molds: ['8722'] }), true);
    expect(judged(choosy, cycle(biscuit), scored(0))).toMatchObject({
      outcome: 'unscored',
      reason: 'unknown-mold',
    });
  });

  test('to which the model gives no probability is unscored', () => {
    expect(judged(judge, cycle(biscuit), { kind: 'scored', outputs: [] })).toMatchObject({
      outcome: 'unscored',
      reason: 'model-failed',
    });
  });

  test('is judged by the model that was in force when its row was made', () => {
    const swapping = new Judge({}, model(), true);
    const prepared = swapping.prepare(cycle(biscuit));
    const next = model({ threshold: 0.9, identity: { name: 'm', version: '2', hash: 'h2' } });
    swapping.useModels({ byDefault: next, molds: new Map() });
    expect(swapping.conclude(cycle(biscuit), prepared, scored(0.6), 2)).toMatchObject({
      outcome: 'defect',
      threshold: 0.5,
      model: { version: '1' },
    });
  });
});

describe('a cycle without a model', () => {
  const judge = new Judge({ biscuit: { low: 15 } }, null, true);

  test('is ok only within limits that could all be checked', () => {
    expect(judged(judge, cycle(biscuit), null)).toMatchObject({
      outcome: 'ok',
      reason: 'within-limits',
      judge: 'limits',
    });
    expect(judged(judge, cycle({ biscuit: missing }), null)).toMatchObject({
      outcome: 'unscored',
      reason: 'missing-input',
      detail: 'biscuit: sentinel -1',
    });
  });

  test('and without limits is never ok', () => {
    expect(judged(new Judge({}, null, true), cycle(biscuit), null)).toMatchObject({
      outcome: 'unscored',
      reason: 'no-model',
    });
  });
});

test('a site’s own limits replace the profile’s by feature', () => {
  const profile = { biscuit: { low: 15 }, pressure: { high: 90 } };
  expect(limitsInForce(profile, { biscuit: { low: 42, high: 56 } })).toEqual({
    biscuit: { low: 42, high: 56 },
    pressure: { high: 90 },
  });
  expect(limitsInForce(profile, 'none')).toEqual({});
});

describe('a cycle that the model should not be believed on', () => {
  const novelty = (values: Readonly<Record<string, number | null>>) =>
    (values.biscuit ?? 0) > 50 ? 1.4 : 0.3;

  test('unlike anything in training: flagged, and unscored where the bundle says so', () => {
    const flags = judged(
      new Judge({}, model({ novelty }), true),
      cycle({ biscuit: good(60) }),
      scored(0.1),
    );
    expect(flags).toMatchObject({ outcome: 'ok', flags: ['novel'] });
    const stops = new Judge({}, model({ novelty, onNovelty: 'abstain' }), true);
    expect(judged(stops, cycle({ biscuit: good(60) }), scored(0.1))).toMatchObject({
      outcome: 'unscored',
      reason: 'novel',
      probability: null,
      flags: ['novel'],
    });
    expect(judged(stops, cycle(biscuit), scored(0.1)).outcome).toBe('ok');
  });

  test('an input that stands still or lost its decimal point: flagged while it does, or unscored', () => {
    const judge = new Judge({}, model(), true);
    judge.doubt(
      new Map([
        ['biscuit', 'decimal-shift'],
        ['other', 'frozen'],
      ]),
    );
    expect(judged(judge, cycle(biscuit), scored(0.1))).toMatchObject({
      outcome: 'ok',
      flags: ['drift:decimal-shift:biscuit'],
    });
    judge.useModels({ byDefault: model({ onDrift: 'abstain' }), molds: new Map() });
    const stopped = judged(judge, cycle(biscuit), scored(0.1));
    expect(stopped).toMatchObject({ reason: 'input-doubtful', detail: 'biscuit: decimal-shift' });
    judge.doubt(new Map());
    expect(judged(judge, cycle(biscuit), scored(0.1)).outcome).toBe('ok');
  });

  test('a broken limit is a defect all the same', () => {
    const judge = new Judge({ biscuit: { low: 15 } }, model({ onDrift: 'abstain' }), true);
    judge.doubt(new Map([['biscuit', 'frozen']]));
    expect(judged(judge, cycle({ biscuit: good(2) }), scored(0.1))).toMatchObject({
      outcome: 'defect',
      reason: 'limit',
    });
  });
});
