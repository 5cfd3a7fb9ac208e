/** What is wrong with a command line beyond what commander checks. */
import { PpuriError } from '../../config/errors.ts';

export function usage(message: string, subject: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: 'read the command line', subject, hint });
}
