import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { admitModel } from '../../models/admit.ts';
import { checkReference, crossCheck } from '../../models/bundle-check.ts';
import { shareOf } from '../../models/share.ts';
import { candidatesFor } from '../../models/train/candidates.ts';
import { modelCard } from '../../models/train/card.ts';
import { evidenceOf, unfitReason } from '../../models/train/evidence.ts';
import { randomFrom } from '../../models/train/random.ts';
import { reportOn } from '../../models/train/report.ts';
import { type TrainSpec, trainBundle } from '../../models/train/train-bundle.ts';
import { goodAndDefect, type TrainingSet } from '../../models/train/training-set.ts';

/** Good shots on a line with two features that go together; `defects` of them break that. */
function line(rows: number, defects: number): TrainingSet {
  const random = randomFrom(9);
  const labels = Uint8Array.from({ length: rows }, (_, row) =>
    row % Math.floor(rows / defects) === 3 ? 1 : 0,
  );
  const first = Float32Array.from(labels, () => 100 + 10 * random());
  const second = Float32Array.from(labels, (label, row) =>
    random() < 0.02
      ? Number.NaN
      : (first[row] ?? 0) * (label === 1 ? 0.92 + 0.08 * random() : 1) + random(),
  );
  return {
    features: ['speed', 'pressure'].map((name) => ({ name, from: name, unit: '' })),
    ...{ columns: [first, second], labels, classCount: 2, classes: goodAndDefect },
    ...{ times: Float64Array.from(labels.keys()), groups: null, left: {}, molds: null },
  };
}

const spec: TrainSpec = {
  ...{ name: 'pressure', version: '1.0.0', profile: 'none', source: 'test' },
  ...{ falseAlarmRate: 0.02, testShare: 0.2, seed: 1, forced: new Set<string>() },
};

test('with next to no defects it tells how unlike good shots a shot is, and what it does not know', async () => {
  const data = line(1000, 5);
  const trained = await trainBundle(data, spec);
  const report = reportOn(trained, spec);
  expect(report).toMatchObject({ learner: 'one-class', fit: true, validation: null });
  expect(trained.test?.falseAlarms.value).toBeLessThan(0.06);
  const { manifest, model, golden, reference } = trained.parts;
  expect(crossCheck(manifest, golden, admitModel(model, 'model.onnx'))).toEqual([]);
  expect(reference && checkReference(manifest, reference)).toEqual([]);
  expect(modelCard(report)).toContain('How many defects it finds is not known');
  const novelty = reference?.novelty;
  if (novelty === undefined) throw new Error('no novelty');
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  const input = Float32Array.from([100, 100.5, 105, Number.NaN, 105, 90]);
  const feeds = { features: new Tensor('float32', input, [3, 2]) };
  const distances = (await session.run(feeds, ['distance'])).distance?.data as Float32Array;
  await session.release();
  expect(distances[2]).toBeGreaterThan(manifest.threshold);
  expect(distances[0]).toBeLessThan(manifest.threshold);
  expect(golden.vectors.every(({ outputs }) => outputs.length === 1)).toBe(true);
});

test('what it learned is judged on later shots, and threshold and chances agree with them', async () => {
  const data = line(1200, 240);
  const candidates = candidatesFor({ ...data, labels: data.labels }, true).filter(({ name }) =>
    ['boosted-4', 'extra-trees-coarse', 'logistic-bent'].includes(name),
  );
  const trained = await trainBundle(data, { ...spec, candidates });
  expect(trained.unfit).toBeNull();
  expect(trained.plan.test?.labels).toHaveLength(240);
  expect(trained.test?.auc.low).toBeGreaterThan(0.9);
  expect(trained.validation?.falseAlarms.value).toBeLessThanOrEqual(0.02);
  // Calibrated: what was said to be likely was so.
  const held = trained.learned?.held ?? [];
  const said = held.flatMap(({ scores }) => Array.from(scores[0] ?? []));
  const was = held.flatMap(({ labels }) => Array.from(labels));
  const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
  expect(mean(said)).toBeCloseTo(mean(was), 2);
  const again = await trainBundle(data, { ...spec, candidates });
  expect(Buffer.from(again.parts.model).equals(Buffer.from(trained.parts.model))).toBe(true);
});

test.each([
  [0.5, 'near chance'],
  [0.62, 'hardly better than chance'],
  [0.95, null],
])('an AUC near %f is judged by its interval: %s', (wanted, words) => {
  const random = randomFrom(2);
  const labels = Uint8Array.from({ length: 600 }, (_, row) => (row % 6 === 0 ? 1 : 0));
  // Two normals whose distance gives the wanted AUC.
  const distance = { 0.5: 0, 0.62: 0.43, 0.95: 2.33 }[wanted] ?? 0;
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const scores = Float64Array.from(labels, (label) => normal() + (label === 1 ? distance : 0));
  const unfit = unfitReason(evidenceOf('later', [{ scores, labels }], 0, 1));
  if (words === null) expect(unfit).toBeNull();
  else expect(unfit?.en).toContain(words);
});

test('without a defect to measure on, nothing is claimed', () => {
  const evidence = evidenceOf(
    'later',
    [{ scores: Float64Array.of(0.1, 0.2), labels: Uint8Array.of(0, 0) }],
    0.5,
    1,
  );
  expect(evidence.auc).toEqual({ value: null, low: null, high: null });
  expect(evidence.recall).toEqual(shareOf(0, 0));
  expect(unfitReason(evidence)?.en).toContain('nothing says whether a model is right');
});
