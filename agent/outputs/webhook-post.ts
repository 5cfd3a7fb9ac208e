/** One POST to a webhook: what became of it, in bounded time, whatever the server does. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { PpuriError } from '../../config/errors.ts';
import type { WebhookConfig } from '../../config/outputs-schema.ts';
import { readFileOf, readSecret } from '../../config/secret.ts';

/** `refused`: the server will never take this. `failed`: it may, another time. */
export type Posted =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'refused' | 'failed'; readonly why: string };

/** It may be taken later: time-out, too early, too many. */
const notNow = new Set([408, 425, 429]);

function answered({ statusCode: status = 0 }: IncomingMessage): Posted {
  if (status >= 200 && status < 300) return { outcome: 'taken' };
  const outcome = status >= 500 || notNow.has(status) ? 'failed' : 'refused';
  const redirect = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return { outcome, why: `it answers ${status}${redirect}` };
}

/** Secrets and authorities are read each time, so that renewed ones are used. */
function open(config: WebhookConfig, body: Buffer, signal: AbortSignal): ClientRequest {
  const url = new URL(config.url);
  const secrets = Object.entries(config.headers).map(
    ([name, secret]) => [name, readSecret(secret)] as const,
  );
  const options = {
    method: 'POST',
    agent: false,
    signal,
    headers: {
      ...Object.fromEntries(secrets),
      'content-type': 'application/json',
      'content-length': body.length,
    },
  };
  if (url.protocol === 'http:') return httpRequest(url, options);
  const ca = config.ca === undefined ? {} : { ca: readFileOf(config.ca) };
  const tls = { rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;
  return httpsRequest(url, { ...options, ...ca, ...tls });
}

/** Settles in time, and rejects for nothing that a server does. No secret is in `why`, nor anything of the URL or of what the server says. */
export function post(config: WebhookConfig, body: Buffer, closing: AbortSignal): Promise<Posted> {
  const late = AbortSignal.timeout(config.timeoutMs);
  const { promise, resolve } = Promise.withResolvers<Posted>();
  const fail = (why: string): void => resolve({ outcome: 'failed', why });
  try {
    const asked = open(config, body, AbortSignal.any([late, closing]));
    asked.once('response', (response) => {
      resolve(answered(response));
      // The status is all that counts: the rest is let go by, until it ends or time is up.
      response.on('error', () => undefined);
      response.resume();
    });
    asked.on('error', (error: NodeJS.ErrnoException) =>
      fail(
        late.aborted ? `no answer within ${config.timeoutMs} ms` : (error.code ?? error.message),
      ),
    );
    asked.end(body);
  } catch (thrown) {
    // A secret that is not there yet, or one that no header can carry.
    const code: unknown = Reflect.get(Object(thrown), 'code');
    if (typeof code !== 'string') throw thrown;
    fail(thrown instanceof PpuriError ? thrown.message : code);
  }
  return promise;
}
