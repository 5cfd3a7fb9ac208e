/** Both periods of an effect report at once: long ones in two processes, as gateways have two cores. */
import { type ErrorCode, errorTable, PpuriError } from '../config/errors.ts';
import { type CountRequest, countPeriod, type PeriodCounts } from './report/count-period.ts';
import type { ForkRole } from './role.ts';

export interface CountFailure {
  readonly code: string;
  readonly message: string;
  readonly operation: string;
  readonly subject: string;
  readonly hint: string;
}

export type FromCounter = { readonly counts: PeriodCounts } | { readonly failure: CountFailure };

/** Days of both periods, below which a second process costs more than it saves. */
const manyDays = 60;

/** Rejects with `store-*`, or with how the other process ended. */
export async function countBoth(
  before: CountRequest,
  after: CountRequest,
  fork: ForkRole,
): Promise<{ readonly before: PeriodCounts; readonly after: PeriodCounts }> {
  if (before.days.length + after.days.length < manyDays)
    return { before: countPeriod(before), after: countPeriod(after) };
  const child = fork('count');
  const done = Promise.withResolvers<PeriodCounts>();
  // Rejections are told below, once this process is through with its own part.
  done.promise.catch(() => undefined);
  child.on('message', (message: FromCounter) => {
    if ('counts' in message) done.resolve(message.counts);
    else done.reject(errorOf(message.failure));
  });
  child.once('error', done.reject);
  child.once('exit', (code, signal) => done.reject(ended(code, signal)));
  try {
    // On its way before this process counts, which takes no turn until it is done.
    await new Promise<void>((sent) => child.send(before, () => sent()));
    return { after: countPeriod(after), before: await done.promise };
  } finally {
    // It only reads, and holds nothing to lose.
    child.kill('SIGKILL');
  }
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

function errorOf({ code, message, operation, subject, hint }: CountFailure): PpuriError {
  return new PpuriError(isCode(code) ? code : 'internal', message, { operation, subject, hint });
}

function ended(code: number | null, signal: NodeJS.Signals | null): PpuriError {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return new PpuriError('internal', `the process that counts ended ${how}`, {
    operation: 'report effect',
    subject: 'counter',
    hint: 'it may have run out of memory: report on fewer days, or on a larger computer',
  });
}
