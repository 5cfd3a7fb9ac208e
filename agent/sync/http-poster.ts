/**
 * Requests to one server, over sockets whose TLS was done before. A server that closes after each
 * answer, or after a while, is no trouble: the next request opens another socket.
 */
import {
  Agent,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  request,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PpuriError } from '../../config/errors.ts';
import { answerFailure, retryAfterMs } from './http-answer.ts';
import { type Address, openSocket, unwelcomeBy } from './socket.ts';

export interface PosterOptions {
  readonly url: URL;
  readonly address: Address;
  /** Bearer token. */
  readonly token: string | undefined;
  /** Open already, for the first request. */
  readonly socket: Socket;
}

const answerMs = 15_000;
/** Of an answer, as much as is looked at. */
const mostAnswerBytes = 2000;

/** Hands out the first socket, then opens others, one at a time. */
class SocketAgent extends Agent {
  readonly #address: Address;
  readonly #signal: AbortSignal;
  #first: Socket | null;

  constructor(address: Address, first: Socket, signal: AbortSignal) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#address = address;
    this.#signal = signal;
    this.#first = first;
    // Until a request has it, nobody else hears of its end.
    first.on('error', () => undefined);
  }

  override createConnection(
    _options: ClientRequestArgs,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const first = this.#first;
    this.#first = null;
    if (first !== null && !first.destroyed) {
      callback?.(null, first);
      return;
    }
    openSocket(this.#address, this.#signal).then(
      (socket) => callback?.(null, socket),
      // There is no socket beside an error, whatever its type says.
      (error: Error) => callback?.(error, undefined as unknown as Duplex),
    );
  }

  dropFirst(): void {
    this.#first?.destroy();
  }
}

export class HttpPoster {
  /** Why no more can be sent. */
  readonly ended: Promise<PpuriError>;
  readonly #options: PosterOptions;
  readonly #closing = new AbortController();
  readonly #agent: SocketAgent;
  readonly #under = new Set<ClientRequest>();
  #end: (why: PpuriError) => void;
  #over: PpuriError | null = null;
  #last: Promise<void> = Promise.resolve();
  #retryAfterMs = 0;

  constructor(options: PosterOptions) {
    this.#options = options;
    this.#agent = new SocketAgent(options.address, options.socket, this.#closing.signal);
    const { promise, resolve } = Promise.withResolvers<PpuriError>();
    this.ended = promise;
    this.#end = resolve;
  }

  /** Asked for by the server, before anything more is sent. */
  get retryAfterMs(): number {
    return this.#retryAfterMs;
  }

  /**
   * Resolves on 2xx; rejects with `sync-refused` where this body can never be taken. One after the
   * other, and one that is tried again before those behind it: batches arrive in order.
   */
  post(body: Buffer, headers: Readonly<Record<string, string>>): Promise<void> {
    const turn = this.#last.then(() => this.#post(body, headers));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #post(body: Buffer, headers: Readonly<Record<string, string>>): Promise<void> {
    try {
      await this.#once(body, headers).catch((error: Error & { raced?: boolean }) => {
        // The server closed an idle socket while this was on its way; by its key it may come twice.
        if (error.raced !== true || this.#over !== null) throw error;
        return this.#once(body, headers);
      });
    } catch (thrown) {
      const error = this.#typed(thrown as Error);
      if (error.code !== 'sync-refused') this.#finish(error);
      throw error;
    }
  }

  close(): void {
    this.#finish(this.#interrupted('it was closed'));
  }

  #finish(why: PpuriError): void {
    if (this.#over !== null) return;
    this.#over = why;
    this.#closing.abort();
    for (const each of [...this.#under]) each.destroy(why);
    this.#agent.dropFirst();
    this.#agent.destroy();
    this.#end(why);
  }

  #once(body: Buffer, headers: Readonly<Record<string, string>>): Promise<void> {
    if (this.#over !== null) return Promise.reject(this.#over);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const asked = request(this.#requestOptions(body.length, headers));
    this.#under.add(asked);
    const late = setTimeout(() => asked.destroy(new Error('no answer in time')), answerMs);
    asked.once('error', (error) => reject(Object.assign(error, { raced: asked.reusedSocket })));
    let answered = false;
    asked.once('response', (response) => {
      answered = true;
      this.#answered(response).then(resolve, reject);
    });
    asked.once('close', () => {
      clearTimeout(late);
      this.#under.delete(asked);
      if (!answered) reject(new Error('it closed without an answer'));
    });
    asked.end(body);
    return promise;
  }

  #requestOptions(length: number, headers: Readonly<Record<string, string>>) {
    const { url, token } = this.#options;
    return {
      agent: this.#agent,
      method: 'POST',
      host: url.hostname,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'content-length': length,
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    };
  }

  async #answered(response: IncomingMessage): Promise<void> {
    let text = '';
    response.setEncoding('utf8');
    for await (const part of response) if (text.length < mostAnswerBytes) text += part;
    if (!response.complete) throw new Error('the answer broke off');
    const failure = answerFailure(response, text, {
      subject: this.#subject,
      secret: this.#options.token,
    });
    if (failure === null) return;
    this.#retryAfterMs = retryAfterMs(response.headers['retry-after'], Date.now());
    throw failure;
  }

  get #subject(): string {
    return this.#options.url.host;
  }

  #typed(thrown: Error): PpuriError {
    if (thrown instanceof PpuriError) return thrown;
    const refused = unwelcomeBy(this.#options.address, thrown);
    return refused ?? this.#interrupted(thrown.message, thrown);
  }

  #interrupted(why: string, cause?: unknown): PpuriError {
    return new PpuriError('sync-interrupted', `a request to ${this.#subject} ended: ${why}`, {
      operation: 'deliver over HTTPS',
      subject: this.#subject,
      hint: 'nothing is lost: what was not acknowledged comes again',
      cause,
    });
  }
}
