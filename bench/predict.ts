/**
 * The agent's predict call against a bare ONNX Runtime run behind the same IPC, call by call in turn,
 * so that both meet the same machine: `node bench/predict.ts [MODEL INPUT OUTPUT WIDTH] [CALLS]`.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createInference } from '../agent/infer/pool.ts';
import { forkRole } from '../agent/role.ts';
import { type Bundle, goldenSchema, manifestSchema } from '../models/manifest.ts';

export interface PredictFigures {
  readonly calls: number;
  readonly bareMs: Quantiles;
  readonly predictMs: Quantiles;
  readonly ratio: Quantiles;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

interface ModelFile {
  readonly path: string;
  readonly input: string;
  readonly output: string;
  readonly width: number;
}

const warmUp = 500;

/** Starts both children, makes `calls` calls of each in turn, ends both. */
export async function measurePredict(model: ModelFile, calls: number): Promise<PredictFigures> {
  const bare = await startBare(model);
  const own = await startOwn(model);
  const input = new Float32Array(model.width).fill(1);
  const bareMs: number[] = [];
  const predictMs: number[] = [];
  for (let call = -warmUp; call < calls; call += 1) {
    const first = await timed(() => bare.run(input));
    const second = await timed(() => own.run(input));
    if (call < 0) continue;
    bareMs.push(first);
    predictMs.push(second);
  }
  bare.end();
  await own.end();
  return compare(bareMs, predictMs);
}

async function startBare({ path, input, output, width }: ModelFile) {
  const entry = fileURLToPath(new URL('./bare-infer.ts', import.meta.url));
  const child = fork(entry, [path, input, output, String(width)], { serialization: 'advanced' });
  await once(child, 'message');
  let answered: (value: unknown) => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;
  child.on('message', (message) => answered(message));
  child.once('exit', (code) => failed(new Error(`the bare child ended with exit code ${code}`)));
  let id = 0;
  return {
    run: (row: Float32Array) =>
      new Promise<unknown>((resolve, reject) => {
        answered = resolve;
        failed = reject;
        id += 1;
        child.send({ id, input: row });
      }),
    end: () => child.disconnect(),
  };
}

async function startOwn(model: ModelFile) {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const inference = createInference({ fork: forkRole, log: silent, onEvent: () => undefined });
  const golden = await goldenOf(model);
  const bundle = bundleOf(model, golden);
  await inference.load(bundle);
  const limits = { machine: 'bench', deadlineMs: 1_000, hardLimitMs: 5_000 };
  return {
    run: (input: Float32Array) => inference.predict({ ...limits, model: bundle.hash, input }),
    end: () => inference.close(),
  };
}

/** The model's own answer to a row of ones, as the bare child gives it. */
async function goldenOf(model: ModelFile): Promise<number[]> {
  const bare = await startBare(model);
  const answer = await bare.run(new Float32Array(model.width).fill(1));
  bare.end();
  if (typeof answer !== 'object' || answer === null || !('outputs' in answer)) return [];
  return answer.outputs instanceof Float32Array ? [...answer.outputs] : [];
}

function bundleOf({ path, input, output, width }: ModelFile, golden: number[]): Bundle {
  const names = Array.from({ length: width }, (_, index) => `f${index}`);
  return {
    dir: '',
    modelPath: path,
    hash: createHash('sha256').update(readFileSync(path)).digest('hex'),
    golden: goldenSchema.parse({ vectors: [{ inputs: names.map(() => 1), outputs: golden }] }),
    manifest: manifestSchema.parse({
      format: 1,
      name: 'bench',
      version: '1',
      task: 'binary',
      profile: 'none',
      input: { name: input },
      features: names.map((name) => ({ name, from: name })),
      output: { name: output, kind: 'probabilities' },
      threshold: 0.5,
    }),
  };
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await call();
  return performance.now() - begun;
}

function compare(bare: number[], own: number[]): PredictFigures {
  const bareMs = quantiles(bare);
  const predictMs = quantiles(own);
  const ratio = { p50: predictMs.p50 / bareMs.p50, p99: predictMs.p99 / bareMs.p99 };
  return { calls: own.length, bareMs, predictMs, ratio };
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const linear = fileURLToPath(new URL('../test/fixtures/models/linear.onnx', import.meta.url));
  const [path = linear, input = 'x', output = 'p', width = '3', calls = '20000'] =
    process.argv.slice(2);
  const model = { path, input, output, width: Number(width) };
  process.stdout.write(`${JSON.stringify(await measurePredict(model, Number(calls)))}\n`);
}
