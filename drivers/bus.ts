/**
 * The core of every bus: one queue, one exchange at a time, deadlines, statistics and recovery over
 * a transport. What the bytes look like is the transport's business.
 */
import { PpuriError } from '../config/errors.ts';
import { describeRead, describeWrite, modbusExceptionOf } from './describe.ts';
import type {
  BlockReading,
  Bus,
  BusStats,
  Instant,
  Priority,
  ReadRequest,
  WritableRegister,
  WriteRequest,
} from './driver.ts';
import { LinkKeeper } from './link-keeper.ts';
import { JobQueue } from './queue.ts';
import { checkRead, checkWrite } from './request-check.ts';
import type { DriverLog, Link, Transport } from './transport.ts';
import { UnitMonitor } from './unit-monitor.ts';

/** More waiting than this means the polls ask for more than the bus can carry. */
const longestQueue = 1024;

export interface QueuedBusOptions {
  readonly name: string;
  readonly transport: Transport;
  /** Longest wait for one reply, unless the request says otherwise. */
  readonly timeoutMs: number;
  /** Absent: the bus never writes. */
  readonly writable?: readonly WritableRegister[];
  /** Unit → least ms from the end of one exchange to the next request: protects weak PLCs. */
  readonly unitGapMs?: ReadonlyMap<number, number>;
  readonly log?: DriverLog;
}

interface JobShape {
  readonly priority: Priority;
  readonly unit: UnitMonitor;
  readonly timeoutMs: number;
  readonly reject: (error: PpuriError) => void;
  sentMs: number;
}

type Job =
  | (JobShape & {
      readonly kind: 'read';
      readonly request: ReadRequest;
      readonly resolve: (reading: BlockReading) => void;
    })
  | (JobShape & {
      readonly kind: 'write';
      readonly request: WriteRequest;
      readonly resolve: (confirmed: Instant) => void;
    });

/** Pure: nothing is connected before the first request. */
export function createQueuedBus(options: QueuedBusOptions): Bus {
  return new QueuedBus(options);
}

class QueuedBus implements Bus {
  readonly name: string;
  readonly endpoint: string;
  readonly #timeoutMs: number;
  readonly #writable: readonly WritableRegister[];
  readonly #unitGapMs: ReadonlyMap<number, number>;
  readonly #keeper: LinkKeeper;
  readonly #queue = new JobQueue<Job>();
  readonly #units = new Map<number, UnitMonitor>();
  #active: Job | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #wake: NodeJS.Timeout | undefined;
  #scheduled = false;
  /** The link needs silence after a time-out. */
  #resting = false;
  #closed = false;

