/** Asking a running agent over its control socket. */
import { connect, type Socket } from 'node:net';
import { PpuriError } from '../../config/errors.ts';
import type { KeepFacts } from './keep-facts.ts';
import type { Methods } from './methods.ts';
import { socketPathMax, storePaths } from './paths.ts';
import type { BootInfo, StoreCondition } from './protocol.ts';
import { Questions } from './questions.ts';
import type { Outcome, WireError } from './trouble.ts';

/** A process that lives answers a greeting at once; one that is stopped still accepts connections. */
const greetingMs = 3000;
/** Longer than the agent waits for a command of its own. */
const answerMs = 35_000;
const largestAnswer = 64 * 1024 * 1024;

/** What `status` answers; `agent` is what the loop last published. */
export interface LiveStatus {
  readonly running: true;
  readonly pid: number;
  readonly boot: BootInfo;
  readonly store: { readonly condition: StoreCondition; readonly waiting: number };
  /** Null: the file cannot be asked at the moment. */
  readonly keep: KeepFacts | null;
  readonly agent: unknown;
}

export interface ControlMethods extends Methods {
  status: { params: Record<string, never>; result: LiveStatus };
}

export interface ControlClient {
  /** Rejects with the agent's own PpuriError, or `agent-unreachable`. */
  ask<M extends keyof ControlMethods>(
    method: M,
    params: ControlMethods[M]['params'],
  ): Promise<ControlMethods[M]['result']>;
  /** Something for the loop to do (`Keeper.onCommand`). Rejects as `ask` does. */
  command(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown>;
  close(): void;
}

/** `absent`: no agent; `forbidden`: not for this user; `silent`: it is there and does not answer. */
export type Unreachable = 'absent' | 'forbidden' | 'silent';

const hints: Readonly<Record<Unreachable, string>> = {
  absent: 'is the agent running on this store?',
  forbidden: 'run the command with sudo, or as the user of the agent',
  silent:
    'its store process hangs or is just starting: try again in a minute, else restart the agent',
};

const signs: Readonly<Record<string, Unreachable>> = {
  ENOENT: 'absent',
  ENOTDIR: 'absent',
  ECONNREFUSED: 'absent',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
};

function whyOf(path: string, cause: unknown): Unreachable {
  // An agent with such a path has no socket either.
  if (Buffer.byteLength(path) > socketPathMax) return 'absent';
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return signs[code] ?? 'silent';
}

/** What an `agent-unreachable` of this file came from. */
export function whyUnreachable(error: PpuriError): Unreachable {
  return whyOf(error.subject, error.cause);
}

function unreachable(path: string, message: string, cause?: unknown): PpuriError {
  return new PpuriError('agent-unreachable', message, {
    operation: 'ask the running agent',
    subject: path,
    hint: hints[whyOf(path, cause)],
    cause,
  });
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (Buffer.byteLength(path) > socketPathMax)
      return reject(unreachable(path, `the path of a socket has at most ${socketPathMax} bytes`));
    const socket = connect(path);
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), greetingMs);
    const fail = (cause: Error): void => {
      clearTimeout(timer);
      reject(unreachable(path, `no agent answers: ${cause.message}`, cause));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

interface Reply {
  readonly id: unknown;
  readonly outcome: Outcome;
}

function parseReply(line: string): Reply {
  const { id, result, error }: { id?: unknown; result?: unknown; error?: WireError } =
    JSON.parse(line);
  return { id, outcome: error === undefined ? { result } : { error } };
}

class Client implements ControlClient {
  readonly #socket: Socket;
  readonly #path: string;
  readonly #questions = new Questions();
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(socket: Socket, path: string) {
    this.#socket = socket;
    this.#path = path;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (cause) => this.#fail(`connection lost: ${cause.message}`));
    socket.on('close', () => this.#fail('the agent closed the connection'));
  }

  /** Rejects unless the agent answers within `greetingMs`. */
  async greet(): Promise<void> {
    await this.#send('status', {}, greetingMs);
  }

  async ask<M extends keyof ControlMethods>(
    method: M,
    params: ControlMethods[M]['params'],
  ): Promise<ControlMethods[M]['result']> {
    return (await this.#send(method, params, answerMs)) as ControlMethods[M]['result'];
  }

  command(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#send(method, params, answerMs);
  }

  #send(method: string, params: unknown, boundMs: number): Promise<unknown> {
    const failed = (why: 'late' | 'unsent'): PpuriError =>
      unreachable(
        this.#path,
        why === 'late' ? 'the agent did not answer in time' : 'the agent closed the connection',
      );
    return this.#questions.ask(boundMs, failed, (id) => {
      if (this.#socket.destroyed) return false;
      this.#socket.write(`${JSON.stringify({ id, method, params })}\n`);
      return true;
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > largestAnswer) this.#fail('the answer is too large');
    if (!chunk.includes(0x0a)) return;
    const text = Buffer.concat(this.#chunks);
    const end = text.lastIndexOf(0x0a);
    const rest = text.subarray(end + 1);
    this.#chunks = [rest];
    this.#size = rest.length;
    for (const line of text.subarray(0, end).toString('utf8').split('\n')) this.#settle(line);
  }

  #settle(line: string): void {
    try {
      const { id, outcome } = parseReply(line);
      if (typeof id === 'number') this.#questions.answered(id, outcome);
      else this.#fail('error' in outcome ? outcome.error.message : 'an answer without its id');
    } catch {
      this.#fail('the answer is not JSON');
    }
  }

  #fail(message: string): void {
    this.#questions.failAll(unreachable(this.#path, message));
    this.#socket.destroy();
  }
}

/**
 * Connects to the agent that uses the store in `dir`, and makes sure that it answers. Rejects with
 * `agent-unreachable`.
 */
export async function connectControl(dir: string): Promise<ControlClient> {
  const path = storePaths(dir).socket;
  const client = new Client(await open(path), path);
  try {
    await client.greet();
    return client;
  } catch (thrown) {
    client.close();
    throw thrown;
  }
}
