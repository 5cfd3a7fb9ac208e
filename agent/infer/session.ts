/** One ONNX Runtime session in the child: verified before it is loaded, proven before it is used. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { PpuriError } from '../../config/errors.ts';
import { compareRows } from './golden.ts';
import type { LoadRequest } from './protocol.ts';

/** A model ready to score; `run` takes one row and gives the named output's row. */
export interface LoadedModel {
  run(input: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

/**
 * One thread, since two spin on a gateway that has other work; no arena, so that memory which one
 * odd input needed goes back to the system. The binding takes these switches as strings only.
 */
const options: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableCpuMemArena: false,
  enableMemPattern: false,
  logSeverityLevel: 4,
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
};

/**
 * Loads one model by its path and runs its golden vectors.
 * Throws `model-unavailable` (file not readable), `model-invalid` (not the expected file, not a
 * model, or without the named input and float output), `model-golden-mismatch`.
 */
export async function loadModel(request: LoadRequest): Promise<LoadedModel> {
  env.logLevel = 'fatal';
  const hash = hashFile(request);
  if (hash !== request.model) {
    throw invalid(request, `the file has changed: sha256 is ${hash}, expected ${request.model}`);
  }
  const session = await openSession(request);
  try {
    checkSignature(session, request);
    const model = wrap(session, request);
    await proveGolden(model, request);
    return model;
  } catch (error) {
    await session.release();
    throw error;
  }
}

function details(request: LoadRequest, hint: string, cause?: unknown) {
  return { operation: 'load model', subject: `${request.label} (${request.path})`, hint, cause };
}

function invalid(request: LoadRequest, message: string, cause?: unknown): PpuriError {
  const hint = 'run `ppuri model inspect` on the bundle, then add it again';
  return new PpuriError('model-invalid', message, details(request, hint, cause));
}

/** Piecewise, so that a large model does not sit in this process twice. */
function hashFile(request: LoadRequest): string {
  try {
    const file = openSync(request.path, 'r');
    try {
      return hashDescriptor(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const hint = 'check that the file exists and that the agent may read it';
    const text = `cannot read the model: ${messageOf(error)}`;
    throw new PpuriError('model-unavailable', text, details(request, hint, error));
  }
}

function hashDescriptor(file: number): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(256 * 1024);
  for (;;) {
    const count = readSync(file, chunk);
    if (count === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, count));
  }
}

/** By path: ONNX Runtime confines a model's external data only when it knows where the model is. */
async function openSession(request: LoadRequest): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(request.path, options);
  } catch (error) {
    throw invalid(request, `ONNX Runtime refuses the model: ${messageOf(error)}`, error);
  }
}

function checkSignature(session: InferenceSession, request: LoadRequest): void {
  const inputs = session.inputNames.join(', ');
  if (session.inputNames.length !== 1 || session.inputNames[0] !== request.input) {
    throw invalid(request, `the model's inputs are ${inputs}, the manifest says ${request.input}`);
  }
  const output = session.outputMetadata.find(({ name }) => name === request.output);
  if (output === undefined) {
    const outputs = session.outputNames.join(', ');
    throw invalid(request, `the model has outputs ${outputs}, but no ${request.output}`);
  }
  if (!output.isTensor) {
    throw invalid(request, `output ${request.output} is no tensor; export with zipmap=False`);
  }
  if (output.type !== 'float32' && output.type !== 'float64') {
    throw invalid(request, `output ${request.output} is ${output.type}, not float32 or float64`);
  }
}

/** Only the named output is fetched: fetching all of them fails on a ZipMap beside it. */
function wrap(session: InferenceSession, request: LoadRequest): LoadedModel {
  const row = new Float32Array(request.width);
  const feeds = { [request.input]: new Tensor('float32', row, [1, request.width]) };
  const fetches = [request.output];
  return {
    async run(input) {
      row.set(input);
      const data = (await session.run(feeds, fetches))[request.output]?.data;
      if (data instanceof Float32Array) return data;
      if (data instanceof Float64Array) return Float32Array.from(data);
      throw invalid(request, `output ${request.output} holds no floats`);
    },
    release: () => session.release(),
  };
}

async function proveGolden(model: LoadedModel, request: LoadRequest): Promise<void> {
  const { inputs, outputs, tolerance } = request.golden;
  for (const [index, input] of inputs.entries()) {
    const expected = outputs[index] ?? [];
    const got = await runGolden(model, input, request);
    const fault = compareRows(expected, got, tolerance);
    if (fault === null) continue;
    const hint = 'the model is not the one its bundle was made with; export and add it again';
    const text = `golden vector ${index}: ${fault}`;
    throw new PpuriError('model-golden-mismatch', text, details(request, hint));
  }
}

async function runGolden(model: LoadedModel, input: Float32Array, request: LoadRequest) {
  try {
    return await model.run(input);
  } catch (error) {
    throw invalid(request, `the model cannot run its golden vectors: ${messageOf(error)}`, error);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
