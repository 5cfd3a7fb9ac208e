/** Inference for all machines and models: one shared child, and one each for models that ran away. */
import type { PpuriError } from '../../config/errors.ts';
import type { Bundle } from '../../models/manifest.ts';
import type { AgentEvent } from '../records.ts';
import type { Loss } from './host.ts';
import { createIncidentBook, type IncidentBook } from './incident-book.ts';
import type {
  ForkInfer,
  IncidentCause,
  Inference,
  InferenceStatus,
  InferLimits,
  Loaded,
  ModelIncidents,
  ModelStatus,
  Prediction,
  PredictRequest,
  UnscoredReason,
} from './inference.ts';
import { defaultLimits } from './inference.ts';
import { Lane, type LaneEvents } from './lane.ts';
import { createModel, expectLoad, type Model, unavailable } from './model.ts';
import { Pending } from './pending.ts';
import { proveServing, requireSameUse } from './prove-serving.ts';

export type * from './inference.ts';

export interface InferenceParts {
  readonly fork: ForkInfer;
  /** Hears all that is to be logged and kept; nothing is logged here. */
  readonly onEvent: (event: AgentEvent) => void;
  readonly limits?: Partial<InferLimits>;
}

/** Starts nothing until the first `load`. */
export function createInference(parts: InferenceParts): Inference {
  return new Pool(parts);
}

class Pool implements Inference {
  readonly #parts: InferenceParts;
  readonly #limits: InferLimits;
  readonly #book: IncidentBook;
  readonly #models = new Map<string, Model>();
  readonly #shared: Lane;
  readonly #own = new Map<string, Lane>();
  /** Of those, models that are to run with the others once these have them too. */
  readonly #joining = new Set<string>();
  /** Lanes that are ending, so that `close` can wait for their children too. */
  readonly #ending = new Set<Promise<void>>();
  #lastId = 0;
  #lateAnswers = 0;
  #restarts = 0;
  #closed = false;

  constructor(parts: InferenceParts) {
    this.#parts = parts;
    this.#limits = { ...defaultLimits, ...parts.limits };
    this.#book = createIncidentBook(this.#limits);
    this.#shared = this.#createLane('shared');
  }

  async load(bundle: Bundle, where: 'shared' | 'apart' = 'shared'): Promise<Loaded> {
    const label = `${bundle.manifest.name} ${bundle.manifest.version}`;
    if (this.#closed) throw unavailable(label, 'inference is closed');
    if (this.#book.placement(bundle.hash) === 'set-aside') {
      const hint = 'look at its incidents in `ppuri status`; restore it or use another version';
      throw unavailable(label, 'the model is set aside after repeated incidents', hint);
    }
    const known = this.#models.get(bundle.hash);
    const model = known ?? createModel(bundle);
    if (known !== undefined) requireSameUse(known, bundle);
    model.users += 1;
    if (known === undefined) {
      this.#models.set(model.hash, model);
      this.#seat(model, where);
    } else if (known.state === 'refused') {
      this.#retry(known);
    }
    await model.loaded.promise;
    if (known !== undefined) await this.#proveAnew(known, bundle);
    return { runMs: model.goldenMs ?? 0 };
  }

  /** The file is loaded already, for another bundle: that one's golden rows say nothing of this one's. */
  async #proveAnew(model: Model, bundle: Bundle): Promise<void> {
    try {
      await proveServing(bundle, (request) => this.predict(request));
    } catch (error) {
      this.release(model.hash);
      throw error;
    }
  }

  release(hash: string): void {
    const model = this.#models.get(hash);
    if (model === undefined) return;
    model.users -= 1;
    if (model.users > 0) return;
    this.#forget(model, 'not-loaded', 'the model was released');
    model.loaded.reject(unavailable(model.label, 'the model was released while it was loading'));
  }

