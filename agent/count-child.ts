/** Role `count`: one period of an effect report, beside the parent, which counts the other one. */
import { PpuriError } from '../config/errors.ts';
import type { CountFailure, FromCounter } from './count-both.ts';
import { type CountRequest, countPeriod } from './report/count-period.ts';

/** Counts once; ends when that is told or the parent is gone. It writes nothing. */
export function runCountChild(): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (request: CountRequest) => send(answer(request)));
}

function answer(request: CountRequest): FromCounter {
  try {
    return { counts: countPeriod(request) };
  } catch (thrown) {
    return { failure: failureOf(thrown) };
  }
}

function failureOf(thrown: unknown): CountFailure {
  if (thrown instanceof PpuriError) {
    const { code, message, operation, subject, hint } = thrown;
    return { code, message, operation, subject, hint };
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { code: 'internal', message, operation: 'report effect', subject: 'counter', hint: '' };
}

function send(message: FromCounter): void {
  // Without a parent there is nobody to tell; `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
