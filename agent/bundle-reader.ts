/**
 * Bundles verified in a child: parsing a large or hostile file takes long, and the loop that reads
 * the machines must not. The child is there while it is needed.
 */
import type { ChildProcess } from 'node:child_process';
import { PpuriError } from '../config/errors.ts';
import type { Bundle } from '../models/manifest.ts';
import type { TrustRule } from '../models/trust.ts';
import type { VerifyAnswer, VerifyRequest } from './bundle-protocol.ts';
import type { ForkRole } from './role.ts';

/** The largest honest bundle takes a second or two on a small gateway. */
const withinMs = 30_000;
const idleMs = 2000;
/** V8's old space: a model of 32 MiB of weights needs a tenth of it. */
const heapMiB = 384;

export class BundleReader {
  readonly #fork: ForkRole;
  readonly #trust: TrustRule | null;
  #child: ChildProcess | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #lastId = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `trust` null: nobody asks who signed a bundle. */
  constructor(fork: ForkRole, trust: TrustRule | null) {
    this.#fork = fork;
    this.#trust = trust;
  }

  /** As `readBundle`, one at a time. Rejects with `model-invalid` when the reading itself fails. */
  read(dir: string): Promise<Bundle> {
    this.#waiting += 1;
    clearTimeout(this.#idleTimer);
    const reading = this.#tail.then(() => this.#ask(dir));
    this.#tail = reading.then(
      () => this.#done(),
      () => this.#done(),
    );
    return reading;
  }

  /** Ends the child; what is still asked for is rejected. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    this.#end();
  }

  #done(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0 || this.#child === null) return;
    this.#idleTimer = setTimeout(() => this.#end(), idleMs).unref();
  }

  #end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  #ask(dir: string): Promise<Bundle> {
    const { promise, resolve, reject } = Promise.withResolvers<Bundle>();
    if (this.#closed) return Promise.reject(unread(dir, 'the agent is ending'));
    const child = this.#child ?? this.#start();
    this.#lastId += 1;
    const request: VerifyRequest = { id: this.#lastId, dir, trust: this.#trust };
    const answered = (answer: VerifyAnswer): void => {
      if (answer.id !== request.id) return;
      if ('bundle' in answer) resolve(answer.bundle);
      else reject(new PpuriError(answer.refusal.code, answer.refusal.message, answer.refusal));
    };
    const lost = (code: number | null, signal: string | null): void => {
      this.#child = null;
      reject(unread(dir, `reading it took its process down (${signal ?? `exit code ${code}`})`));
    };
    const failed = (error: Error): void => reject(unread(dir, error.message));
    const timer = setTimeout(() => {
      reject(unread(dir, `reading it took longer than ${withinMs / 1000} s`));
      this.#end();
    }, withinMs);
    child.on('message', answered).on('exit', lost).on('error', failed);
    child.send(request);
    return promise.finally(() => {
      clearTimeout(timer);
      child.off('message', answered).off('exit', lost).off('error', failed);
    });
  }

  #start(): ChildProcess {
    const flags = `${process.env.NODE_OPTIONS ?? ''} --max-old-space-size=${heapMiB}`.trim();
    const child = this.#fork('verify', { env: { NODE_OPTIONS: flags }, stdio: 'ignore' });
    // Whoever is being answered hears of it as well; between two requests it harms nobody.
    child.on('error', () => undefined);
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    this.#child = child;
    return child;
  }
}

function unread(dir: string, why: string): PpuriError {
  return new PpuriError('model-invalid', `the bundle cannot be verified: ${why}`, {
    operation: 'verify a model bundle',
    subject: dir,
    hint: 'check where it comes from; `ppuri model verify` looks at it by itself',
  });
}
