import { fork } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ForkInfer, InferLimits } from '../../agent/infer/pool.ts';
import { forkRole } from '../../agent/role.ts';
import {
  expectedRow,
  fixtureBundle,
  fixtureModel,
  hashOf,
  row,
} from '../fixtures/models/bundles.ts';
import {
  type Bench,
  exists,
  outputsOf,
  reasonOf,
  startInference,
} from '../fixtures/models/inference.ts';

const ample = { machine: 'dc-01', deadlineMs: 10_000, hardLimitMs: 10_000 };
const linear = fixtureBundle('linear').hash;
let bench: Bench | null = null;
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ppuri-infer-'));
});
afterEach(async () => {
  await bench?.inference.close();
  for (const pid of bench?.pids ?? []) expect(exists(pid)).toBe(false);
  bench = null;
  rmSync(directory, { recursive: true });
});

function start(limits?: Partial<InferLimits>, forkInfer?: ForkInfer) {
  bench = startInference(limits, forkInfer);
  return bench;
}

test('a model that does not reproduce its golden outputs is refused with the figures', async () => {
  const { inference } = start();
  const golden = [{ inputs: [1, 2, 3], outputs: [0.25, 0.75] }];
  await expect(inference.load(fixtureBundle('linear', { golden }))).rejects.toMatchObject({
    code: 'model-golden-mismatch',
    message: expect.stringMatching(
      /vector 0: output 0 is 0\.49\d+, expected 0\.25 .*1e-5|0\.00001/,
    ),
  });
  const prediction = await inference.predict({ ...ample, model: linear, input: row(1, 2, 3) });
  expect(reasonOf(prediction)).toBe('not-loaded');
});

test('a golden output that is not a number never passes', async () => {
  const { inference } = start();
  const golden = [{ inputs: [-2, 0, 0], outputs: [0.5, 0.5] }];
  await expect(inference.load(fixtureBundle('undefined', { golden }))).rejects.toMatchObject({
    code: 'model-golden-mismatch',
    message: expect.stringContaining('NaN'),
  });
});

test('a golden vector whose missing value the manifest does not encode is refused', async () => {
  const bundle = fixtureBundle('linear');
  const features = bundle.manifest.features.map((feature) => ({
    ...feature,
    missing: 'refuse' as const,
  }));
  const { inference } = start();
  const refusing = { ...bundle, manifest: { ...bundle.manifest, features } };
  await expect(inference.load(refusing)).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringContaining('lacks c'),
  });
});

test('a file that is not the one the bundle was verified with is refused', async () => {
  const { inference } = start();
  const bundle = fixtureBundle('linear', { modelPath: fixtureModel('hang'), hash: linear });
  await expect(inference.load(bundle)).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringContaining('the file has changed'),
  });
});

test('a missing file, and one that is no model, are refused', async () => {
  const { inference } = start();
  const gone = fixtureBundle('linear', { modelPath: join(directory, 'gone.onnx'), hash: linear });
  await expect(inference.load(gone)).rejects.toMatchObject({ code: 'model-unavailable' });
  const text = join(directory, 'text.onnx');
  writeFileSync(text, 'this is not a model');
  const bundle = fixtureBundle('linear', { modelPath: text, hash: hashOf(text) });
  await expect(inference.load(bundle)).rejects.toMatchObject({ code: 'model-invalid' });
});

test('an output the model does not have is refused with those it has', async () => {
  const { inference } = start();
  const bundle = fixtureBundle('linear', { output: 'probabilities' });
  await expect(inference.load(bundle)).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringContaining('has outputs p, but no probabilities'),
  });
});

test('a refused model keeps no other from being loaded beside it', async () => {
  const { inference } = start();
  const golden = [{ inputs: [0, 2, 3], outputs: [0, 1] }];
  const bad = inference.load(fixtureBundle('hang', { golden }));
  const good = inference.load(fixtureBundle('linear'));
  await expect(bad).rejects.toMatchObject({ code: 'model-golden-mismatch' });
  await good;
  const prediction = await inference.predict({ ...ample, model: linear, input: row(1, 2, 3) });
  expect(outputsOf(prediction)[1]).toBeCloseTo(expectedRow([1, 2, 3])[1], 5);
});

test('a model serves until as many released it as loaded it', async () => {
  const { inference } = start();
  await Promise.all([
    inference.load(fixtureBundle('linear')),
    inference.load(fixtureBundle('linear')),
  ]);
  const request = { ...ample, model: linear, input: row(1, 2, 3) };
  inference.release(linear);
  expect(reasonOf(await inference.predict(request))).toBe('scored');
  inference.release(linear);
  expect(reasonOf(await inference.predict(request))).toBe('not-loaded');
  await inference.load(fixtureBundle('linear'));
  expect(reasonOf(await inference.predict(request))).toBe('scored');
});

