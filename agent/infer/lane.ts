/**
 * A queue of predictions and the child that works it off. Whenever the set of models changes, a
 * second child is warmed with all of them and takes over between two runs, so that loading, however
 * long it takes or badly it ends, holds up no prediction; after a loss one is kept warm for a while.
 */
import type { PpuriError } from '../../config/errors.ts';
import { createBackoff } from './backoff.ts';
import type { Loss } from './host.ts';
import type { ChildStatus, ForkInfer, IncidentCause, InferLimits } from './inference.ts';
import { type Model, unavailable } from './model.ts';
import type { Pending } from './pending.ts';
import { Seat, type SeatHandlers } from './seat.ts';

export interface LaneEvents {
  /** A model that was awaited, or had been refused, is loaded and may be asked. */
  serving(model: Model): void;
  refused(model: Model, error: PpuriError): void;
  /** A child was lost while this model was loading or running; the lane still holds the model. */
  incident(model: Model, cause: IncidentCause, loss: Loss): void;
  /** A child was lost; told after the incident, if it was one. */
  lost(loss: Loss, pid: number | null): void;
  /** This long after a loss a child that holds every model has answered and is at work again. */
  back(afterMs: number): void;
  bloated(rssMiB: number): void;
  late(): void;
}

export interface LaneParts {
  readonly kind: 'shared' | 'own';
  readonly fork: ForkInfer;
  readonly limits: InferLimits;
  readonly events: LaneEvents;
  readonly nextId: () => number;
  /** Models with fewer are loaded first. */
  readonly incidentsOf: (model: Model) => number;
}

const never = Number.NEGATIVE_INFINITY;
/** A model awaited for the first time is given up after so many losses that were not its fault. */
const startTries = 3;
const loadTries = 10;
/** A run that takes longer than reading a snapshot would keep the real one waiting. */
const rehearsedMs = 5;

export class Lane {
  readonly #parts: LaneParts;
  readonly #models = new Map<string, Model>();
  readonly #queue: Pending[] = [];
  readonly #backoff;
  readonly #leaving = new Set<Promise<void>>();
  #current: Seat | null = null;
  #next: Seat | null = null;
  /** `next` shall take over when it is settled, rather than stay a spare. */
  #replacing = false;
  #spareUntil = never;
  #spareTimer: NodeJS.Timeout | undefined;
  #lostAt: number | null = null;
  #notBefore = never;
  #waitTimer: NodeJS.Timeout | undefined;
  #failedStarts = 0;
  #closed = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#backoff = createBackoff(parts.limits.backoffCapMs);
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** The child at work has loaded it. */
  holds(model: Model): boolean {
    return this.#current?.holds(model) ?? false;
  }

  /** Nothing runs or waits. */
  get quiet(): boolean {
    return this.#queue.length === 0 && (this.#current?.idle ?? true);
  }

  add(model: Model): void {
    this.#models.set(model.hash, model);
    const current = this.#current;
    // A child that is still loading has nothing to hold up, or is being waited for anyway.
    if (current !== null && !current.settled && current.want(model)) this.#drive(current);
    this.#plan();
  }

  /** Takes a model out; gives back the predictions that waited for it. */
  remove(model: Model): Pending[] {
    this.#models.delete(model.hash);
    this.#current?.drop(model);
    this.#next?.drop(model);
    const theirs = this.#queue.filter((pending) => pending.model === model);
    for (const pending of theirs) this.#unqueue(pending);
    this.#plan();
    return theirs;
  }

