/**
 * The core of every bus: one queue, one exchange at a time, deadlines, silences, statistics and
 * recovery over a transport. What is asked and how the bytes look is the business of those above
 * and below.
 */
import { PpuriError } from '../config/errors.ts';
import { BusyMeter } from './busy-meter.ts';
import { modbusExceptionOf } from './describe.ts';
import type { BusStats, Instant, Priority } from './driver.ts';
import { LinkKeeper } from './link-keeper.ts';
import { JobQueue } from './queue.ts';
import type { Abandoned, DriverLog, Link, Settle, Transport } from './transport.ts';
import { UnitMonitor } from './unit-monitor.ts';
import { Wake } from './wake.ts';

/** More waiting than this means the polls ask for more than the bus can carry. */
const longestQueue = 1024;

export interface ExchangeQueueOptions<L extends Link> {
  readonly name: string;
  readonly transport: Transport<L>;
  /** Longest wait for one reply, unless the request says otherwise. */
  readonly timeoutMs: number;
  /** Unit → least ms from the end of one exchange to the next request: protects weak devices. */
  readonly unitGapMs?: ReadonlyMap<number, number>;
  readonly log?: DriverLog;
}

/** One thing to be asked. */
export interface Exchange<L extends Link, Reply> {
  readonly unit: number;
  readonly priority: Priority;
  readonly timeoutMs: number | undefined;
  /** For errors, e.g. `read holding 12..15`. */
  describe(): string;
  /** Sends the request; see `RegisterLink`. */
  begin(link: L, settle: Settle<Reply>): void;
  resolve(reply: Reply, at: Instant, roundTripMs: number): void;
  reject(error: PpuriError): void;
}

interface Job<L extends Link> {
  readonly priority: Priority;
  readonly unit: UnitMonitor;
  readonly exchange: Exchange<L, unknown>;
  sentMs: number;
  deadlineMs: number;
}

/** Pure until the first exchange: nothing is connected before. */
export class ExchangeQueue<L extends Link> {
  readonly name: string;
  readonly endpoint: string;
  readonly #timeoutMs: number;
  readonly #transport: Transport<L>;
  readonly #unitGapMs: ReadonlyMap<number, number>;
  readonly #keeper: LinkKeeper<L>;
  readonly #queue = new JobQueue<Job<L>>();
  readonly #units = new Map<number, UnitMonitor>();
  readonly #busy = new BusyMeter();
  readonly #wake = new Wake();
  #active: Job<L> | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #scheduled = false;
  /** Since when the line has not been quiet although a request waits; null: it is not so. */
  #noisySinceMs: number | null = null;
  /** Exchanges in a row, of whatever unit, that nothing answered. */
  #silences = 0;
  #closed = false;

