import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectedRow, fixtureBundle, row } from '../fixtures/models/bundles.ts';
import { outputsOf, reasonOf, startInference } from '../fixtures/models/inference.ts';

const bench = startInference();
const { inference } = bench;
const linear = fixtureBundle('linear').hash;
const hang = fixtureBundle('hang').hash;
const undefinedModel = fixtureBundle('undefined').hash;
const ample = { machine: 'dc-01', deadlineMs: 10_000, hardLimitMs: 10_000 };

beforeAll(async () => {
  const names = ['linear', 'hang', 'undefined'] as const;
  await Promise.all(names.map((name) => inference.load(fixtureBundle(name))));
});
afterAll(() => inference.close());

function expectRow(outputs: readonly number[], inputs: readonly (number | null)[]): void {
  const [ok, defect] = expectedRow(inputs);
  expect(outputs[0]).toBeCloseTo(ok, 5);
  expect(outputs[1]).toBeCloseTo(defect, 5);
}

test('a prediction carries the output row and where its time went', async () => {
  const prediction = await inference.predict({ ...ample, model: linear, input: row(1, 2, 3) });
  expectRow(outputsOf(prediction), [1, 2, 3]);
  expect(prediction).toMatchObject({ queuedMs: expect.any(Number), runMs: expect.any(Number) });
});

test('a missing value reaches the model as NaN', async () => {
  const inputs = [0.7, null, -2];
  const prediction = await inference.predict({ ...ample, model: linear, input: row(...inputs) });
  expectRow(outputsOf(prediction), inputs);
});

test('predictions of several models asked at once each get their own answer', async () => {
  const asked = Array.from({ length: 200 }, (_, index) => [-(index % 7), index / 50, -index / 90]);
  const models = [linear, hang];
  const answers = await Promise.all(
    asked.map((inputs, index) =>
      inference.predict({ ...ample, model: models[index % 2] ?? '', input: row(...inputs) }),
    ),
  );
  for (const [index, answer] of answers.entries()) expectRow(outputsOf(answer), asked[index] ?? []);
});

test('a caller may reuse its input buffer while the prediction waits', async () => {
  const buffer = row(0, 0, 0);
  const asked = Array.from({ length: 20 }, (_, index) => [index / 10, 0, 0]);
  const answers = await Promise.all(
    asked.map((inputs) => {
      buffer.set(inputs);
      return inference.predict({ ...ample, model: linear, input: buffer });
    }),
  );
  for (const [index, answer] of answers.entries()) expectRow(outputsOf(answer), asked[index] ?? []);
});

test('an output that is no finite number is a failure of the model, not a score', async () => {
  const prediction = await inference.predict({
    ...ample,
    model: undefinedModel,
    input: row(-2, 0, 0),
  });
  expect(prediction).toEqual({
    kind: 'unscored',
    reason: 'model-failed',
    detail: 'output 0 is NaN',
  });
  expect(inference.incidents()).toEqual([]);
});

test('an input of the wrong length is refused with both lengths', async () => {
  const prediction = await inference.predict({ ...ample, model: linear, input: row(1, 2) });
  expect(prediction).toMatchObject({
    reason: 'model-failed',
    detail: 'the input has 2 values, the model takes 3',
  });
});

test('a model nobody loaded, and a deadline already past, are said at once', async () => {
  const input = row(1, 2, 3);
  const unknown = await inference.predict({ ...ample, model: 'f00d', input });
  expect(reasonOf(unknown)).toBe('not-loaded');
  for (const deadlineMs of [0, -5, Number.NaN]) {
    const late = await inference.predict({ ...ample, model: linear, input, deadlineMs });
    expect(reasonOf(late)).toBe('deadline-missed');
  }
});

test('a prediction without a limit in time waits for its answer', async () => {
  const none = { deadlineMs: Number.POSITIVE_INFINITY, hardLimitMs: Number.POSITIVE_INFINITY };
  const prediction = await inference.predict({
    ...none,
    machine: 'dc-01',
    model: linear,
    input: row(1, 2, 3),
  });
  expectRow(outputsOf(prediction), [1, 2, 3]);
});

test('rehearsals answer nobody: each prediction gets its own answer, and slow models have none', async () => {
  const answers: Promise<readonly number[]>[] = [];
  for (let index = 0; index < 100; index += 1) {
    inference.rehearse(linear);
    const prediction = inference.predict({ ...ample, model: linear, input: row(index / 50, 1, 2) });
    answers.push(prediction.then(outputsOf));
    if (index % 3 === 0) await prediction;
  }
  for (const [index, outputs] of (await Promise.all(answers)).entries())
    expectRow(outputs, [index / 50, 1, 2]);
  const { lateAnswers } = inference.status();
  inference.rehearse('f00d');
  await inference.predict({ ...ample, model: hang, input: row(0.2, 0, 0) });
  inference.rehearse(hang);
  const next = await inference.predict({ ...ample, model: linear, input: row(1, 1, 1) });
  expect(next).toMatchObject({ kind: 'scored', queuedMs: expect.any(Number) });
  expect(inference.status()).toMatchObject({ lateAnswers, waiting: 0 });
  expect(inference.incidents()).toEqual([]);
});

test('a run past its deadline is unscored, and so is one behind it; the late answer is dropped', async () => {
  const { lateAnswers, restarts } = inference.status();
  const slow = inference.predict({ ...ample, model: hang, input: row(0.2, 0, 0), deadlineMs: 30 });
  const behind = inference.predict({
    ...ample,
    model: linear,
    input: row(1, 1, 1),
    deadlineMs: 20,
  });
  expect(reasonOf(await behind)).toBe('deadline-missed');
  expect(await behind).toMatchObject({ detail: 'waited behind hang 1' });
  expect(await slow).toMatchObject({
    reason: 'deadline-missed',
    detail: 'the model was still running',
  });
  // The queue is worked off in order, so this one's answer comes after the late one's.
  const after = await inference.predict({ ...ample, model: linear, input: row(3, 2, 1) });
  expectRow(outputsOf(after), [3, 2, 1]);
  expect(inference.status()).toMatchObject({ lateAnswers: lateAnswers + 1, restarts });
  expect(inference.incidents()).toEqual([]);
});
