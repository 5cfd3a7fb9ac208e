/**
 * The agent's predict call against a bare ONNX Runtime run behind the same IPC, call by call in turn,
 * so that both meet the same machine.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInference } from '../agent/infer/pool.ts';
import { forkRole } from '../agent/role.ts';
import { readBundle } from '../models/bundle.ts';
import { compileEncoder } from '../models/encode.ts';
import type { Bundle } from '../models/manifest.ts';
import { type Bench, figure } from './figure.ts';
import { quantile, quantileFigures } from './quantiles.ts';
import { model } from './shop-words.ts';

const ownSeconds = 20;
const warmUpCalls = 500;
const mostCalls = 40_000;

export const predict: Bench = {
  name: 'predict',
  title: 'a predict call against a bare ONNX Runtime run in a forked child',
  async run({ seconds, say }) {
    const dir = fileURLToPath(new URL(`../models/${model}`, import.meta.url));
    const bundle = await readBundle(dir);
    say(`${bundle.manifest.name} ${bundle.manifest.version}, calls in turn`);
    const { bareMs, ownMs } = await measure(bundle, seconds ?? ownSeconds);
    const ratio = (share: number): number => quantile(ownMs, share) / quantile(bareMs, share);
    const enough = ownMs.length >= 1000;
    return {
      figures: [
        ...quantileFigures('bare run', bareMs, 'ms'),
        ...quantileFigures('predict', ownMs, 'ms'),
        figure('predict against bare, p50', ratio(0.5), '×', { budget: { most: 1.3 } }),
        figure('predict against bare, p99', enough ? ratio(0.99) : null, '×'),
      ],
      remarks: ['Both children: one thread, structured-clone IPC, one call outstanding.'],
    };
  },
};

/** Starts both children, calls each in turn, ends both. */
async function measure(bundle: Bundle, seconds: number) {
  const bare = await startBare(bundle);
  const own = await startOwn(bundle);
  const input = medianInput(bundle);
  const bareMs: number[] = [];
  const ownMs: number[] = [];
  try {
    const call = async (): Promise<readonly [number, number]> => [
      await timed(() => bare.run(input)),
      await timed(() => own.run(input)),
    ];
    for (let i = 0; i < warmUpCalls; i += 1) await call();
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until && ownMs.length < mostCalls) {
      const [first, second] = await call();
      bareMs.push(first);
      ownMs.push(second);
    }
    return { bareMs, ownMs };
  } finally {
    bare.end();
    await own.end();
  }
}

async function startBare({ modelPath, manifest }: Bundle) {
  const entry = fileURLToPath(new URL('./bare-infer.ts', import.meta.url));
  const width = String(manifest.features.length);
  const args = [modelPath, manifest.input.name, manifest.output.name, width];
  const child = fork(entry, args, { serialization: 'advanced' });
  await once(child, 'message');
  let answered: (value: unknown) => void = () => undefined;
  child.on('message', (message) => answered(message));
  let id = 0;
  return {
    run: (row: Float32Array) =>
      new Promise<unknown>((resolve) => {
        answered = resolve;
        id += 1;
        child.send({ id, input: row });
      }),
    end: () => child.disconnect(),
  };
}

async function startOwn(bundle: Bundle) {
  const inference = createInference({ fork: forkRole, onEvent: () => undefined });
  await inference.load(bundle);
  const limits = { machine: 'bench', deadlineMs: 1_000, hardLimitMs: 5_000 };
  return {
    run: async (input: Float32Array) => {
      const answer = await inference.predict({ ...limits, model: bundle.hash, input });
      if (answer.kind !== 'scored') throw new Error(`not scored: ${answer.detail}`);
    },
    end: () => inference.close(),
  };
}

/** A usual shot: each feature at the middle of its training. */
function medianInput({ manifest }: Bundle): Float32Array {
  const values = Object.fromEntries(
    manifest.features.map(({ from, normal }) => [from, normal?.median ?? 0]),
  );
  const encoded = compileEncoder(manifest).encode(values);
  if ('refused' in encoded) throw new Error('the model refuses its own medians');
  return encoded.input;
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await call();
  return performance.now() - begun;
}
