/** Requests of the panel. Whatever goes wrong comes back as words for the person who tapped. */

import type { Text } from '../../records.ts';
import type { Me, PanelError, Posts } from '../contract.ts';
import { texts } from './texts.ts';

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number | null; readonly message: Text };

const readMs = 8000;
const changeMs = 8000;

function isPanelError(value: unknown): value is PanelError {
  const message = (value as Partial<PanelError> | null)?.error?.message;
  return typeof message?.ko === 'string' && typeof message.en === 'string';
}

/** Status 0xx never: null means that no whole answer came. */
async function request<T>(path: string, init: RequestInit, lost: Text): Promise<Answer<T>> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' });
    body = await response.json();
  } catch (thrown) {
    const late = thrown instanceof DOMException && thrown.name === 'TimeoutError';
    return { ok: false, status: null, message: late ? texts.noAnswer : lost };
  }
  if (response.ok) return { ok: true, value: body as T };
  const message = isPanelError(body) ? body.error.message : texts.refused;
  return { ok: false, status: response.status, message };
}

export class Api {
  #token: string | null = null;
  readonly #signedOut: () => void;

  /** `signedOut` is told when the server no longer knows this visitor. */
  constructor(signedOut: () => void) {
    this.#signedOut = signedOut;
  }

  async me(): Promise<Answer<Me>> {
    const answer = await request<Me>(
      '/api/me',
      { signal: AbortSignal.timeout(readMs) },
      texts.noServer,
    );
    if (answer.ok) this.#token = answer.value.token;
    return answer;
  }

  async get<T>(path: string): Promise<Answer<T>> {
    const signal = AbortSignal.timeout(readMs);
    const answer = await request<T>(path, { signal }, texts.noServer);
    if (!answer.ok && answer.status === 401) this.#signedOut();
    return answer;
  }

  /** Sent once; again only where the server refused an old token, so that nothing is done twice. */
  async post<P extends keyof Posts>(path: P, body: Posts[P]): Promise<Answer<unknown>> {
    const used = this.#token;
    const answer = await this.#send(path, body);
    if (answer.ok) return answer;
    if (answer.status === 403) {
      await this.me();
      if (this.#token !== used) return this.#send(path, body);
    }
    const signsIn = path === '/api/login' || path === '/api/claim';
    if (answer.status === 401 && !signsIn) this.#signedOut();
    return answer;
  }

  #send(path: string, body: unknown): Promise<Answer<unknown>> {
    const init = {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(this.#token === null ? {} : { 'X-Ppuri-Token': this.#token }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(changeMs),
    };
    return request(path, init, texts.notDone);
  }
}
