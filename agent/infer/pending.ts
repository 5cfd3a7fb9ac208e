/** One prediction that somebody waits for. It settles once: by its answer, its deadline or a loss. */
import type { Prediction, PredictRequest, UnscoredReason } from './inference.ts';
import type { Model } from './model.ts';

const longestTimerMs = 2 ** 31 - 1;

export class Pending {
  readonly model: Model;
  readonly machine: string;
  readonly hardLimitMs: number;
  readonly forVerdict: boolean;
  /** The row is a machine's: what comes of it is the model's doing. */
  readonly blames: boolean;
  readonly promise: Promise<Prediction>;
  settled = false;
  #input: Float32Array;
  readonly #calledAt = performance.now();
  #sentAt = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #resolve: (prediction: Prediction) => void;

  constructor(request: PredictRequest, model: Model, onDeadline: (pending: Pending) => void) {
    this.model = model;
    this.machine = request.machine;
    this.hardLimitMs = Math.min(request.hardLimitMs, longestTimerMs);
    this.forVerdict = request.purpose === undefined || request.purpose === 'verdict';
    this.blames = request.purpose !== 'explanation';
    this.#input = request.input;
    const { promise, resolve } = Promise.withResolvers<Prediction>();
    this.promise = promise;
    this.#resolve = resolve;
    const deadlineMs = Math.min(request.deadlineMs, longestTimerMs);
    this.#timer = setTimeout(() => onDeadline(this), deadlineMs);
  }

  get input(): Float32Array {
    return this.#input;
  }

  get waitedMs(): number {
    return performance.now() - this.#calledAt;
  }

  /** Since the child was asked. */
  get ranMs(): number {
    return performance.now() - this.#sentAt;
  }

  /** It has to wait: the caller may reuse its buffer meanwhile. */
  keepInput(): void {
    this.#input = this.#input.slice();
  }

  sent(): void {
    this.#sentAt = performance.now();
  }

  /** Returns false when it came too late to count. */
  answer(outputs: Float32Array): boolean {
    if (this.settled) return false;
    const odd = outputs.findIndex((value) => !Number.isFinite(value));
    if (odd >= 0) {
      this.fail('model-failed', `output ${odd} is ${outputs[odd]}`);
      return true;
    }
    const columns = this.model.request.golden.outputs[0]?.length ?? outputs.length;
    if (outputs.length !== columns) {
      this.fail('model-failed', `gave ${outputs.length} values, ${columns} in its golden rows`);
      return true;
    }
    const now = performance.now();
    const queuedMs = this.#sentAt - this.#calledAt;
    this.#settle({ kind: 'scored', outputs, queuedMs, runMs: now - this.#sentAt });
    return true;
  }

  /** Does nothing once settled. */
  fail(reason: UnscoredReason, detail: string): void {
    this.#settle({ kind: 'unscored', reason, detail });
  }

  #settle(prediction: Prediction): void {
    if (this.settled) return;
    this.settled = true;
    clearTimeout(this.#timer);
    this.#resolve(prediction);
  }
}
