/** `reference.json` of a trained model: how its features and scores were spread. */
import type { Histogram, Reference } from '../reference.ts';
import { fitDistance } from './distance.ts';
import { shortest } from './golden.ts';
import { quantiles } from './inputs.ts';
import { defectLabels, type TrainingSet } from './training-set.ts';

const bins = 10;

/** `heldScores`: of rows that the model did not learn from, since those of learned rows flatter. */
export function referenceOf(data: TrainingSet, heldScores: Float64Array): Reference {
  const defects = defectLabels(data);
  const novelty = fitDistance(data.columns, (row) => defects[row] === 0);
  return {
    shots: data.labels.length,
    features: Object.fromEntries(
      data.features.map(({ from }, at) => [from, histogramOf(data.columns[at] ?? [])]),
    ),
    scores: histogramOf(heldScores),
    ...(novelty && { novelty }),
  };
}

/** Ten bins of equal share where the values allow. */
function histogramOf(values: ArrayLike<number>): Histogram {
  const column = Float32Array.from(values);
  const present = column.filter((value) => !Number.isNaN(value)).sort();
  const shares = Array.from({ length: bins - 1 }, (_, at) => (at + 1) / bins);
  const cuts = quantiles(present, shares).map((one) => shortest(one));
  const lowest = present[0] ?? 0;
  // A value equal to an edge lies above it: an edge at the lowest value would leave an empty bin.
  const edges = [...new Set(cuts)].filter((edge) => edge > lowest);
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of present) {
    const bin = edges.filter((edge) => value >= edge).length;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const whole = Math.max(1, present.length);
  const missing = 1 - present.length / Math.max(1, column.length);
  // Without any value the shares must still sum to 1.
  if (present.length === 0) return { edges: [], shares: [1], missing: 1 };
  return { edges, shares: counts.map((count) => count / whole), missing };
}
