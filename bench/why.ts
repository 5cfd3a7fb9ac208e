/**
 * What an explanation takes through a real inference child, and what it costs the predictions of
 * another machine: those are timed in turns with explanations running beside them and without.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WhyQuestion } from '../agent/alerts/why.ts';
import { Explainer } from '../agent/explain.ts';
import { createInference } from '../agent/infer/pool.ts';
import { judgeModelOf } from '../agent/judge-model.ts';
import { forkRole } from '../agent/role.ts';
import { readBundle } from '../models/bundle.ts';
import { findBundle } from '../models/find-bundle.ts';
import type { Bundle } from '../models/manifest.ts';
import { type Bench, figure } from './figure.ts';
import { quantile, quantileFigures } from './quantiles.ts';
import { model } from './shop-words.ts';

const ownSeconds = 60;
const turnMs = 500;
/** Between two shots of the other machine, as from ten machines that are busy. */
const shotEveryMs = 3;
/** Values off normal in the shot that is explained: more than one fault moves, so the most rows. */
const offNormal = 8;

export const why: Bench = {
  name: 'why',
  title: 'the values that drove a defect, asked beside the verdicts of another machine',
  async run({ seconds, say }) {
    const bundle = await readBundle((await findBundle(model)).dir);
    say(`${bundle.manifest.name} ${bundle.manifest.version}, ${offNormal} values off normal`);
    const { explainedMs, rows, givenUp, besideMs, aloneMs } = await measure(
      bundle,
      seconds ?? ownSeconds,
    );
    const enough = explainedMs.length >= 1000;
    const added = quantile(besideMs, 0.99) - quantile(aloneMs, 0.99);
    return {
      figures: [
        figure('rows of one explanation', rows, ''),
        figure('explanations given up', givenUp, ''),
        ...quantileFigures('explanation', explainedMs, 'ms'),
        ...quantileFigures('prediction alone', aloneMs, 'ms'),
        ...quantileFigures('prediction beside explanations', besideMs, 'ms'),
        figure('added to a prediction by explanations, p99', added, 'ms'),
        figure(
          'explanation within its budget, p99',
          enough ? quantile(explainedMs, 0.99) : null,
          'ms',
          {
            budget: { most: 200 },
          },
        ),
      ],
      remarks: ['Explanations follow one another without a pause; in a plant they are rare.'],
    };
  },
};

async function measure(bundle: Bundle, seconds: number) {
  const inference = createInference({ fork: forkRole, onEvent: () => undefined });
  await inference.load(bundle);
  let rows = 0;
  let givenUp = 0;
  // A new one for each explanation: none is spared for what an earlier one met.
  const explainer = (): Explainer =>
    new Explainer({
      machine: 'bench-1',
      predict: (request) => {
        rows += 1;
        return inference.predict(request);
      },
      hardLimitMs: 5_000,
      onTrouble: () => {
        givenUp += 1;
      },
      clock: () => performance.now(),
    });
  const judge = judgeModelOf(bundle);
  const asked = question(bundle);
  const encoded = judge.encode(asked.values);
  if ('refused' in encoded) throw new Error('the model refuses its own medians');
  const request = { machine: 'bench-2', model: bundle.hash, deadlineMs: 1_000, hardLimitMs: 5_000 };
  const explainedMs: number[] = [];
  const times = { beside: [] as number[], alone: [] as number[] };
  const explainUntil = async (until: number): Promise<void> => {
    while (performance.now() < until) {
      const begun = performance.now();
      const drivers = await explainer().explain(asked, judge, 1);
      if (drivers !== null) explainedMs.push(performance.now() - begun);
    }
  };
  const predictUntil = async (until: number, into: number[]): Promise<void> => {
    while (performance.now() < until) {
      await sleep(shotEveryMs);
      const begun = performance.now();
      await inference.predict({ ...request, input: encoded.input });
      into.push(performance.now() - begun);
    }
  };
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await predictUntil(performance.now() + turnMs, times.alone);
    const until = performance.now() + turnMs;
    await Promise.all([explainUntil(until), predictUntil(until, times.beside)]);
  }
  await inference.close();
  const each = rows / explainedMs.length;
  return { explainedMs, rows: each, givenUp, besideMs: times.beside, aloneMs: times.alone };
}

/** A usual shot but for some values, each beyond its normal band. */
function question({ manifest }: Bundle): WhyQuestion {
  const normals = new Map(
    manifest.features.flatMap(({ from, normal }) =>
      normal === undefined
        ? []
        : [[from, { ...normal, sigma: (normal.high - normal.low) / 3.29 }] as const],
    ),
  );
  const values = [...normals].map(([feature, { median, high }], i): [string, number] => {
    return [feature, i < offNormal ? median + 2 * (high - median) : median];
  });
  return {
    alert: 'bench',
    mold: null,
    values: Object.fromEntries(values),
    normalOf: (feature) => normals.get(feature) ?? null,
  };
}
