/** A model's pace against the deadline of the machine that is to use it. */
import { PpuriError } from '../config/errors.ts';

/** Throws `model-slow` where even its quickest run takes longer than the machine waits. */
export function requirePace(runMs: number, deadlineMs: number, machine: string): void {
  if (runMs <= deadlineMs) return;
  throw new PpuriError(
    'model-slow',
    `one shot takes the model ${runMs.toFixed(1)} ms here, ${machine} waits ${deadlineMs} ms`,
    {
      operation: 'use a model',
      subject: machine,
      hint: 'use a smaller model, or give the machine a longer `deadlineMs` if it can wait',
    },
  );
}
