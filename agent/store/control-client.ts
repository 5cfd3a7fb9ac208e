/** Asking a running agent over its control socket. */
import { connect, type Socket } from 'node:net';
import { PpuriError } from '../../config/errors.ts';
import type { Methods } from './methods.ts';
import { socketPathMax, storePaths } from './paths.ts';
import type { BootInfo, StoreCondition } from './protocol.ts';
import { Questions } from './questions.ts';
import type { Outcome, WireError } from './trouble.ts';

const answerMs = 35_000;
const connectMs = 2000;
const largestAnswer = 64 * 1024 * 1024;

/** What `status` answers; `agent` is what the loop last published. */
export interface LiveStatus {
  readonly running: true;
  readonly pid: number;
  readonly boot: BootInfo;
  readonly store: { readonly condition: StoreCondition; readonly waiting: number };
  readonly agent: unknown;
}

export interface ControlMethods extends Methods {
  status: { params: Record<string, never>; result: LiveStatus };
  /** Handled by the loop (`Keeper.onCommand`). */
  'model-use': { params: Readonly<Record<string, unknown>>; result: unknown };
  'model-restore': { params: Readonly<Record<string, unknown>>; result: unknown };
}

export interface ControlClient {
  /** Rejects with the agent's own PpuriError, or `agent-unreachable`. */
  ask<M extends keyof ControlMethods>(
    method: M,
    params: ControlMethods[M]['params'],
  ): Promise<ControlMethods[M]['result']>;
  close(): void;
}

function unreachable(path: string, message: string, cause?: unknown): PpuriError {
  return new PpuriError('agent-unreachable', message, {
    operation: 'ask the running agent',
    subject: path,
    hint: 'is the agent running on this store, and may this user read its socket?',
    cause,
  });
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (Buffer.byteLength(path) > socketPathMax)
      return reject(unreachable(path, `the path of a socket has at most ${socketPathMax} bytes`));
    const socket = connect(path);
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), connectMs);
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

  async ask<M extends keyof ControlMethods>(
    method: M,
    params: ControlMethods[M]['params'],
  ): Promise<ControlMethods[M]['result']> {
    const failed = (why: 'late' | 'unsent'): PpuriError =>
      unreachable(
        this.#path,
        why === 'late' ? 'the agent did not answer in time' : 'the agent closed the connection',
      );
    const answer = await this.#questions.ask(answerMs, failed, (id) => {
      if (this.#socket.destroyed) return false;
      this.#socket.write(`${JSON.stringify({ id, method, params })}\n`);
      return true;
    });
    return answer as ControlMethods[M]['result'];
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

/** Connects to the agent that uses the store in `dir`. Rejects with `agent-unreachable`. */
export async function connectControl(dir: string): Promise<ControlClient> {
  const path = storePaths(dir).socket;
  return new Client(await open(path), path);
}
