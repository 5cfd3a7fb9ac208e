/** What an HTTP status says of a batch: taken, never to be taken, not now, or not from us. */
import type { IncomingMessage } from 'node:http';
import { PpuriError } from '../../config/errors.ts';
import { redact } from './redact.ts';
import { AnswerError } from './target.ts';

/** It may be taken later: time-out, too early, too many, and whatever the server has wrong. */
const notNow = new Set([408, 425, 429]);
/** Of who asks and where, not of the records. */
const notFromUs = new Set([401, 403, 404, 405, 407, 410]);
/** Of these, what a filter on the way may say of a single batch. */
const perhapsOfRecords = new Set([403, 404, 405, 410]);
const mostRetryAfterMs = 10 * 60_000;
const shownCharacters = 200;

/** Of a body, the beginning, as one printable line. */
function shown(text: string): string {
  const line = text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ').trim();
  return line === '' ? '' : `: ${line.slice(0, shownCharacters)}`;
}

/** Null: the batch is taken. */
export function answerFailure(
  { statusCode: status = 0 }: IncomingMessage,
  text: string,
  { subject, secret }: { readonly subject: string; readonly secret: string | undefined },
): PpuriError | null {
  if (status >= 200 && status < 300) return null;
  const details = { operation: 'deliver over HTTPS', subject };
  const said = `${subject} answers ${status}${shown(redact(text, secret))}`;
  if (status >= 500 || notNow.has(status))
    return new (status >= 500 ? AnswerError : PpuriError)('sync-interrupted', said, {
      ...details,
      hint: 'nothing is lost: the batch comes again',
    });
  if (status < 400 || notFromUs.has(status))
    return new (perhapsOfRecords.has(status) ? AnswerError : PpuriError)('sync-denied', said, {
      ...details,
      hint: 'check `url`, `token` and the server; redirects are not followed; it is tried again',
    });
  return new PpuriError('sync-refused', said, {
    ...details,
    hint: 'the records stay in the store; see what the server says',
  });
}

/** Of a `Retry-After` in seconds or as a date, bounded; 0: there is none. */
export function retryAfterMs(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  const asked = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(asked) ? Math.min(mostRetryAfterMs, Math.max(0, asked)) : 0;
}
