import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { InferLimits, PredictRequest } from '../../agent/infer/pool.ts';
import { forkRole } from '../../agent/role.ts';
import { expectedRow, fixtureBundle, row } from '../fixtures/models/bundles.ts';
import {
  type Bench,
  exists,
  outputsOf,
  reasonOf,
  startInference,
} from '../fixtures/models/inference.ts';

const ample = { machine: 'dc-02', deadlineMs: 20_000, hardLimitMs: 20_000 };
const linear = fixtureBundle('linear').hash;
const hang = fixtureBundle('hang').hash;
const endless = row(1000, 0, 0);
let bench: Bench | null = null;

afterEach(async () => {
  await bench?.inference.close();
  for (const pid of bench?.pids ?? []) expect(exists(pid)).toBe(false);
  bench = null;
});

async function start(
  models: readonly ('linear' | 'hang' | 'greedy')[],
  limits?: Partial<InferLimits>,
) {
  const started = startInference(limits);
  bench = started;
  await Promise.all(models.map((model) => started.inference.load(fixtureBundle(model))));
  return started;
}

/** Machine A's model, for an input that it never answers. */
const runaway: PredictRequest = {
  machine: 'dc-01',
  model: hang,
  input: endless,
  deadlineMs: 100,
  hardLimitMs: 300,
};

test('while A hangs again and again, B loses two verdicts at most, each with its reason', async () => {
  const { inference, next, of } = await start(['linear', 'hang']);
  const lost: string[] = [];
  const reasonsOfA: string[] = [];
  for (let shot = 0; shot < 30; shot += 1) {
    const shared = inference.incidents().every(({ placement }) => placement === 'shared');
    const back = shared ? next('inference-back') : null;
    const a = inference.predict(runaway);
    const inputs = [shot / 10, 1, -1];
    const request = { machine: 'dc-02', model: linear, input: row(...inputs) };
    const b = await inference.predict({ ...request, deadlineMs: 250, hardLimitMs: 5_000 });
    if (b.kind === 'unscored') lost.push(b.reason);
    else expect(outputsOf(b)[1]).toBeCloseTo(expectedRow(inputs)[1], 5);
    reasonsOfA.push(reasonOf(await a));
    await back;
  }
  expect(lost.length).toBeLessThanOrEqual(2);
  for (const reason of lost) expect(reason).toBe('deadline-missed');
  expect(reasonsOfA).toHaveLength(30);
  expect(reasonsOfA).not.toContain('scored');
  expect(of('model-isolated')).toHaveLength(1);
});

test('a repeat offender is set aside after three incidents alone, until it is restored', async () => {
  const { inference, next, of } = await start(['linear', 'hang']);
  for (const placement of ['shared', 'own', 'own', 'own', 'set-aside'] as const) {
    const incident = next('model-incident');
    const prediction = await inference.predict({ ...runaway, deadlineMs: 10_000 });
    expect(reasonOf(prediction)).toBe('hard-limit');
    await incident;
    expect(inference.incidents()).toMatchObject([{ model: hang, placement }]);
  }
  expect(reasonOf(await inference.predict(runaway))).toBe('model-set-aside');
  expect(of('model-set-aside')).toHaveLength(1);
  await expect(inference.load(fixtureBundle('hang'))).rejects.toMatchObject({
    code: 'model-unavailable',
  });
  await inference.restore(hang);
  expect(inference.incidents()).toEqual([]);
  const prediction = await inference.predict({ ...ample, model: hang, input: row(-1, 2, 3) });
  expect(outputsOf(prediction)[1]).toBeCloseTo(expectedRow([-1, 2, 3])[1], 5);
});

test('incidents remembered from before a restart place a model where it was', async () => {
  const started = startInference();
  bench = started;
  const { inference } = started;
  const last = { cause: 'hang' as const, detail: 'no answer within 200 ms', wallMs: 0 };
  inference.adopt([{ model: hang, inShared: 2, inOwn: 1, placement: 'own', last }]);
  await Promise.all([
    inference.load(fixtureBundle('hang')),
    inference.load(fixtureBundle('linear')),
  ]);
  const children = inference.status().children;
  expect(children).toMatchObject([
    { kind: 'shared', models: [linear] },
    { kind: 'own', models: [hang] },
  ]);
  expect(children[0]?.pid).not.toBe(children[1]?.pid);
  await inference.restore(hang);
  const prediction = await inference.predict({ ...ample, model: hang, input: row(0, 2, 3) });
  expect(reasonOf(prediction)).toBe('scored');
  const held = inference.status().children.map(({ kind, models }) => ({ kind, models }));
  expect(held).toEqual([{ kind: 'shared', models: expect.arrayContaining([linear, hang]) }]);
});