  join(hash: string): void {
    const model = this.#models.get(hash);
    const isApart = this.#own.has(hash) && this.#book.placement(hash) === 'shared';
    if (model === undefined || !isApart || this.#closed) return;
    this.#joining.add(hash);
    this.#shared.add(model);
  }

  predict(request: PredictRequest): Promise<Prediction> {
    const model = this.#models.get(request.model);
    const refusal = this.#refusal(request, model);
    if (refusal !== null || model === undefined) {
      return Promise.resolve(refusal ?? unscored('not-loaded', 'no such model'));
    }
    this.#moveIfJoined(model);
    const lane = this.#laneOf(model);
    const pending = new Pending(request, model, () => this.#laneOf(model).expire(pending));
    lane.enqueue(pending);
    return pending.promise;
  }

  rehearse(hash: string): void {
    const model = this.#models.get(hash);
    if (model?.state === 'serving' && !this.#closed) this.#laneOf(model).rehearse(model);
  }

  async restore(hash: string): Promise<void> {
    const model = this.#models.get(hash);
    const waiting = model === undefined ? [] : this.#unseat(model);
    this.#book.forget(hash);
    this.#tell('model-restored', 'info', model?.label ?? hash, 'may run with the others again');
    if (model === undefined) return;
    if (model.state !== 'serving') expectLoad(model);
    this.#seat(model);
    for (const pending of waiting) this.#shared.enqueue(pending);
    await model.loaded.promise;
  }

  adopt(remembered: readonly ModelIncidents[]): void {
    this.#book.adopt(remembered);
  }

  incidents(): readonly ModelIncidents[] {
    return this.#book.all();
  }

  status(): InferenceStatus {
    const lanes = [this.#shared, ...this.#own.values()];
    return {
      children: lanes.flatMap((lane) => lane.children()),
      models: [...this.#models.values()].map((model) => this.#statusOf(model)),
      restarts: this.#restarts,
      lateAnswers: this.#lateAnswers,
      waiting: lanes.reduce((sum, lane) => sum + lane.waiting, 0),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const model of this.#models.values()) {
      model.loaded.reject(unavailable(model.label, 'inference was closed'));
    }
    const lanes = [this.#shared, ...this.#own.values()];
    await Promise.all([...lanes.map((lane) => lane.close()), ...this.#ending]);
  }

  // Where models run.

  #createLane(kind: 'shared' | 'own'): Lane {
    const { fork } = this.#parts;
    return new Lane({
      kind,
      fork,
      limits: this.#limits,
      events: this.#laneEvents(kind),
      nextId: () => {
        this.#lastId += 1;
        return this.#lastId;
      },
      incidentsOf: (model) => this.#book.count(model.hash),
    });
  }

  #laneOf(model: Model): Lane {
    return this.#own.get(model.hash) ?? this.#shared;
  }

  #seat(model: Model, where: 'shared' | 'apart' = 'shared'): void {
    if (where === 'apart' || this.#book.placement(model.hash) === 'own') {
      this.#own.set(model.hash, this.#createLane('own'));
    }
    this.#laneOf(model).add(model);
  }

  /** Between two runs only: what runs in its own child is answered there. */
  #moveIfJoined(model: Model): void {
    const own = this.#own.get(model.hash);
    if (own === undefined || !this.#joining.has(model.hash)) return;
    if (!own.quiet || !this.#shared.holds(model)) return;
    this.#joining.delete(model.hash);
    own.remove(model);
    this.#endOwn(model.hash, own);
  }

  #unseat(model: Model): Pending[] {
    const waiting = this.#laneOf(model).remove(model);
    if (this.#joining.delete(model.hash)) this.#shared.remove(model);
    const own = this.#own.get(model.hash);
    if (own !== undefined) this.#endOwn(model.hash, own);
    return waiting;
  }

  #endOwn(hash: string, own: Lane): void {
    this.#own.delete(hash);
    const ending = own.close();
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }

  #retry(model: Model): void {
    expectLoad(model);
    this.#laneOf(model).add(model);
  }

  #forget(model: Model, reason: UnscoredReason, detail: string): void {
    this.#models.delete(model.hash);
    for (const pending of this.#unseat(model)) pending.fail(reason, detail);
  }

  // What becomes of requests and models.

  #refusal({ input, deadlineMs, model: hash }: PredictRequest, model: Model | undefined) {
    if (this.#closed) return unscored('inference-lost', 'inference is closed');
    if (this.#book.placement(hash) === 'set-aside') {
      return unscored('model-set-aside', 'set aside after repeated incidents');
    }
    if (model === undefined) return unscored('not-loaded', 'the model is not loaded');
    if (model.state !== 'serving') {
      return unscored('not-loaded', model.detail || 'the model is still loading');
    }
    if (input.length !== model.request.width) {
      const text = `the input has ${input.length} values, the model takes ${model.request.width}`;
      return unscored('model-failed', text);
    }
    // Also catches NaN.
    if (!(deadlineMs > 0)) return unscored('deadline-missed', 'no time was left for the model');
    return null;
  }

  #laneEvents(kind: 'shared' | 'own'): LaneEvents {
    return {
      serving: (model) => {
        model.state = 'serving';
        model.detail = '';
        model.loaded.resolve();
      },
      refused: (model, error) => {
        // It goes on in its own child.
        if (kind === 'shared' && this.#joining.delete(model.hash)) this.#shared.remove(model);
        else this.#refused(model, error);
      },
      incident: (model, cause, loss) => this.#incident(model, cause, loss),
      lost: (loss, pid) => this.#lost(kind, loss, pid),
      back: (afterMs) => {
        this.#tell('inference-back', 'info', `${kind} child`, `after ${Math.round(afterMs)} ms`);
      },
      bloated: (rssMiB) => {
        const text = `holds ${Math.round(rssMiB)} MiB while idle; a fresh one takes over`;
        this.#tell('inference-recycled', 'warn', `${kind} child`, text);
      },
      late: () => {
        this.#lateAnswers += 1;
      },
    };
  }

  /** Whoever awaits the load is told; a model that served before is kept, to be loaded again. */
  #refused(model: Model, error: PpuriError): void {
    const served = model.state !== 'loading';
    model.state = 'refused';
    model.detail = error.message;
    if (served) {
      const text = `cannot be loaded again: ${error.message}`;
      this.#tell('model-reload-failed', 'error', model.label, text);
    } else {
      this.#forget(model, 'not-loaded', error.message);
    }
    model.loaded.reject(error);
  }

  #incident(model: Model, cause: IncidentCause, loss: Loss): void {
    const before = this.#book.placement(model.hash);
    this.#book.note(model.hash, cause, loss.detail);
    model.runMs = null;
    const after = this.#book.placement(model.hash);
    const text = `${incidentWords[cause]}: ${loss.detail}`;
    this.#tell('model-incident', 'warn', model.label, text);
    if (after !== before) this.#move(model, after);
    if (model.state !== 'loading') return;
    const hint = 'load it again to try once more, or use another version';
    this.#refused(model, unavailable(model.label, text, hint));
  }

  #move(model: Model, placement: 'shared' | 'own' | 'set-aside'): void {
    const waiting = this.#unseat(model);
    if (placement === 'set-aside') {
      const text = 'set aside after repeated incidents, until it is restored';
      this.#tell('model-set-aside', 'error', model.label, text);
      for (const pending of waiting) pending.fail('model-set-aside', text);
      return;
    }
    this.#tell('model-isolated', 'warn', model.label, 'runs in a child of its own from now on');
    this.#seat(model);
    for (const pending of waiting) this.#laneOf(model).enqueue(pending);
  }

  #lost(kind: 'shared' | 'own', loss: Loss, pid: number | null): void {
    this.#restarts += 1;
    const text = `${loss.cause}: ${loss.detail}${pid === null ? '' : ` (process ${pid})`}`;
    this.#tell('inference-lost', 'warn', `${kind} child`, text);
  }

  #statusOf(model: Model): ModelStatus {
    const { hash, label, state, detail } = model;
    return { model: hash, label, placement: this.#book.placement(hash), state, detail };
  }

  #tell(kind: string, level: AgentEvent['level'], subject: string, text: string): void {
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    this.#parts.onEvent({ kind, level, subject, text, at });
  }
}

const incidentWords = {
  hang: 'did not end',
  crash: 'took its process down',
  memory: 'took too much memory',
} as const satisfies Record<IncidentCause, string>;

function unscored(reason: UnscoredReason, detail: string): Prediction {
  return { kind: 'unscored', reason, detail };
}