  enqueue(pending: Pending): void {
    this.#queue.push(pending);
    if (this.#current !== null) this.#drive(this.#current);
    if (this.#queue.includes(pending)) pending.keepInput();
  }

  /** Only with nothing else to do, and only a model that holds nobody up. */
  rehearse(model: Model): void {
    const seat = this.#current;
    const input = model.request.golden.inputs[0];
    const quick = model.runMs !== null && model.runMs <= rehearsedMs;
    if (!quick || input === undefined || !seat?.idle || !seat.holds(model)) return;
    seat.rehearse(model, input);
  }

  /** The deadline of a prediction of this lane has come. */
  expire(pending: Pending): void {
    this.#unqueue(pending);
    const seat = this.#current;
    if (seat?.pending === pending) {
      pending.fail('deadline-missed', 'the model was still running');
    } else if (seat?.holds(pending.model)) {
      const other = seat.pending?.model.label ?? 'another request';
      pending.fail('deadline-missed', `waited behind ${other}`);
    } else {
      pending.fail('inference-restarting', 'the child that runs this model was restarting');
    }
  }

  children(): ChildStatus[] {
    const { kind } = this.#parts;
    const seats = [this.#current, this.#next].filter((seat) => seat !== null);
    const down: ChildStatus = { kind, state: 'down', pid: null, rssMiB: null, models: [] };
    const isDown = this.#current === null && this.#models.size > 0;
    return [
      ...(isDown ? [down] : []),
      ...seats.map((seat) => ({
        kind,
        state: this.#stateOf(seat),
        pid: seat.pid,
        rssMiB: seat.rssMiB,
        models: seat.models,
      })),
    ];
  }

  /** Settles what waits, ends the children; resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#waitTimer);
    clearTimeout(this.#spareTimer);
    for (const pending of this.#queue.splice(0)) pending.fail('inference-lost', 'closing');
    this.#stopAll();
    await Promise.all(this.#leaving);
  }

  #stateOf(seat: Seat): ChildStatus['state'] {
    const spare = seat === this.#next && !this.#replacing && seat.state === 'ready';
    return spare ? 'spare' : seat.state;
  }

  #unqueue(pending: Pending): void {
    const index = this.#queue.indexOf(pending);
    if (index >= 0) this.#queue.splice(index, 1);
  }

  #stopAll(): void {
    this.#current?.stop();
    this.#next?.stop();
  }

  /** Brings about the children that there shall be. Whatever changed, this may be called. */
  #plan(): void {
    if (this.#closed) return;
    if (this.#models.size === 0) this.#stopAll();
    else if (this.#current !== null) this.#planNext(this.#current);
    else if (this.#next !== null) this.#promote(this.#next);
    else this.#spawn();
  }

  #planNext(current: Seat): void {
    if (!current.settled) return;
    this.#tellBack(current);
    const missing = [...this.#models.values()].filter(
      (model) => model.state !== 'refused' && !current.holds(model),
    );
    this.#replacing ||= missing.length > 0;
    const next = this.#next;
    if (next === null) {
      if (this.#replacing || performance.now() < this.#spareUntil) this.#spawn();
      return;
    }
    // A warm spare learns what has been asked for since it was warmed.
    const news = missing.filter((model) => next.want(model));
    if (news.length > 0) this.#drive(next);
    if (this.#replacing && next.settled && current.idle) this.#promote(next);
  }

  /** Only for a child that has answered since: being asked something, it may yet be found gone. */
  #tellBack(current: Seat): void {
    if (this.#lostAt === null || !current.idle) return;
    const afterMs = performance.now() - this.#lostAt;
    this.#lostAt = null;
    this.#parts.events.back(afterMs);
  }

  #spawn(): void {
    clearTimeout(this.#waitTimer);
    const waitMs = this.#notBefore - performance.now();
    if (waitMs > 0) {
      this.#waitTimer = setTimeout(() => this.#plan(), Math.ceil(waitMs));
      return;
    }
    const { incidentsOf, limits, nextId, fork } = this.#parts;
    const models = [...this.#models.values()].sort((a, b) => incidentsOf(a) - incidentsOf(b));
    const seat = new Seat({ limits, nextId, handlers: this.#seatHandlers() }, models);
    if (this.#current === null) this.#current = seat;
    else this.#next = seat;
    this.#leaving.add(seat.gone);
    void seat.gone.then(() => this.#leaving.delete(seat.gone));
    seat.start(fork);
  }

  #seatHandlers(): SeatHandlers {
    const { events } = this.#parts;
    return {
      idle: (seat) => {
        this.#failedStarts = 0;
        const proven = seat === this.#current && seat.settled && this.#lostAt !== null;
        if (proven) this.#plan();
        this.#drive(seat);
      },
      loaded: (seat, model) => {
        if (!this.#models.has(model.hash)) seat.drop(model);
        else if (seat === this.#current) this.#serve(model);
      },
      refused: events.refused,
      late: events.late,
      lost: (seat, loss) => this.#lost(seat, loss),
      bloated: (seat, rssMiB) => {
        if (this.#replacing || seat !== this.#current) return;
        this.#replacing = true;
        events.bloated(rssMiB);
        this.#plan();
      },
    };
  }

  /** The next child becomes the one that works. */
  #promote(seat: Seat): void {
    const old = this.#current;
    this.#current = seat;
    this.#next = null;
    this.#replacing = false;
    old?.stop();
    for (const model of [...this.#models.values()]) {
      if (seat.holds(model)) this.#serve(model);
    }
    // What ended its predecessor may have ended this one too, unheard of yet.
    if (this.#lostAt !== null && seat.idle) seat.prove();
    this.#drive(seat);
    this.#plan();
  }

  #serve(model: Model): void {
    if (model.state !== 'serving') this.#parts.events.serving(model);
  }

  /** What this child does now: a prediction that waits, else a load, else nothing more. */
  #drive(seat: Seat): void {
    if (!seat.idle) return;
    if (seat === this.#current) {
      if (this.#replacing && this.#next?.settled) {
        this.#promote(this.#next);
        return;
      }
      const pending = this.#takeRunnable(seat);
      if (pending !== null) {
        seat.run(pending);
        return;
      }
    }
    if (seat.loadNext((model) => this.#queue.some((pending) => pending.model === model))) return;
    if (seat.settled) return;
    seat.settle();
    this.#plan();
  }

  #takeRunnable(seat: Seat): Pending | null {
    const runnable = (pending: Pending): boolean => seat.holds(pending.model);
    const first = this.#queue.findIndex((pending) => pending.forVerdict && runnable(pending));
    const index = first >= 0 ? first : this.#queue.findIndex(runnable);
    return index < 0 ? null : (this.#queue.splice(index, 1)[0] ?? null);
  }

  #lost(seat: Seat, loss: Loss): void {
    const wasCurrent = seat === this.#current;
    if (wasCurrent) this.#current = null;
    else if (seat === this.#next) this.#next = null;
    const reason = loss.cause === 'hang' ? 'hard-limit' : 'inference-lost';
    seat.pending?.fail(reason, loss.detail);
    if (loss.cause !== 'stopped' && !this.#closed) {
      this.#notBefore = performance.now() + this.#backoff.lost(loss.readyMs);
      if (wasCurrent) {
        this.#lostAt ??= performance.now();
        this.#keepSpare();
      }
      if (seat.pending?.blames !== false) this.#blame(loss);
      this.#parts.events.lost(loss, seat.pid);
    }
    this.#plan();
  }

  #blame(loss: Loss): void {
    const { cause } = loss;
    const model = this.#models.get(loss.running ?? '');
    if (cause === 'start') this.#startFailed(loss);
    if (model === undefined) return;
    if (cause === 'hang' || cause === 'crash' || cause === 'memory') {
      this.#parts.events.incident(model, cause, loss);
      return;
    }
    model.tries += 1;
    if (model.state === 'loading' && model.tries >= loadTries) this.#giveUp(model, loss);
  }

  #startFailed(loss: Loss): void {
    this.#failedStarts += 1;
    if (this.#failedStarts < startTries) return;
    for (const model of [...this.#models.values()]) {
      if (model.state === 'loading') this.#giveUp(model, loss);
    }
  }

  #giveUp(model: Model, loss: Loss): void {
    const hint = 'run `ppuri doctor`: it loads ONNX Runtime in a child and says what is wrong';
    const text = `inference does not start: ${loss.detail}`;
    this.#parts.events.refused(model, unavailable(model.label, text, hint));
  }

  /** A model that runs alone keeps nobody waiting but itself. */
  #keepSpare(): void {
    const { kind, limits } = this.#parts;
    if (kind === 'own') return;
    this.#spareUntil = performance.now() + limits.spareMs;
    clearTimeout(this.#spareTimer);
    this.#spareTimer = setTimeout(() => {
      this.#spareUntil = never;
      if (!this.#replacing) this.#next?.stop();
    }, limits.spareMs).unref();
  }
}
