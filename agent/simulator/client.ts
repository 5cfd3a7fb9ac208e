/** Parent's side of the simulator child. */
import type { ChildProcess } from 'node:child_process';
import { type ErrorCode, errorTable, PpuriError } from '../../config/errors.ts';
import type { ForkRole } from '../role.ts';
import type { Traffic } from './modbus-server.ts';
import type { MadeShot, PlantWrite } from './plant.ts';
import {
  type FromSimulator,
  isFromSimulator,
  type RemoteLine,
  type RemotePlant,
  type SimulatorFailure,
  type ToSimulator,
} from './protocol.ts';
import type { ReplayReport } from './replay.ts';

export interface SimulatorHandlers {
  /** `plant` is its place in the list given at the start. */
  readonly shot?: (shot: MadeShot, plant: number) => void;
  readonly write?: (write: PlantWrite, plant: number) => void;
  readonly ended?: (machine: string, plant: number) => void;
  /** The child went away unasked. */
  readonly lost?: (error: PpuriError) => void;
}

export interface Simulator {
  readonly pid: number | null;
  /** One per plant, in order. */
  readonly ports: readonly number[];
  /** One per line of text, in order; 0 on a pty. */
  readonly linePorts: readonly number[];
  readonly replays: Readonly<Record<string, ReplayReport>>;
  /** What went over each plant's port so far, in order. */
  traffic(): Promise<readonly Traffic[]>;
  /** Settles when every shot made so far has been handed over and no more will come. */
  stopShots(): Promise<void>;
  /** Settles when the process is gone; it is killed if it will not go. */
  stop(): Promise<void>;
}

export interface SimulatorOptions {
  readonly fork: ForkRole;
  readonly plants: readonly RemotePlant[];
  readonly lines?: readonly RemoteLine[];
  readonly handlers?: SimulatorHandlers;
  /** Longest wait for the plants' ports, logs to replay included. */
  readonly startTimeoutMs?: number;
}

const patienceMs = 1000;

/** Forks a child that serves the plants. Throws what the plants threw, or `internal`. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const child = options.fork('simulate');
  const link = new SimulatorLink(child, options.handlers ?? {});
  link.send({
    type: 'start',
    plants: options.plants,
    ...(options.lines === undefined ? {} : { lines: options.lines }),
  });
  try {
    const { ports, linePorts, replays } = await link.started(options.startTimeoutMs ?? 60_000);
    return {
      pid: child.pid ?? null,
      ports,
      linePorts,
      replays,
      traffic: () => link.traffic(),
      stopShots: () => link.stopShots(),
      stop: () => link.stop(),
    };
  } catch (thrown) {
    await link.stop();
    throw thrown;
  }
}

class SimulatorLink {
  readonly #child: ChildProcess;
  readonly #handlers: SimulatorHandlers;
  readonly #exit: Promise<void>;
  readonly #start = Promise.withResolvers<Extract<FromSimulator, { type: 'started' }>>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #asked: ((plants: readonly Traffic[]) => void)[] = [];
  #stopping = false;

  constructor(child: ChildProcess, handlers: SimulatorHandlers) {
    this.#child = child;
    this.#handlers = handlers;
    // Who waits for the start sees its failure; nobody else has to.
    this.#start.promise.catch(() => undefined);
    this.#exit = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    void this.#exit.then(() => this.#gone());
    child.on('message', (message) => {
      if (isFromSimulator(message)) this.#take(message);
    });
  }

  async started(timeoutMs: number): Promise<Extract<FromSimulator, { type: 'started' }>> {
    const late = setTimeout(
      () => this.#start.reject(lostError(`it said nothing for ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      return await this.#start.promise;
    } finally {
      clearTimeout(late);
    }
  }

  /** Rejects when the child is gone. */
  traffic(): Promise<readonly Traffic[]> {
    return new Promise((resolve, reject) => {
      this.#asked.push(resolve);
      void this.#exit.then(() => reject(lostError('it ended before it answered')));
      this.send({ type: 'traffic' });
    });
  }

  async stopShots(): Promise<void> {
    this.send({ type: 'stop-shots' });
    await Promise.race([this.#stopped.promise, this.#exit]);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.send({ type: 'stop' });
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    await this.#exit;
    clearTimeout(kill);
  }

  send(message: ToSimulator): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #take(message: FromSimulator): void {
    if (message.type === 'shot') this.#handlers.shot?.(message.shot, message.plant);
    else if (message.type === 'write') this.#handlers.write?.(message.write, message.plant);
    else if (message.type === 'ended') this.#handlers.ended?.(message.machine, message.plant);
    else if (message.type === 'traffic') this.#asked.shift()?.(message.plants);
    else if (message.type === 'started') this.#start.resolve(message);
    else if (message.type === 'failed') this.#start.reject(errorOf(message.error));
    else this.#stopped.resolve();
  }

  #gone(): void {
    const { exitCode, signalCode } = this.#child;
    const error = lostError(`it ended with ${signalCode ?? exitCode ?? 'an error'}`);
    this.#start.reject(error);
    if (!this.#stopping) this.#handlers.lost?.(error);
  }
}

function errorOf({ code, message, ...details }: SimulatorFailure): PpuriError {
  return new PpuriError(isErrorCode(code) ? code : 'internal', message, details);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

function lostError(why: string): PpuriError {
  return new PpuriError('internal', `the simulator process is gone: ${why}`, {
    operation: 'run simulated machines',
    subject: 'simulator',
    hint: 'see what it wrote to stderr',
  });
}
