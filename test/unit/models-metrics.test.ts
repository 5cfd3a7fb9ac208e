import { expect, test } from 'vitest';
import {
  atThreshold,
  auc,
  averagePrecision,
  thresholdForFalseAlarms,
} from '../../models/metrics.ts';
import { randomFrom } from '../../models/train/random.ts';

/** Few distinct scores, so that there are many ties. */
function sample(seed: number) {
  const random = randomFrom(seed);
  const n = 2 + Math.floor(random() * 60);
  const levels = 2 + Math.floor(random() * 12);
  const scores = Array.from({ length: n }, () => Math.floor(random() * levels) / levels);
  const labels = scores.map((score) => (random() < 0.2 + 0.5 * score ? 1 : 0));
  return { scores, labels };
}

const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

function naiveAuc(scores: number[], labels: number[]): number | null {
  let wins = 0;
  let pairs = 0;
  for (const [i, a] of scores.entries())
    for (const [j, b] of scores.entries()) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      pairs += 1;
      wins += a > b ? 1 : a === b ? 0.5 : 0;
    }
  return pairs === 0 ? null : wins / pairs;
}

/** Step by step over every distinct score as threshold. */
function naiveAp(scores: number[], labels: number[]): number | null {
  let before = 0;
  let sum = 0;
  for (const threshold of [...new Set(scores)].sort((a, b) => b - a)) {
    const { recall, precision } = atThreshold(scores, labels, threshold);
    if (recall === null || precision === null) return null;
    sum += (recall - before) * precision;
    before = recall;
  }
  return sum;
}

test('AUC is the share of pairs in order, ties half', () => {
  for (const seed of seeds) {
    const { scores, labels } = sample(seed);
    const expected = naiveAuc(scores, labels);
    const got = auc(scores, labels);
    if (expected === null) expect(got).toBeNull();
    else expect(got).toBeCloseTo(expected, 12);
  }
});

test('average precision sums precision over steps of recall', () => {
  for (const seed of seeds) {
    const { scores, labels } = sample(seed);
    const expected = naiveAp(scores, labels);
    const got = averagePrecision(scores, labels);
    if (expected === null) expect(got).toBeNull();
    else expect(got).toBeCloseTo(expected, 12);
  }
});

test('the threshold for a false-alarm rate keeps it and gives away no recall', () => {
  for (const seed of seeds) {
    const { scores, labels } = sample(seed);
    const wanted = (seed % 10) / 10;
    const threshold = thresholdForFalseAlarms(scores, labels, wanted);
    if (threshold === null) {
      expect(labels).not.toContain(0);
      continue;
    }
    const chosen = atThreshold(scores, labels, threshold);
    expect(chosen.falseAlarmRate).toBeLessThanOrEqual(wanted);
    for (const other of new Set(scores)) {
      const rival = atThreshold(scores, labels, other);
      if ((rival.falseAlarmRate ?? 0) <= wanted)
        expect(rival.truePositives).toBeLessThanOrEqual(chosen.truePositives);
    }
  }
});

test('a measure that the data cannot give is null, not 0', () => {
  expect(auc([0.1, 0.9], [1, 1])).toBeNull();
  expect(averagePrecision([0.1, 0.9], [0, 0])).toBeNull();
  expect(atThreshold([0.1, 0.2], [0, 0], 0.5)).toMatchObject({
    recall: null,
    precision: null,
    falseAlarmRate: 0,
    accuracy: 1,
  });
});

test('a score equal to the threshold is a defect', () => {
  expect(atThreshold([0.5], [1], 0.5).recall).toBe(1);
});
