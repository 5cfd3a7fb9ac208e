/** The parent's side of a training: starts the child, hears of its progress, ends it on Ctrl-C. */
import { type ErrorCode, errorTable, PpuriError } from '../config/errors.ts';
import type { ForkRole } from './role.ts';
import type { FromTrainer, TrainProgress, TrainRequest } from './train-protocol.ts';

export type TrainedParts = Extract<FromTrainer, { readonly type: 'trained' }>;

export interface TrainerOptions {
  readonly fork: ForkRole;
  readonly onProgress: (progress: TrainProgress) => void;
  /** When it settles the child is ended; nothing has been written then. */
  readonly interrupted: Promise<unknown>;
}

/** Null when interrupted. Rejects with what the child could not do, or with how it ended. */
export function runTrainer(
  request: TrainRequest,
  { fork, onProgress, interrupted }: TrainerOptions,
): Promise<TrainedParts | null> {
  const child = fork('train');
  const done = Promise.withResolvers<TrainedParts | null>();
  child.on('message', (message: FromTrainer) => {
    if (message.type === 'progress') onProgress(message.progress);
    else if (message.type === 'trained') done.resolve(message);
    else done.reject(errorOf(message.failure));
  });
  child.once('error', done.reject);
  child.once('exit', (code, signal) => done.reject(ended(code, signal)));
  void interrupted.then(() => done.resolve(null));
  child.send({ type: 'train', request });
  // It computes without a pause, so only the system can end it; it holds nothing to lose.
  return done.promise.finally(() => child.kill('SIGKILL'));
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

function errorOf(failure: Extract<FromTrainer, { readonly type: 'failed' }>['failure']) {
  const { code, message, operation, subject, hint } = failure;
  return new PpuriError(isCode(code) ? code : 'internal', message, { operation, subject, hint });
}

function ended(code: number | null, signal: NodeJS.Signals | null): PpuriError {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return new PpuriError('internal', `the training process ended ${how}`, {
    operation: 'train a model',
    subject: 'trainer',
    hint: 'it may have run out of memory: train on fewer rows, or on a larger computer',
  });
}