  /** `held`: whether the link is wanted open with nothing to ask. */
  constructor(options: ExchangeQueueOptions<L>, held: () => boolean = () => false) {
    this.name = options.name;
    this.endpoint = options.transport.endpoint;
    this.#timeoutMs = options.timeoutMs;
    this.#transport = options.transport;
    this.#unitGapMs = options.unitGapMs ?? new Map();
    const events = {
      up: () => this.#pump(),
      down: (cause: PpuriError) => this.#failWaiting(cause),
      wanted: () => this.#queue.length > 0 || held(),
    };
    this.#keeper = new LinkKeeper(
      options.transport,
      events,
      options.timeoutMs,
      options.log ?? null,
    );
  }

  /** Settles `exchange` in its time, whatever happens. */
  submit<Reply>(exchange: Exchange<L, Reply>): void {
    const unit = this.#unit(exchange.unit);
    const job = { priority: exchange.priority, unit, sentMs: 0, deadlineMs: 0 };
    this.#enqueue({ ...job, exchange: exchange as Exchange<L, unknown> });
  }

  /** Opens the link unless it is open, on its way, or not to be tried yet. */
  demand(): void {
    if (!this.#closed) this.#keeper.demand();
  }

  /** The link has carried something whole that nobody asked for. */
  proven(): void {
    this.#keeper.proven();
  }

  stats(): BusStats {
    return {
      bus: this.name,
      ...this.#keeper.stats(),
      queued: this.#queue.length + (this.#active === null ? 0 : 1),
      use: this.#busy.share(performance.now()),
      units: [...this.#units.values()].map((unit) => unit.stats(this.#timeoutMs)),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake.cancel();
    clearTimeout(this.#deadline);
    const closing = this.#keeper.close();
    const active = this.#active;
    this.#active = null;
    active?.exchange.reject(this.#closedError(active));
    for (const job of this.#queue.drain()) job.exchange.reject(this.#closedError(job));
    await closing;
  }

  #unit(unit: number): UnitMonitor {
    const known = this.#units.get(unit);
    if (known !== undefined) return known;
    const added = new UnitMonitor(unit, this.#unitGapMs.get(unit) ?? 0);
    this.#units.set(unit, added);
    return added;
  }

  #enqueue(job: Job<L>): void {
    const refusal = this.#refusalOf(job);
    if (refusal !== null) {
      job.exchange.reject(refusal);
      return;
    }
    this.#queue.push(job);
    if (!this.#scheduled) this.#pump();
  }

  #refusalOf(job: Job<L>): PpuriError | null {
    if (this.#closed) return this.#closedError(job);
    const down = this.#keeper.refusal;
    if (down !== null) return this.#unavailable(job, down.message, down.hint, down);
    if (this.#queue.length >= longestQueue) {
      const hint =
        'the polls ask for more than this bus can carry: poll less or read bigger blocks';
      return this.#unavailable(job, `${longestQueue} requests wait already`, hint);
    }
    return this.#quietError(job, performance.now());
  }

  /**
   * A unit that does not answer is read at a falling rate, for its neighbours' sake; one whose late
   * reply may be under way is not read at all. A write goes out: it diverts a part, and no reply to
   * a read can be taken for its own.
   */
  #quietError(job: Job<L>, nowMs: number): PpuriError | null {
    if (job.priority === 'write') return null;
    const { unit, quietUntilMs, quarantinedUntilMs } = job.unit;
    const quarantineMs = quarantinedUntilMs - nowMs;
    if (quarantineMs > 0) {
      const why = `a late reply of unit ${unit} may still come; it is asked again in ${Math.ceil(quarantineMs)} ms`;
      return this.#unavailable(job, why, 'if it recurs, raise timeoutMs: the device is slow');
    }
    const waitMs = quietUntilMs - nowMs;
    if (waitMs <= 0 || this.#units.size === 1) return null;
    const why = `unit ${unit} does not answer; it is asked again in ${Math.ceil(waitMs)} ms`;
    return this.#unavailable(job, why, 'check its unit id, power and wiring');
  }

  #pump(): void {
    this.#scheduled = false;
    if (this.#active !== null || this.#closed || this.#queue.length === 0) return;
    const link = this.#keeper.link;
    if (link === null) this.#keeper.demand();
    else if (link.quietUntilMs === 0) this.#next(link);
    else this.#listenThenNext(link);
  }

  /**
   * After a busy moment a late reply may lie unread: what the port has is heard first, and only then
   * is it known whether the line is quiet.
   */
  #listenThenNext(link: L): void {
    const nowMs = performance.now();
    if (link.quietUntilMs > nowMs) {
      this.#waitForQuiet(link, nowMs);
      return;
    }
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#active !== null || this.#closed || this.#keeper.link !== link) this.#pump();
      else if (link.quietUntilMs > performance.now()) this.#listenThenNext(link);
      else this.#next(link);
    });
  }

  #next(link: L): void {
    const nowMs = performance.now();
    this.#noisySinceMs = null;
    const ready = (job: Job<L>): boolean => readyAtMs(job, link) <= nowMs;
    for (let job = this.#queue.take(ready); job !== null; job = this.#queue.take(ready)) {
      const quiet = this.#quietError(job, nowMs);
      if (quiet === null) {
        this.#send(job, link, nowMs);
        return;
      }
      job.exchange.reject(quiet);
    }
    if (this.#queue.length > 0) this.#sleep(link, nowMs);
  }

  /** A line that is never quiet would hold requests for ever. */
  #waitForQuiet(link: L, nowMs: number): void {
    this.#noisySinceMs ??= nowMs;
    const patienceEndMs = this.#noisySinceMs + 2 * this.#timeoutMs;
    if (nowMs < patienceEndMs) {
      this.#wake.at(Math.min(link.quietUntilMs, patienceEndMs), () => this.#pump());
      return;
    }
    this.#noisySinceMs = null;
    const hint =
      'another master, noise, a missing termination or a wrong baud rate; see ppuri scan';
    for (const job of this.#queue.drain()) {
      job.exchange.reject(this.#unavailable(job, 'the line is never quiet', hint));
    }
  }

  /** Every waiting unit wants its pause first. */
  #sleep(link: L, nowMs: number): void {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const job of this.#queue.waiting()) {
      earliestMs = Math.min(earliestMs, readyAtMs(job, link));
    }
    this.#wake.at(Math.max(nowMs, earliestMs), () => this.#pump());
  }

  #send(job: Job<L>, link: L, nowMs: number): void {
    this.#active = job;
    this.#wake.cancel();
    job.sentMs = nowMs;
    job.unit.sent();
    const longestMs = job.exchange.timeoutMs ?? this.#timeoutMs;
    job.deadlineMs = job.unit.timeoutMs(longestMs);
    this.#deadline = setTimeout(() => this.#deadlinePassed(job, link), job.deadlineMs);
    job.exchange.begin(link, (error, reply, at) => {
      if (this.#active === job) this.#settled(job, link, error, reply, at);
    });
  }

  #settled(job: Job<L>, link: L, error: PpuriError | null, reply: unknown, at: Instant): void {
    this.#release(job, link);
    if (error !== null) {
      this.#countError(job, error);
      job.exchange.reject(error);
      return;
    }
    this.#silences = 0;
    const roundTripMs = at.monoMs - job.sentMs;
    job.unit.answered(roundTripMs, at.wallMs, at.monoMs);
    this.#keeper.proven();
    job.exchange.resolve(reply, at, roundTripMs);
  }

  #release(job: Job<L>, link: L): void {
    this.#active = null;
    clearTimeout(this.#deadline);
    this.#busy.add(job.sentMs, Math.max(performance.now(), link.quietUntilMs));
    if (this.#queue.length === 0 || this.#scheduled) return;
    // After every continuation of the promise settled now: what it asks for next may be more
    // urgent than what waits.
    this.#scheduled = true;
    queueMicrotask(() => process.nextTick(() => this.#pump()));
  }

  #countError(job: Job<L>, error: PpuriError): void {
    const nowMs = performance.now();
    const exception = modbusExceptionOf(error);
    if (exception !== null) {
      this.#silences = 0;
      this.#keeper.proven();
      // 10 and 11 are a gateway's own words about a device it cannot reach.
      job.unit.exception(exception !== 10 && exception !== 11, nowMs - job.sentMs, nowMs);
    } else if (error.code === 'modbus-malformed' || error.code === 'line-malformed') {
      job.unit.malformed(nowMs, 'shape');
    } else job.unit.quarantine(nowMs + this.#transport.quarantineMs);
  }

  /** A reply that came in time may lie unread when the process was busy: it is read first. */
  #deadlinePassed(job: Job<L>, link: L): void {
    setImmediate(() => {
      if (this.#active === job) this.#timedOut(job, link);
    });
  }

  #timedOut(job: Job<L>, link: L): void {
    const left = link.abandon();
    const nowMs = performance.now();
    const error = this.#lateError(job, left);
    if (left.link === 'silence' && left.reply === 'damaged') job.unit.malformed(nowMs, 'checksum');
    else this.#unanswered(job, nowMs);
    this.#release(job, link);
    job.exchange.reject(error);
    if (left.link === 'lost' || this.#silences >= this.#transport.reopenAfter) {
      this.#silences = 0;
      this.#keeper.abandoned(error);
    }
  }

  #unanswered(job: Job<L>, nowMs: number): void {
    this.#silences += 1;
    job.unit.timedOut(job.deadlineMs, nowMs);
    job.unit.quarantine(nowMs + this.#transport.quarantineMs);
  }

  #lateError(job: Job<L>, left: Abandoned): PpuriError {
    const details = { operation: job.exchange.describe(), subject: this.#subject(job) };
    const instead = left.link === 'silence' ? left.instead : null;
    if (left.link === 'silence' && left.reply === 'damaged') {
      return new PpuriError(
        left.malformed ?? 'modbus-malformed',
        `the reply came damaged: ${instead}`,
        {
          ...details,
          hint: 'check termination, shielding and earthing of the line, baud rate and parity',
        },
      );
    }
    const but = instead === null ? '' : `, only ${instead}`;
    return new PpuriError('bus-timeout', `no matching reply within ${job.deadlineMs} ms${but}`, {
      ...details,
      hint: 'check unit id, power and wiring, or raise timeoutMs if the device is slow',
    });
  }

  #failWaiting(cause: PpuriError): void {
    for (const job of this.#queue.drain()) {
      job.exchange.reject(this.#unavailable(job, cause.message, cause.hint, cause));
    }
  }

  #subject(job: Job<L>): string {
    return `${this.endpoint} unit ${job.unit.unit}`;
  }

  #unavailable(job: Job<L>, why: string, hint: string, cause?: PpuriError): PpuriError {
    const details = { operation: job.exchange.describe(), subject: this.#subject(job) };
    return new PpuriError('bus-unavailable', why, { ...details, hint, cause });
  }

  #closedError(job: Job<L>): PpuriError {
    return new PpuriError('bus-closed', 'the bus was closed while a request waited', {
      operation: job.exchange.describe(),
      subject: this.#subject(job),
      hint: 'nothing was sent after the bus closed',
    });
  }
}

function readyAtMs(job: Job<Link>, link: Link): number {
  return Math.max(job.unit.readyAtMs, link.unitQuietUntilMs(job.unit.unit));
}
