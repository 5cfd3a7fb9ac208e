import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import { admitModel } from '../../models/admit.ts';
import { measure } from '../../models/metrics.ts';
import { parseTable } from '../../models/table.ts';
import { binValues, fitThresholds, missingBin } from '../../models/train/bins.ts';
import { type BoostedModel, boost, predict } from '../../models/train/boost.ts';
import { blank, type Dataset, datasetFromTable, slice } from '../../models/train/dataset.ts';
import { exportOnnx } from '../../models/train/export.ts';
import { fitBundle } from '../../models/train/fit.ts';
import { randomFrom } from '../../models/train/random.ts';

/** A defect when the biscuit is thin or the melt cold, 2 % noise; three features, some gaps. */
function line(rows: number, seed: number, gaps = 0.05): Dataset {
  const random = randomFrom(seed);
  const columns = [0, 1, 2].map(() => new Float32Array(rows));
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const [biscuit, melt, oil] = [20 + 10 * random(), 640 + 50 * random(), 45 + random()];
    const bad = biscuit < 21 || melt < 643 ? random() < 0.98 : random() < 0.02;
    labels[row] = bad ? 1 : 0;
    for (const [index, value] of [biscuit, melt, oil].entries()) {
      const column = columns[index];
      if (column !== undefined) column[row] = random() < gaps ? Number.NaN : value;
    }
  }
  const features = ['biscuit', 'melt', 'oil'];
  return { features, columns, labels, times: Float64Array.from(labels.keys()), left: {} };
}

const spec = {
  name: 'thin-biscuit',
  version: '1.0.0',
  profile: 'die-casting-cold-chamber',
  classes: [],
  units: { biscuit: 'mm' },
  source: 'test',
  boost: { maxTrees: 60 },
};

async function runOnnx(boosted: BoostedModel, columns: readonly Float32Array[]) {
  const rows = columns[0]?.length ?? 0;
  const input = new Float32Array(rows * columns.length);
  for (const [feature, column] of columns.entries())
    for (const [row, value] of column.entries()) input[row * columns.length + feature] = value;
  const session = await InferenceSession.create(exportOnnx(boosted), { intraOpNumThreads: 1 });
  const feeds = { features: new Tensor('float32', input, [rows, columns.length]) };
  const output = (await session.run(feeds, ['probabilities'])).probabilities?.data;
  await session.release();
  if (!(output instanceof Float32Array)) throw new TypeError('no floats');
  return output;
}

/** Every threshold itself, its float32 neighbours, missing, and numbers beyond all bins. */
function edgeRows(boosted: BoostedModel): Float32Array[] {
  const edges = new Set<number>([Number.NaN, -1e30, 1e30, 3.4e38, 0]);
  for (const node of boosted.trees.flat()) {
    if (node.kind !== 'branch') continue;
    const around = Math.abs(node.threshold) * 2 ** -23;
    for (const value of [node.threshold, node.threshold + around, node.threshold - around])
      edges.add(Math.fround(value));
  }
  const values = [...edges].filter((value) => Number.isNaN(value) || Number.isFinite(value));
  const columns = Array.from({ length: boosted.featureCount }, (_, feature) =>
    Float32Array.from(values, (_value, row) => values[(row * (feature + 1)) % values.length] ?? 0),
  );
  return columns;
}

test('the exported model gives the learner’s own probabilities, at every edge too', async () => {
  const data = line(4000, 1);
  const boosted = boost(data, null, { maxTrees: 40 });
  for (const columns of [data.columns, edgeRows(boosted)]) {
    const ours = predict(boosted, columns);
    const theirs = await runOnnx(boosted, columns);
    for (const [row, probability] of ours.entries()) {
      expect(Math.abs((theirs[row * 2 + 1] ?? 0) - probability)).toBeLessThanOrEqual(1e-5);
    }
  }
});

test('finds two causes through gaps, and measures them on rows it has not seen', () => {
  const { separate, boosted, parts } = fitBundle(line(6000, 2), line(3000, 3), spec);
  expect(separate.auc).toBeGreaterThan(0.9);
  expect(separate.recall).toBeGreaterThan(0.7);
  expect(separate.falseAlarmRate).toBeLessThan(0.04);
  expect(boosted.trees.length).toBeGreaterThan(5);
  const admission = admitModel(parts.model, 'fresh.onnx');
  expect(admission.scores).toMatchObject({ kind: 'probabilities', classes: 2 });
  expect(admission.classLabels).toEqual([0, 1]);
});