test('loading a model holds up no prediction of another, even when its load never ends', async () => {
  const { inference, next } = start({ loadMs: 1_500 });
  await inference.load(fixtureBundle('linear'));
  const endless = [{ inputs: [1000, 0, 0], outputs: expectedRow([1000, 0, 0]) }];
  const incident = next('model-incident');
  const load = inference.load(fixtureBundle('hang', { golden: endless }));
  const loadFailed = expect(load).rejects.toMatchObject({ code: 'model-unavailable' });
  let ended = false;
  void incident.then(() => {
    ended = true;
  });
  while (!ended) {
    const prediction = await inference.predict({ ...ample, model: linear, input: row(1, 2, 3) });
    expect(prediction).toMatchObject({ kind: 'scored' });
    await new Promise(setImmediate);
  }
  await loadFailed;
  expect(inference.incidents()).toMatchObject([{ inShared: 1, last: { cause: 'hang' } }]);
});

test('a model whose load never ends comes to a child of its own and is set aside at last', async () => {
  const { inference, of } = start({ loadMs: 300, sharedIncidents: 1, ownIncidents: 1 });
  const endless = [{ inputs: [1000, 0, 0], outputs: [0, 1] }];
  const bundle = fixtureBundle('hang', { golden: endless });
  for (const placement of ['own', 'set-aside']) {
    await expect(inference.load(bundle)).rejects.toMatchObject({ code: 'model-unavailable' });
    expect(inference.incidents()).toMatchObject([{ placement }]);
  }
  await expect(inference.load(bundle)).rejects.toMatchObject({
    message: expect.stringContaining('set aside'),
  });
  await inference.load(fixtureBundle('linear'));
  expect(of('model-set-aside')).toHaveLength(1);
});

test('a model whose file has gone is refused after a restart; the others serve on', async () => {
  const path = join(directory, 'linear.onnx');
  copyFileSync(fixtureModel('linear'), path);
  const { inference, next, sharedPid } = start();
  await inference.load(fixtureBundle('linear', { modelPath: path }));
  await inference.load(fixtureBundle('undefined'));
  rmSync(path);
  const refused = next('model-reload-failed');
  const back = next('inference-back');
  process.kill(sharedPid(), 'SIGKILL');
  await Promise.all([refused, back]);
  const lost = await inference.predict({ ...ample, model: linear, input: row(1, 2, 3) });
  expect(lost).toMatchObject({ reason: 'not-loaded', detail: expect.stringContaining('ENOENT') });
  const other = fixtureBundle('undefined').hash;
  const kept = await inference.predict({ ...ample, model: other, input: row(1, 2, 3) });
  expect(reasonOf(kept)).toBe('scored');
  copyFileSync(fixtureModel('linear'), path);
  await inference.load(fixtureBundle('linear', { modelPath: path }));
  const again = await inference.predict({ ...ample, model: linear, input: row(1, 2, 3) });
  expect(reasonOf(again)).toBe('scored');
});

test('where no child can be started, a load is refused rather than awaited for ever', async () => {
  const gone: ForkInfer = () => fork('/none.js', { execPath: join(directory, 'no-node') });
  const { inference } = start({ backoffCapMs: 50 }, gone);
  await expect(inference.load(fixtureBundle('linear'))).rejects.toMatchObject({
    code: 'model-unavailable',
    message: expect.stringContaining('ENOENT'),
  });
});

test('where the child dies before its first word, a load is refused with what it said', async () => {
  const script = join(directory, 'dies.cjs');
  writeFileSync(script, 'throw new Error("libonnxruntime.so.1: wrong ELF class")');
  const dies: ForkInfer = (_role, options) =>
    fork(script, { ...options, serialization: 'advanced' });
  const { inference } = start({ backoffCapMs: 50 }, dies);
  await expect(inference.load(fixtureBundle('linear'))).rejects.toMatchObject({
    code: 'model-unavailable',
    message: expect.stringContaining('exit code 1'),
  });
});

test('a child writes nothing to its stdout', async () => {
  let written = '';
  const { inference } = start({}, (role, options) => {
    const child = forkRole(role, options);
    child.stdout?.on('data', (chunk) => {
      written += String(chunk);
    });
    return child;
  });
  await inference.load(fixtureBundle('linear'));
  const golden = [{ inputs: [0, 2, 3], outputs: [0, 1] }];
  await expect(inference.load(fixtureBundle('hang', { golden }))).rejects.toThrow();
  await inference.predict({ ...ample, model: linear, input: row(1, 2, 3) });
  await inference.close();
  expect(written).toBe('');
});

test('closing settles what waits and what loads', async () => {
  const { inference } = start();
  await inference.load(fixtureBundle('hang'));
  const { hash } = fixtureBundle('hang');
  const running = inference.predict({ ...ample, model: hash, input: row(1000, 0, 0) });
  const waiting = inference.predict({ ...ample, model: hash, input: row(0, 0, 0) });
  const loading = expect(inference.load(fixtureBundle('linear'))).rejects.toMatchObject({
    code: 'model-unavailable',
  });
  await inference.close();
  expect([reasonOf(await running), reasonOf(await waiting)]).toEqual([
    'inference-lost',
    'inference-lost',
  ]);
  await loading;
  const after = await inference.predict({ ...ample, model: hash, input: row(0, 0, 0) });
  expect(reasonOf(after)).toBe('inference-lost');
  await expect(inference.load(fixtureBundle('linear'))).rejects.toMatchObject({
    code: 'model-unavailable',
  });
});
