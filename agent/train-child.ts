/**
 * Role `train`: learning in a process of its own, behind everything else on the gateway. It writes
 * nothing; whoever asked gets the bundle's parts.
 */
import { constants, setPriority } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { PpuriError } from '../config/errors.ts';
import { modelCard } from '../models/train/card.ts';
import { manifestFacts, reportOn } from '../models/train/report.ts';
import { type TrainSpec, trainBundle } from '../models/train/train-bundle.ts';
import { readCsv, readStore } from './train-data.ts';
import type {
  FromTrainer,
  ToTrainer,
  TrainFailure,
  TrainProgress,
  TrainRequest,
} from './train-protocol.ts';

/** Trains once, and ends when that is told or the parent is gone. */
export function runTrainChild(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToTrainer) => void work(message.request));
}

async function work(request: TrainRequest): Promise<void> {
  try {
    send(await train(request));
  } catch (thrown) {
    send({ type: 'failed', failure: failureOf(thrown) });
  }
}

async function train(request: TrainRequest): Promise<FromTrainer> {
  const { source } = request;
  await tell({ stage: 'reading', candidate: '', done: 0 });
  const { data, profile, notes } =
    source.kind === 'csv' ? await readCsv(source) : await readStore(source);
  const spec: TrainSpec = {
    ...request,
    profile,
    source: source.kind === 'csv' ? source.path : `store ${source.dir}, ${source.machine}`,
    forced: new Set((source.kind === 'csv' ? source.columns.features : source.features) ?? []),
    onProgress: tell,
  };
  const trained = await trainBundle(data, spec);
  await tell({ stage: 'measuring', candidate: '', done: 1 });
  const report = reportOn(trained, spec);
  const facts = manifestFacts(report, trained.plan.train);
  const { parts } = trained;
  return {
    type: 'trained',
    parts: {
      ...parts,
      manifest: { ...parts.manifest, ...facts },
      card: modelCard(report),
    },
    report,
    notes,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Gives the process a turn, so that it notices when its parent is gone. */
async function tell(progress: TrainProgress): Promise<void> {
  send({ type: 'progress', progress });
  await turn();
}

function failureOf(thrown: unknown): TrainFailure {
  if (thrown instanceof PpuriError) {
    const { code, message, operation, subject, hint } = thrown;
    return { code, message, operation, subject, hint };
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { code: 'internal', message, operation: 'train a model', subject: 'trainer', hint: '' };
}

function send(message: FromTrainer): void {
  // Without a parent there is nobody to tell; `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
