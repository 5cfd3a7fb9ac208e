import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Inference, Prediction } from '../../agent/infer/pool.ts';
import { expectedRow, fixtureBundle, row } from '../fixtures/models/bundles.ts';
import { type Bench, exists, outputsOf, startInference } from '../fixtures/models/inference.ts';

const kills = 40;
const seed = Number(process.env.PPURI_SEED ?? Date.now() % 100_000);

function createRandom(start: number): () => number {
  let state = start;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

interface Shot {
  readonly inputs: readonly number[];
  readonly prediction: Prediction;
}

/** Shoots until told to stop, every shot with values of its own; one shot never waits for another. */
async function runMachine(inference: Inference, model: string, shots: Shot[], stop: AbortSignal) {
  const random = createRandom(Number.parseInt(model.slice(0, 6), 16));
  const settling: Promise<void>[] = [];
  while (!stop.aborted) {
    const inputs = [-random(), random(), -random()];
    const request = { machine: `with ${model}`, model, input: row(...inputs) };
    const prediction = inference.predict({ ...request, deadlineMs: 100, hardLimitMs: 5_000 });
    settling.push(prediction.then((settled) => void shots.push({ inputs, prediction: settled })));
    await pause(5 + random() * 15);
  }
  await Promise.all(settling);
}

function killOne({ inference }: Bench, random: () => number): void {
  const pids = inference.status().children.flatMap(({ pid }) => (pid === null ? [] : [pid]));
  const victim = pids[Math.floor(random() * pids.length)];
  if (victim !== undefined && exists(victim)) process.kill(victim, 'SIGKILL');
}

/** Returns once something has been scored since the call. */
async function recovery(shots: readonly Shot[]): Promise<void> {
  const from = shots.length;
  while (!shots.slice(from).some(({ prediction }) => prediction.kind === 'scored')) await pause(5);
}

test(`seed ${seed}: ${kills} kills at random: all settles, scoring comes back, nothing is wrong`, async () => {
  const random = createRandom(seed);
  const bench = startInference();
  const { inference } = bench;
  const bundles = [fixtureBundle('linear'), fixtureBundle('undefined'), fixtureBundle('hang')];
  await Promise.all(bundles.map((bundle) => inference.load(bundle)));
  const shots: Shot[] = [];
  const stop = new AbortController();
  const machines = bundles.map(({ hash }) => runMachine(inference, hash, shots, stop.signal));
  for (let kill = 0; kill < kills; kill += 1) {
    killOne(bench, random);
    // Some kills find the next child still starting or loading.
    if (random() < 0.7) await recovery(shots);
    await pause(random() * 300);
  }
  await recovery(shots);
  stop.abort();
  await Promise.all(machines);
  for (const { inputs, prediction } of shots) {
    if (prediction.kind === 'unscored') expect(lossReasons).toContain(prediction.reason);
    else expect(outputsOf(prediction)[1]).toBeCloseTo(expectedRow(inputs)[1], 5);
  }
  expect(inference.incidents()).toEqual([]);
  await inference.close();
  for (const pid of bench.pids) expect(exists(pid)).toBe(false);
});

const lossReasons = ['inference-lost', 'inference-restarting', 'deadline-missed'];

test('a spare that was killed together with the working child is not told to be back', async () => {
  const { inference, events, next } = startInference();
  const bundle = fixtureBundle('linear');
  await inference.load(bundle);
  const pids = () => inference.status().children.flatMap(({ pid }) => pid ?? []);
  const isSpare = ({ state }: { readonly state: string }): boolean => state === 'spare';
  const back = next('inference-back');
  process.kill(pids()[0] ?? 0, 'SIGKILL');
  await back;
  while (!inference.status().children.some(isSpare)) await pause(5);
  const before = events.length;
  const again = next('inference-back');
  const both = pids();
  for (const pid of both) process.kill(pid, 'SIGKILL');
  await again;
  const told = events.slice(before);
  const kinds = ['inference-lost', 'inference-lost', 'inference-back'];
  expect(told.map(({ kind }) => kind)).toEqual(kinds);
  for (const pid of both)
    expect(told.filter(({ text }) => text.includes(`process ${pid}`))).toHaveLength(1);
  const request = { machine: 'm', model: bundle.hash, input: row(-1, 1, -1) };
  const prediction = await inference.predict({ ...request, deadlineMs: 1000, hardLimitMs: 5000 });
  expect(prediction.kind).toBe('scored');
  await inference.close();
});

test('a child ends by itself when its parent is killed', async () => {
  const script = fileURLToPath(new URL('../fixtures/models/parent.ts', import.meta.url));
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(parent.stdout), 'line');
  const child = Number(line);
  expect(exists(child)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  while (exists(child)) await pause(10);
});