test('says of each feature how it lay, and refuses one whose absence was never learned', () => {
  const whole = line(6000, 4, 0);
  const gappy = blank(whole, new Set(['biscuit']), 0.1, 7);
  const { manifest, golden } = fitBundle(gappy, line(3000, 5, 0), spec).parts;
  const [biscuit, melt] = manifest.features;
  expect(biscuit).toMatchObject({ missing: 'nan', unit: 'mm' });
  expect(melt).toMatchObject({ missing: 'refuse' });
  expect(melt?.range?.[0]).toBeCloseTo(640, 0);
  expect(melt?.normal?.median).toBeCloseTo(666, -1);
  expect(golden.vectors).toHaveLength(24);
  expect(golden.vectors.filter(({ inputs }) => inputs[0] === null).length).toBeGreaterThan(7);
});

test('the same rows give the same bytes', () => {
  const [one, two] = [1, 2].map(() => fitBundle(line(2000, 6), line(1000, 7), spec).parts);
  expect(one?.model).toEqual(two?.model);
  expect(one?.manifest).toEqual(two?.manifest);
  expect(one?.golden).toEqual(two?.golden);
});

test('rows that cannot teach anything are refused', () => {
  const data = line(2000, 8);
  const good = { ...data, labels: new Uint8Array(2000) };
  expect(() => fitBundle(good, data, spec)).toThrow(PpuriError);
  const random = randomFrom(9);
  const noise = { ...data, labels: data.labels.map(() => (random() < 0.5 ? 1 : 0)) };
  const columns = noise.columns.map((column) => column.map(() => 1));
  expect(() => fitBundle({ ...noise, columns }, data, spec)).toThrow(/nothing in these features/);
});

test('a bin holds what its threshold says, and missing has its own', () => {
  const random = randomFrom(10);
  const values = Float32Array.from({ length: 5000 }, () => random() * 100 - 50);
  values[17] = Number.NaN;
  const thresholds = fitThresholds(values);
  expect(thresholds.length).toBeLessThanOrEqual(254);
  const bins = binValues(values, thresholds);
  for (const [row, value] of values.entries()) {
    const bin = bins[row] ?? -1;
    if (Number.isNaN(value)) expect(bin).toBe(missingBin);
    else {
      expect(value).toBeLessThanOrEqual(thresholds[bin] ?? Number.POSITIVE_INFINITY);
      expect(value).toBeGreaterThan(thresholds[bin - 1] ?? Number.NEGATIVE_INFINITY);
    }
  }
});

test('trees use missing values where these tell something', () => {
  const data = line(3000, 11, 0);
  const random = randomFrom(12);
  const labels = data.labels.map(() => (random() < 0.3 ? 1 : 0));
  const told = Float32Array.from(labels, (label) => (label === 1 ? Number.NaN : 5));
  const boosted = boost({ columns: [told], labels }, null, { maxTrees: 40 });
  const scores = predict(boosted, [told]);
  expect(measure(scores, labels, 0.5)).toMatchObject({ auc: 1, recall: 1, falseAlarmRate: 0 });
});

test('a data set keeps time order and counts what it leaves out', () => {
  const text = [
    'time,f,passorfail,suppressed',
    '2026-01-02T00:00:00,2,1,',
    '2026-01-01T00:00:00,1,0,',
    '2026-01-03T00:00:00,3,0,try-shot',
    '2026-01-04T00:00:00,,,',
  ].join('\n');
  const data = datasetFromTable(parseTable(text, 'a.csv'), {
    features: { f: 'f' },
    label: 'passorfail',
    time: 'time',
    suppressed: 'suppressed',
  });
  expect([...(data.columns[0] ?? [])]).toEqual([1, 2]);
  expect([...data.labels]).toEqual([0, 1]);
  expect(data.left).toEqual({ 'try-shot': 1, 'no label': 1 });
  expect([...slice(data, 1, 2).labels]).toEqual([1]);
});

test('a label or time that is none names its line', () => {
  const bad = (row: string) => () =>
    datasetFromTable(parseTable(`time,f,y\n${row}\n`, 'a.csv'), {
      features: { f: 'f' },
      label: 'y',
      time: 'time',
    });
  expect(bad('2026-01-01,1,2')).toThrow(/line 2, column y: "2" is no label/);
  expect(bad('yesterday,1,1')).toThrow(/line 2, column time: "yesterday" is no time/);
});
