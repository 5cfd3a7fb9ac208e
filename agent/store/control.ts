/**
 * The control socket: newline-delimited JSON, `{id, method, params}` answered by `{id, result}` or
 * `{id, error}`, one request at a time on each connection.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { PpuriError } from '../../config/errors.ts';
import { socketPathMax } from './paths.ts';
import { type Outcome, toWire } from './trouble.ts';

export interface ControlLimits {
  /** Longest request, bytes. */
  readonly lineBytes: number;
  /** A connection on which nothing was asked or read for so long is closed. */
  readonly idleMs: number;
  /** When one more comes, the one that has been idle longest goes. */
  readonly connections: number;
}

export const controlLimits: ControlLimits = {
  lineBytes: 256 * 1024,
  idleMs: 60_000,
  connections: 32,
};

export interface ControlServer {
  /** Open at the moment. */
  connections(): number;
  close(): void;
}

export type Answer = (method: string, params: unknown) => Promise<Outcome>;

type RequestId = string | number | null;

function badRequest(message: string): PpuriError {
  return new PpuriError('usage', message, {
    operation: 'read a request on the control socket',
    subject: 'control.sock',
    hint: 'one JSON object a line: {"id":1,"method":"status","params":{}}',
  });
}

interface ControlRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: unknown;
}

function parseRequest(line: string): ControlRequest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw badRequest(`not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw badRequest('a request is an object');
  const { id, method, params }: { id?: unknown; method?: unknown; params?: unknown } = parsed;
  if (typeof id !== 'string' && typeof id !== 'number') throw badRequest('id is missing');
  if (typeof method !== 'string') throw badRequest('method is missing');
  return { id, method, params };
}

/** How long a client that sent too much may go on before it is cut off; it sees why till then. */
const partingMs = 1000;

class Connection {
  lastUsed = performance.now();
  readonly #socket: Socket;
  readonly #answer: Answer;
  readonly #limits: ControlLimits;
  #text: Buffer = Buffer.alloc(0);
  #state: 'idle' | 'busy' | 'refused' = 'idle';
  #ended = false;

  constructor(socket: Socket, answer: Answer, limits: ControlLimits) {
    this.#socket = socket;
    this.#answer = answer;
    this.#limits = limits;
    socket.setTimeout(limits.idleMs, () => this.close());
    // A client that went away mid-answer concerns nobody else.
    socket.on('error', () => this.close());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => {
      this.#ended = true;
      if (this.#state !== 'busy') socket.end();
    });
  }

  get busy(): boolean {
    return this.#state === 'busy';
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#state === 'refused') return;
    this.#text = this.#text.length === 0 ? chunk : Buffer.concat([this.#text, chunk]);
    if (this.#state === 'idle') void this.#work();
  }

  /** Takes the next whole line off what was received; null when there is none. */
  #takeLine(): string | null {
    const end = this.#text.indexOf(0x0a);
    if (Math.max(end, end < 0 ? this.#text.length : 0) > this.#limits.lineBytes) {
      this.#refuse(badRequest(`a request is at most ${this.#limits.lineBytes} bytes`));
      return null;
    }
    if (end < 0) return null;
    const line = this.#text.subarray(0, end).toString('utf8');
    this.#text = this.#text.subarray(end + 1);
    return line;
  }

  /** Answers line by line; the next is begun when the last answer has been taken by the client. */
  async #work(): Promise<void> {
    for (let line = this.#takeLine(); line !== null; line = this.#takeLine()) {
      if (line.trim() === '') continue;
      this.#state = 'busy';
      this.#socket.pause();
      await this.#write(await this.#reply(line));
      if (this.#socket.destroyed) return;
      this.#state = 'idle';
      this.lastUsed = performance.now();
      this.#socket.resume();
    }
    if (this.#ended) this.#socket.end();
  }

  #write(reply: unknown): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      // Also called when the client has gone; there is nobody to tell then.
      this.#socket.write(`${JSON.stringify(reply)}\n`, () => resolve());
    });
  }

  async #reply(line: string): Promise<unknown> {
    let id: RequestId = null;
    try {
      const request = parseRequest(line);
      id = request.id;
      return { id, ...(await this.#answer(request.method, request.params)) };
    } catch (thrown) {
      return { id, error: toWire(thrown, 'answer a request', 'control.sock') };
    }
  }

  #refuse(error: PpuriError): void {
    this.#state = 'refused';
    this.#text = Buffer.alloc(0);
    this.#socket.end(`${JSON.stringify({ id: null, error: toWire(error, '', '') })}\n`);
    setTimeout(() => this.close(), partingMs).unref();
  }
}

function makeRoom(connections: Set<Connection>, most: number): void {
  if (connections.size < most) return;
  const idle = [...connections].filter((connection) => !connection.busy);
  idle.sort((a, b) => a.lastUsed - b.lastUsed)[0]?.close();
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Serves `answer` at `path`, readable by its owner only. The caller holds the store's lock, so a
 * socket that lies there is a dead agent's and is replaced. Throws when it cannot listen.
 */
export async function serveControl(
  path: string,
  answer: Answer,
  limits = controlLimits,
): Promise<ControlServer> {
  if (Buffer.byteLength(path) > socketPathMax)
    throw new Error(`the path of a socket has at most ${socketPathMax} bytes: ${path}`);
  const connections = new Set<Connection>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    makeRoom(connections, limits.connections);
    const connection = new Connection(socket, answer, limits);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  rmSync(path, { force: true });
  await listen(server, path);
  chmodSync(path, 0o600);
  const close = (): void => {
    for (const connection of connections) connection.close();
    server.close();
  };
  server.on('error', close);
  return { close, connections: () => connections.size };
}
