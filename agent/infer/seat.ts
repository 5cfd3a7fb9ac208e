/** A child with what it has loaded and has yet to load. */
import { PpuriError } from '../../config/errors.ts';
import { Host, type Loss } from './host.ts';
import type { ForkInfer, InferLimits } from './inference.ts';
import type { Model } from './model.ts';
import type { Pending } from './pending.ts';

export interface SeatHandlers {
  /** It can take a run, or its next load. */
  idle(seat: Seat): void;
  loaded(seat: Seat, model: Model): void;
  refused(model: Model, error: PpuriError): void;
  /** An answer came after its deadline. */
  late(): void;
  lost(seat: Seat, loss: Loss): void;
  bloated(seat: Seat, rssMiB: number): void;
}

export interface SeatParts {
  readonly limits: InferLimits;
  readonly handlers: SeatHandlers;
  /** Ids must differ over all children. */
  readonly nextId: () => number;
}

/** A model that loaded before gets this many times as long again, but never less than the floor. */
const reloadFactor = 10;
const reloadFloorMs = 1_000;
/** For an answer that takes no work. */
const pingMs = 1_000;

export class Seat {
  /** Every load has been tried. */
  settled = false;
  #toLoad: Model[];
  readonly #loaded = new Set<string>();
  #pending: Pending | null = null;
  readonly #host: Host;
  readonly #parts: SeatParts;

  constructor(parts: SeatParts, models: readonly Model[]) {
    const { limits, handlers } = parts;
    this.#parts = parts;
    this.#toLoad = [...models];
    this.#host = new Host(limits, {
      ready: () => handlers.idle(this),
      lost: (loss) => handlers.lost(this, loss),
      bloated: (rssMiB) => handlers.bloated(this, rssMiB),
    });
  }

  get gone(): Promise<void> {
    return this.#host.gone;
  }

  get pid(): number | null {
    return this.#host.pid;
  }

  get rssMiB(): number | null {
    return this.#host.rssMiB;
  }

  get state(): 'starting' | 'loading' | 'ready' {
    if (!this.#host.ready) return 'starting';
    return this.settled ? 'ready' : 'loading';
  }

  get idle(): boolean {
    return this.#host.idle;
  }

  get models(): readonly string[] {
    return [...this.#loaded];
  }

  /** The prediction whose run is under way. */
  get pending(): Pending | null {
    return this.#pending;
  }

  holds(model: Model): boolean {
    return this.#loaded.has(model.hash);
  }

  start(fork: ForkInfer): void {
    this.#host.start(fork);
  }

  stop(): void {
    this.#host.stop();
  }

  /** Adds to what is to be loaded; returns whether that is news. */
  want(model: Model): boolean {
    if (this.holds(model) || this.#toLoad.includes(model)) return false;
    this.#toLoad.push(model);
    this.settled = false;
    return true;
  }

  /** Has it answer before anything is asked of it; nothing is run meanwhile. */
  prove(): void {
    const request = { op: 'ping', id: this.#parts.nextId() } as const;
    this.#host.perform(request, pingMs, () => this.#parts.handlers.idle(this));
  }

  /** A run for practice; a prediction may be asked for at once, and is answered after it. */
  rehearse(model: Model, input: Float32Array): void {
    this.#host.rehearse({ op: 'rehearse', model: model.hash, input });
  }

  drop(model: Model): void {
    this.#toLoad = this.#toLoad.filter((other) => other !== model);
    if (this.#loaded.delete(model.hash)) this.#host.post({ op: 'release', model: model.hash });
  }

  run(pending: Pending): void {
    this.#pending = pending;
    pending.sent();
    const id = this.#parts.nextId();
    const request = { op: 'run', id, model: pending.model.hash, input: pending.input } as const;
    this.#host.perform(request, pending.hardLimitMs, (answer) => {
      this.#pending = null;
      if (answer.op === 'done') pending.model.runMs = pending.ranMs;
      if (answer.op === 'failed') pending.fail('model-failed', answer.text);
      const inTime = answer.op !== 'done' || pending.answer(answer.outputs);
      if (!inTime && pending.forVerdict) this.#parts.handlers.late();
      this.#parts.handlers.idle(this);
    });
  }

  /** Begins the next load, that of a wanted model first. False when there is none. */
  loadNext(wanted: (model: Model) => boolean): boolean {
    const model = this.#toLoad.find(wanted) ?? this.#toLoad[0];
    if (model === undefined) return false;
    this.#toLoad = this.#toLoad.filter((other) => other !== model);
    this.#load(model);
    return true;
  }

  /** All loads have been tried: growth of memory is measured from here. */
  settle(): void {
    this.settled = true;
    this.#host.rebase();
  }

  #load(model: Model): void {
    const { handlers, nextId } = this.#parts;
    const begun = performance.now();
    const request = { ...model.request, id: nextId() };
    this.#host.perform(request, this.#loadLimit(model), (answer) => {
      if (answer.op === 'loaded') {
        model.loadMs = performance.now() - begun;
        model.goldenMs = answer.runMs;
        this.#loaded.add(model.hash);
        handlers.loaded(this, model);
      } else if (answer.op === 'refused') {
        const { code, text, hint } = answer;
        const details = { operation: 'load model', subject: model.label, hint };
        handlers.refused(model, new PpuriError(code, text, details));
      }
      handlers.idle(this);
    });
  }

  #loadLimit({ loadMs }: Model): number {
    const { limits } = this.#parts;
    if (loadMs === null) return limits.loadMs;
    return Math.min(limits.loadMs, Math.max(reloadFloorMs, loadMs * reloadFactor));
  }
}
