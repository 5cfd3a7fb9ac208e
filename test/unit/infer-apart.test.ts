import { afterEach, expect, test } from 'vitest';
import { expectedRow, fixtureBundle, row } from '../fixtures/models/bundles.ts';
import {
  type Bench,
  exists,
  outputsOf,
  reasonOf,
  startInference,
} from '../fixtures/models/inference.ts';

const ample = { machine: 'dc-01', deadlineMs: 10_000, hardLimitMs: 10_000 };
const linear = fixtureBundle('linear').hash;
const hang = fixtureBundle('hang').hash;
let bench: Bench | null = null;

afterEach(async () => {
  await bench?.inference.close();
  for (const pid of bench?.pids ?? []) expect(exists(pid)).toBe(false);
  bench = null;
});

async function start() {
  const started = startInference();
  bench = started;
  await started.inference.load(fixtureBundle('linear'));
  await started.inference.load(fixtureBundle('hang'), 'apart');
  return started;
}

const children = ({ inference }: Bench) =>
  inference.status().children.map(({ kind, models }) => ({ kind, models }));

test('a model loaded apart costs the others nothing when it does not end, and answers for it', async () => {
  const started = await start();
  const { inference, next } = started;
  expect(children(started)).toEqual([
    { kind: 'shared', models: [linear] },
    { kind: 'own', models: [hang] },
  ]);
  const incident = next('model-incident');
  const mirrored = inference.predict({
    ...{ machine: 'dc-01', model: hang, input: row(1000, 0, 0), purpose: 'mirror' },
    ...{ deadlineMs: 400, hardLimitMs: 300 },
  });
  for (let shot = 0; shot < 20; shot += 1) {
    const prediction = await inference.predict({ ...ample, model: linear, input: row(shot, 1, 2) });
    expect(outputsOf(prediction)[1]).toBeCloseTo(expectedRow([shot, 1, 2])[1], 5);
  }
  expect(reasonOf(await mirrored)).toBe('hard-limit');
  await incident;
  expect(inference.incidents()).toMatchObject([{ model: hang, last: { cause: 'hang' } }]);
});

test('it joins the others between two runs, and no run is lost to that', async () => {
  const started = await start();
  const { inference } = started;
  inference.join(hang);
  const inputs = [-1, 0.5, 2];
  while (children(started).some(({ kind }) => kind === 'own')) {
    const answers = await Promise.all([
      inference.predict({ ...ample, model: hang, input: row(...inputs) }),
      inference.predict({ ...ample, model: linear, input: row(...inputs) }),
    ]);
    expect(answers.map(reasonOf)).toEqual(['scored', 'scored']);
  }
  expect(children(started)).toEqual([
    { kind: 'shared', models: expect.arrayContaining([linear, hang]) },
  ]);
  const last = await inference.predict({ ...ample, model: hang, input: row(...inputs) });
  expect(outputsOf(last)[1]).toBeCloseTo(expectedRow(inputs)[1], 5);
});

test('a verdict goes before what is only mirrored', async () => {
  const { inference } = await start();
  const order: string[] = [];
  const input = row(0, 1, 2);
  const asked = (name: string, purpose: 'verdict' | 'mirror') =>
    inference
      .predict({ ...ample, model: linear, input, purpose })
      .then(() => void order.push(name));
  await Promise.all([
    asked('first', 'verdict'),
    asked('mirrored', 'mirror'),
    asked('second', 'verdict'),
  ]);
  expect(order).toEqual(['first', 'second', 'mirrored']);
});

test('a model released while it is joining leaves nothing behind', async () => {
  const started = await start();
  started.inference.join(hang);
  started.inference.release(hang);
  const input = row(1, 2, 3);
  expect(reasonOf(await started.inference.predict({ ...ample, model: hang, input }))).toBe(
    'not-loaded',
  );
  expect(reasonOf(await started.inference.predict({ ...ample, model: linear, input }))).toBe(
    'scored',
  );
  expect(started.inference.status().models).toMatchObject([{ model: linear }]);
});
