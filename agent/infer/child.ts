/** The inference child: answers load and run requests of its parent, and ends when the parent does. */
import { PpuriError } from '../../config/errors.ts';
import type {
  Answer,
  FromChild,
  LoadRequest,
  RehearseRequest,
  RunRequest,
  ToChild,
} from './protocol.ts';
import type { LoadedModel } from './session.ts';

type Sessions = typeof import('./session.ts');

/**
 * Serves until the parent disconnects. Never writes to stdout. `begun` is called when it is asked
 * for an answer first: until then it loads, beside the child it is to follow.
 */
export async function runInferChild(begun: () => void): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  // A signal to the whole process group is the parent's to act on: it ends this child in order.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ignore);
  const sessions = await loadRuntime();
  if (sessions === null) return;
  const models = new Map<string, LoadedModel>();
  let asked = false;
  process.on('message', (message: ToChild) => {
    if (!asked && message.op === 'run') {
      asked = true;
      begun();
    }
    void serve(message, models, sessions);
  });
  say({ op: 'ready' });
}

function ignore(): undefined {
  return undefined;
}

function say(message: FromChild): void {
  process.send?.(message);
}

async function loadRuntime(): Promise<Sessions | null> {
  try {
    return await import('./session.ts');
  } catch (error) {
    say({ op: 'broken', text: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

async function serve(
  message: ToChild,
  models: Map<string, LoadedModel>,
  sessions: Sessions,
): Promise<void> {
  switch (message.op) {
    case 'run':
      return say(await run(message, models, sessions));
    case 'rehearse':
      return rehearse(message, models);
    case 'ping':
      return say({ op: 'here', id: message.id });
    case 'load':
      return say(await load(message, models, sessions));
    case 'release':
      await models.get(message.model)?.release();
      models.delete(message.model);
  }
}

async function run(
  request: RunRequest,
  models: ReadonlyMap<string, LoadedModel>,
  { messageOf }: Sessions,
): Promise<Answer> {
  const { id } = request;
  try {
    const model = models.get(request.model);
    if (model === undefined)
      return { op: 'failed', id, text: 'the child does not hold this model' };
    return { op: 'done', id, outputs: await model.run(request.input) };
  } catch (error) {
    return { op: 'failed', id, text: messageOf(error) };
  }
}

/** Whatever is wrong with the model, the run that follows says so. */
async function rehearse(
  request: RehearseRequest,
  models: ReadonlyMap<string, LoadedModel>,
): Promise<void> {
  await models.get(request.model)?.run(request.input).catch(ignore);
}

async function load(
  request: LoadRequest,
  models: Map<string, LoadedModel>,
  { loadModel, messageOf }: Sessions,
): Promise<Answer> {
  const { id } = request;
  try {
    const model = await loadModel(request);
    models.set(request.model, model);
    return { op: 'loaded', id, runMs: await quickestRun(model, request) };
  } catch (error) {
    if (!(error instanceof PpuriError)) {
      return { op: 'refused', id, code: 'internal', text: messageOf(error), hint: '' };
    }
    return { op: 'refused', id, code: error.code, text: error.message, hint: error.hint };
  }
}

const timedRuns = 5;
/** A slow model has shown by then that it is. */
const timedMs = 100;

/** The quickest of a few: what else this computer does only ever adds. */
async function quickestRun(model: LoadedModel, { golden }: LoadRequest): Promise<number> {
  const [input] = golden.inputs;
  if (input === undefined) return 0;
  const begun = performance.now();
  let quickest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < timedRuns && performance.now() - begun < timedMs; run += 1) {
    const before = performance.now();
    await model.run(input);
    quickest = Math.min(quickest, performance.now() - before);
  }
  return quickest;
}