  constructor(options: QueuedBusOptions) {
    this.name = options.name;
    this.endpoint = options.transport.endpoint;
    this.#timeoutMs = options.timeoutMs;
    this.#writable = options.writable ?? [];
    this.#unitGapMs = options.unitGapMs ?? new Map();
    const events = {
      up: () => this.#pump(),
      down: (cause: PpuriError) => this.#failWaiting(cause),
      wanted: () => this.#queue.length > 0,
    };
    this.#keeper = new LinkKeeper(
      options.transport,
      events,
      options.timeoutMs,
      options.log ?? null,
    );
  }

  read(request: ReadRequest): Promise<BlockReading> {
    return new Promise((resolve, reject) => {
      const unfit = checkRead(request, this.name);
      if (unfit !== null) reject(unfit);
      else {
        const { priority, timeoutMs = this.#timeoutMs } = request;
        const unit = this.#unit(request.unit);
        this.#enqueue({
          kind: 'read',
          request,
          priority,
          unit,
          timeoutMs,
          resolve,
          reject,
          sentMs: 0,
        });
      }
    });
  }

  write(request: WriteRequest): Promise<Instant> {
    return new Promise((resolve, reject) => {
      const refused = checkWrite(request, this.#writable, this.name);
      if (refused !== null) reject(refused);
      else {
        const { timeoutMs = this.#timeoutMs } = request;
        const unit = this.#unit(request.unit);
        const priority = 'write';
        this.#enqueue({
          kind: 'write',
          request,
          priority,
          unit,
          timeoutMs,
          resolve,
          reject,
          sentMs: 0,
        });
      }
    });
  }

  stats(): BusStats {
    return {
      bus: this.name,
      ...this.#keeper.stats(),
      queued: this.#queue.length + (this.#active === null ? 0 : 1),
      units: [...this.#units.values()].map((unit) => unit.stats()),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#wake);
    clearTimeout(this.#deadline);
    this.#keeper.close();
    const active = this.#active;
    this.#active = null;
    active?.reject(closedError(active, this.endpoint));
    for (const job of this.#queue.drain()) job.reject(closedError(job, this.endpoint));
  }

  #unit(unit: number): UnitMonitor {
    const known = this.#units.get(unit);
    if (known !== undefined) return known;
    const added = new UnitMonitor(unit, this.#unitGapMs.get(unit) ?? 0);
    this.#units.set(unit, added);
    return added;
  }

  #enqueue(job: Job): void {
    const refusal = this.#refusalOf(job);
    if (refusal !== null) {
      job.reject(refusal);
      return;
    }
    this.#queue.push(job);
    if (!this.#scheduled) this.#pump();
  }

  #refusalOf(job: Job): PpuriError | null {
    if (this.#closed) return closedError(job, this.endpoint);
    const down = this.#keeper.refusal;
    if (down !== null) return unavailable(job, this.endpoint, down.message, down.hint, down);
    if (this.#queue.length >= longestQueue) {
      const hint =
        'the polls ask for more than this bus can carry: poll less or read bigger blocks';
      return unavailable(job, this.endpoint, `${longestQueue} requests wait already`, hint);
    }
    return this.#quietError(job, performance.now());
  }

  /** A unit that does not answer is read at a falling rate, for its neighbours' sake. */
  #quietError(job: Job, nowMs: number): PpuriError | null {
    const waitMs = job.unit.quietUntilMs - nowMs;
    if (waitMs <= 0 || job.kind === 'write' || this.#units.size === 1) return null;
    const why = `unit ${job.unit.unit} does not answer; it is asked again in ${Math.ceil(waitMs)} ms`;
    return unavailable(job, this.endpoint, why, 'check its unit id, power and wiring');
  }

  #pump(): void {
    this.#scheduled = false;
    if (this.#active !== null || this.#resting || this.#closed) return;
    const link = this.#keeper.link;
    if (link !== null) this.#next(link);
    else if (this.#queue.length > 0) this.#keeper.demand();
  }

  #next(link: Link): void {
    const nowMs = performance.now();
    const ready = (job: Job): boolean => job.unit.readyAtMs <= nowMs;
    for (let job = this.#queue.take(ready); job !== null; job = this.#queue.take(ready)) {
      const quiet = this.#quietError(job, nowMs);
      if (quiet === null) {
        this.#send(job, link, nowMs);
        return;
      }
      job.reject(quiet);
    }
    if (this.#queue.length > 0) this.#sleep(nowMs);
  }

  /** Every waiting unit wants its pause first. */
  #sleep(nowMs: number): void {
    let readyAtMs = Number.POSITIVE_INFINITY;
    for (const job of this.#queue.waiting()) readyAtMs = Math.min(readyAtMs, job.unit.readyAtMs);
    clearTimeout(this.#wake);
    this.#wake = setTimeout(() => this.#pump(), Math.max(1, Math.ceil(readyAtMs - nowMs)));
  }

  #send(job: Job, link: Link, nowMs: number): void {
    this.#active = job;
    job.sentMs = nowMs;
    job.unit.sent();
    this.#deadline = setTimeout(() => this.#deadlinePassed(job, link), job.timeoutMs);
    const settle = (error: PpuriError | null, words: readonly number[], at: Instant): void => {
      if (this.#active === job) this.#settled(job, error, words, at);
    };
    if (job.kind === 'read') link.read(job.request, settle);
    else link.write(job.request, settle);
  }

  #settled(job: Job, error: PpuriError | null, words: readonly number[], at: Instant): void {
    this.#release();
    if (error !== null) {
      this.#countError(job, error);
      job.reject(error);
      return;
    }
    const roundTripMs = at.monoMs - job.sentMs;
    job.unit.answered(roundTripMs, at.wallMs, at.monoMs);
    this.#keeper.proven();
    if (job.kind === 'read') job.resolve({ request: job.request, words, at, roundTripMs });
    else job.resolve(at);
  }

  #release(): void {
    this.#active = null;
    clearTimeout(this.#deadline);
    if (this.#queue.length === 0 || this.#scheduled) return;
    // After every continuation of the promise settled now: what it asks for next may be more
    // urgent than what waits.
    this.#scheduled = true;
    queueMicrotask(() => process.nextTick(() => this.#pump()));
  }

  #countError(job: Job, error: PpuriError): void {
    const nowMs = performance.now();
    const exception = modbusExceptionOf(error);
    if (exception !== null) {
      this.#keeper.proven();
      // 10 and 11 are a gateway's own words about a device it cannot reach.
      job.unit.exception(exception !== 10 && exception !== 11, nowMs - job.sentMs, nowMs);
    } else if (error.code === 'modbus-malformed') job.unit.malformed(nowMs);
  }

  /** A reply that came in time may lie unread when the process was busy: it is read first. */
  #deadlinePassed(job: Job, link: Link): void {
    setImmediate(() => {
      if (this.#active === job) this.#timedOut(job, link);
    });
  }

  #timedOut(job: Job, link: Link): void {
    const error = new PpuriError('bus-timeout', `no matching reply within ${job.timeoutMs} ms`, {
      ...ofJob(job, this.endpoint),
      hint: 'check unit id, power and wiring, or raise timeoutMs if the device is slow',
    });
    job.unit.timedOut(job.timeoutMs, performance.now());
    const rest = link.abandon();
    this.#release();
    job.reject(error);
    if (rest === 'lost') {
      this.#keeper.abandoned(error);
      return;
    }
    this.#resting = true;
    const rested = (): void => {
      this.#resting = false;
      this.#pump();
    };
    rest.then(rested, rested);
  }

  #failWaiting(cause: PpuriError): void {
    for (const job of this.#queue.drain()) {
      job.reject(unavailable(job, this.endpoint, cause.message, cause.hint, cause));
    }
  }
}

function ofJob(job: Job, endpoint: string): { operation: string; subject: string } {
  const operation = job.kind === 'read' ? describeRead(job.request) : describeWrite(job.request);
  return { operation, subject: `${endpoint} unit ${job.unit.unit}` };
}

function unavailable(
  job: Job,
  endpoint: string,
  why: string,
  hint: string,
  cause?: PpuriError,
): PpuriError {
  return new PpuriError('bus-unavailable', why, { ...ofJob(job, endpoint), hint, cause });
}

function closedError(job: Job, endpoint: string): PpuriError {
  const details = { ...ofJob(job, endpoint), hint: 'nothing was sent after the bus closed' };
  return new PpuriError('bus-closed', 'the bus was closed while a request waited', details);
}