test('a crash under a run is the incident of that model; its verdict is lost with the signal', async () => {
  const { inference, next, sharedPid } = await start(['linear', 'hang']);
  const running = inference.predict({ ...ample, model: hang, input: endless });
  const back = next('inference-back');
  process.kill(sharedPid(), 'SIGSEGV');
  expect(await running).toMatchObject({
    reason: 'inference-lost',
    detail: expect.stringContaining('SIGSEGV'),
  });
  await back;
  expect(inference.incidents()).toMatchObject([{ model: hang, last: { cause: 'crash' } }]);
  expect(reasonOf(await inference.predict({ ...ample, model: linear, input: row(1, 2, 3) }))).toBe(
    'scored',
  );
});

test('a child killed from outside is nobody’s incident; what waited is answered by the next', async () => {
  const { inference, of, sharedPid } = await start(['linear', 'hang']);
  const running = inference.predict({ ...ample, model: hang, input: endless });
  const waiting = inference.predict({ ...ample, model: linear, input: row(1, 2, 3) });
  process.kill(sharedPid(), 'SIGKILL');
  expect(reasonOf(await running)).toBe('inference-lost');
  expect(outputsOf(await waiting)[1]).toBeCloseTo(expectedRow([1, 2, 3])[1], 5);
  expect(inference.incidents()).toEqual([]);
  expect(of('inference-lost')).toHaveLength(1);
});

test('a prediction whose deadline comes while no child is there says so', async () => {
  const { inference, next, sharedPid } = await start(['linear']);
  const lost = next('inference-lost');
  process.kill(sharedPid(), 'SIGKILL');
  await lost;
  const request = { ...ample, model: linear, input: row(1, 2, 3), deadlineMs: 1 };
  expect(reasonOf(await inference.predict(request))).toBe('inference-restarting');
});

test('a model that eats memory loses its child, not the agent’s gateway', async () => {
  const { inference, next } = await start(['linear', 'greedy'], { memoryMiB: 128 });
  const model = fixtureBundle('greedy').hash;
  const back = next('inference-back');
  const prediction = await inference.predict({ ...ample, model, input: row(400, 0, 0) });
  expect(prediction).toMatchObject({
    reason: 'inference-lost',
    detail: expect.stringContaining('128 MiB more is allowed'),
  });
  await back;
  expect(inference.incidents()).toMatchObject([{ model, last: { cause: 'memory' } }]);
  const other = await inference.predict({ ...ample, model: linear, input: row(1, 2, 3) });
  expect(reasonOf(other)).toBe('scored');
});

test('an agent that was itself held up past the hard limit does not blame the model', async () => {
  const { inference } = await start(['linear']);
  const request = { ...ample, model: linear, input: row(1, 2, 3), hardLimitMs: 300 };
  const prediction = inference.predict(request);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  expect(reasonOf(await prediction)).toBe('scored');
  expect(inference.incidents()).toEqual([]);
});

test('a child that has grown between runs is replaced without a prediction lost', async () => {
  const bloat = new URL('../fixtures/models/bloat-on-signal.mjs', import.meta.url);
  const started = startInference({ memoryMiB: 100 }, (role, options) => {
    const flags = `${options.env.NODE_OPTIONS} --import=${bloat.href}`;
    return forkRole(role, { ...options, env: { ...options.env, NODE_OPTIONS: flags } });
  });
  bench = started;
  const { inference, next, sharedPid, of } = started;
  await inference.load(fixtureBundle('linear'));
  const before = sharedPid();
  const recycled = next('inference-recycled');
  process.kill(before, 'SIGUSR2');
  await recycled;
  while (sharedPid() === before) {
    const request = { ...ample, model: linear, input: row(1, 2, 3) };
    expect(reasonOf(await inference.predict(request))).toBe('scored');
    await pause(5);
  }
  expect(inference.incidents()).toEqual([]);
  expect(of('inference-lost')).toEqual([]);
});

test('a child ignores the signals of a terminal or a service manager; its parent ends it', async () => {
  const { inference, of, sharedPid } = await start(['linear']);
  process.kill(sharedPid(), 'SIGINT');
  process.kill(sharedPid(), 'SIGTERM');
  for (let shot = 0; shot < 20; shot += 1) {
    const request = { ...ample, model: linear, input: row(shot, 2, 3) };
    expect(reasonOf(await inference.predict(request))).toBe('scored');
    await pause(5);
  }
  expect(of('inference-lost')).toEqual([]);
});
