/** The loop's hold on its keep child: forks it, puts it back when it dies, ends it. */
import type { ChildProcess } from 'node:child_process';
import type { Log } from '../health/log.ts';
import type { ForkRole } from '../role.ts';
import type { FromChild, ToChild } from './protocol.ts';

const firstBackoffMs = 100;
const lastBackoffMs = 5000;
/** For a child that had opened the store: whatever ended it was not the store. */
const openedBackoffMs = 500;
/** A child that lived this long was well: the next loss is answered at once again. */
const healthyMs = 5000;

export interface KeepProcessEvents {
  /** A child was forked; the first messages to it go from here. */
  started(): void;
  message(message: FromChild): void;
  /** It ended unasked; another follows in `againInMs`. */
  lost(how: string, againInMs: number): void;
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit code ${code}`;
}

export class KeepProcess {
  readonly #fork: ForkRole;
  readonly #log: Log;
  readonly #events: KeepProcessEvents;
  #child: ChildProcess | null = null;
  #startedMs = 0;
  #opened = false;
  #losses = 0;
  #restarts = 0;
  #timer: NodeJS.Timeout | null = null;
  #stopping = false;
  #ended: (() => void) | null = null;

  constructor(fork: ForkRole, log: Log, events: KeepProcessEvents) {
    this.#fork = fork;
    this.#log = log;
    this.#events = events;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get running(): boolean {
    return this.#child?.connected === true;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    this.#timer = null;
    this.#startedMs = performance.now();
    this.#opened = false;
    try {
      this.#watch(this.#fork('keep'));
    } catch (thrown) {
      this.#lost(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  #watch(child: ChildProcess): void {
    this.#child = child;
    const gone = (how: string): void => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#lost(how);
    };
    child.on('message', (message: FromChild) => {
      if (this.#child === child) this.#events.message(message);
    });
    child.on('exit', (code, signal) => gone(howItEnded(code, signal)));
    child.on('error', (error) => {
      if (child.pid === undefined) gone(error.message);
    });
    // Alive without its channel it is of no use, and would hold the store against the next one.
    child.on('disconnect', () => void (this.#stopping || child.kill('SIGKILL')));
    this.#log.info('keep-started', { pid: child.pid });
    this.#events.started();
  }

  #lost(how: string): void {
    if (this.#stopping) {
      this.#ended?.();
      return;
    }
    if (performance.now() - this.#startedMs > healthyMs) this.#losses = 0;
    const most = this.#opened ? openedBackoffMs : lastBackoffMs;
    const backoff = Math.min(most, firstBackoffMs * 2 ** (this.#losses - 1));
    const againInMs = this.#losses === 0 ? 0 : Math.round(backoff * (0.5 + Math.random() / 2));
    this.#losses += 1;
    this.#restarts += 1;
    this.#timer = setTimeout(() => this.start(), againInMs);
    this.#events.lost(how, againInMs);
  }

  /** The present child has the store open. */
  opened(): void {
    this.#opened = true;
  }

  /** False when there is no child to send to. Throws when the message cannot be cloned. */
  send(message: ToChild): boolean {
    const child = this.#child;
    if (child === null || !child.connected) return false;
    // A send that fails later means the child is going: its exit is what is acted upon.
    child.send(message, () => undefined);
    return true;
  }

  /** Ends a child that no longer answers; another follows. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Asks the child to end; kills it after `boundMs`. Resolves when there is none. */
  stop(boundMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), boundMs);
      this.#ended = () => {
        clearTimeout(timer);
        resolve();
      };
      if (!this.send({ type: 'close' })) child.kill('SIGKILL');
    });
  }
}
