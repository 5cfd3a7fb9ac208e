/**
 * Brings what is kept to one target: connects, for ever, sends live records first and the backlog
 * behind them, and notes what was acknowledged. It holds no more records than the target's window.
 */
import { PpuriError } from '../../config/errors.ts';
import { Budget } from './budget.ts';
import { fenced } from './fence.ts';
import {
  AnswerError,
  type Connection,
  type CourierFacts,
  type DeliverableRecord,
  type Lane,
  type Outbox,
  type Target,
} from './target.ts';
import { type Tell, Tidings } from './tidings.ts';
import { Triage } from './triage.ts';

export interface CourierOptions<R extends DeliverableRecord> {
  readonly target: Target;
  readonly outbox: Outbox<R>;
  /** Absent: no limit. */
  readonly bytesPerSecond?: number;
  readonly tell: Tell;
  /** `rest`: it passes, and is tried again; `end`: this courier ends, and its owner makes it anew. */
  readonly onStoreTrouble: (thrown: unknown) => 'rest' | 'end';
}

/** First wait after a failed connection; doubles up to a minute. */
const firstRetryMs = 500;
const lastRetryMs = 60_000;
/** Longest wait for one acknowledgement while the connection seems to be there. */
const silentMs = 20_000;
/** Records read at one time: live ones wait for no more than these. */
const pageRecords = 50;
const firstWindow = 4;
/** A store that is full passes. */
const storeRestMs = 2000;
const now = (): number => performance.now();

const keyOf = ({ boot, seq }: DeliverableRecord): string => `${boot}/${seq}`;

function fault(subject: string, thrown: unknown): PpuriError {
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return new PpuriError('sync-interrupted', `the transport failed: ${said}`, {
    operation: 'deliver records',
    subject,
    hint: 'nothing is lost: what was not acknowledged comes again',
    cause: thrown,
  });
}

export class Courier<R extends DeliverableRecord> {
  readonly #options: CourierOptions<R>;
  readonly #budget: Budget;
  readonly #tidings: Tidings;
  readonly #triage = new Triage<R>(now);
  #connection: Connection | null = null;
  #underWay = 0;
  /** Bounds the window: on a line that breaks soon after each start, little must get through. */
  #proven = firstWindow;
  #retryMs = firstRetryMs;
  #timer: NodeJS.Timeout | null = null;
  #pumping: NodeJS.Immediate | null = null;
  #error: PpuriError | null = null;
  #latest: Connection | null = null;
  /** The connection whose failure counted already. */
  #failedOn: Connection | null = null;
  #retryAtMs: number | null = null;
  #closed = false;
  #connecting = false;
  #onFault: (thrown: unknown) => void = () => undefined;
  readonly #ending = new AbortController();
  readonly #sums = { delivered: 0, refused: 0, bytes: 0, connections: 0 };

  constructor(options: CourierOptions<R>) {
    this.#options = options;
    this.#budget = new Budget(options.bytesPerSecond ?? Number.POSITIVE_INFINITY);
    this.#tidings = new Tidings(options.tell, now);
    void this.#connect();
  }

  /** Records were kept. */
  wake(): void {
    if (this.#closed) return;
    this.#pumping ??= setImmediate(() => this.#pump());
  }

  facts(): CourierFacts {
    const connected = this.#connection !== null;
    const error = this.#error;
    const { held } = this.#triage;
    const [first] = held;
    return {
      state: connected ? 'connected' : this.#connecting ? 'connecting' : 'waiting',
      error: error === null ? null : { code: error.code, message: error.message, hint: error.hint },
      retryInMs: this.#retryAtMs === null ? null : Math.max(0, this.#retryAtMs - now()),
      held:
        first === undefined
          ? null
          : { count: held.length, first: keyOf(first.record), why: first.why },
      ...this.#sums,
    };
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#pumping !== null) clearImmediate(this.#pumping);
    this.#ending.abort();
    this.#connection?.close();
  }

  async #connect(): Promise<void> {
    this.#connecting = true;
    this.#retryAtMs = null;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    this.#onFault = (thrown) => {
      const why = fault(this.#options.target.name, thrown);
      failed.reject(why);
      this.#faulted(why);
    };
    try {
      const opening = fenced(this.#onFault, () => this.#open());
      const connection = await Promise.race([opening ?? failed.promise, failed.promise]);
      if (this.#closed) connection.close();
      else this.#begin(connection);
    } catch (thrown) {
      if (thrown instanceof PpuriError) this.#again(thrown);
      else this.#storeTrouble(thrown);
    } finally {
      this.#connecting = false;
    }
  }

  #open(): Promise<Connection> {
    return this.#options.target.connect({
      signal: this.#ending.signal,
      onWaiting: (why) => this.#troubled(why),
    });
  }

  /** The library beneath the connection threw; what it says of itself from now on counts for nothing. */
  #faulted(why: PpuriError): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#lost(connection, why);
    fenced(
      () => undefined,
      () => connection.close(),
    );
  }

  /** Throws what reading the store throws. */
  #begin(connection: Connection): void {
    this.#connection = connection;
    this.#latest = connection;
    this.#sums.connections += 1;
    this.#underWay = 0;
    this.#proven = firstWindow;
    void connection.ended.then((why) => this.#lost(connection, why));
    this.#options.outbox.begin();
    this.wake();
  }

  #lost(connection: Connection, why: PpuriError): void {
    if (this.#closed || this.#connection !== connection) return;
    this.#connection = null;
    this.#again(why, connection.retryAfterMs);
  }

  #troubled(why: PpuriError): void {
    this.#tidings.trouble(why);
    this.#error = why;
  }

  #again(why: PpuriError, leastMs = 0): void {
    if (this.#closed) return;
    this.#troubled(why);
    if (this.#triage.narrowing) this.#retryMs = firstRetryMs;
    const waitMs = Math.max(leastMs, this.#retryMs * (0.5 + Math.random() / 2));
    this.#retryMs = Math.min(lastRetryMs, this.#retryMs * 2);
    this.#connectIn(waitMs);
  }

  #connectIn(ms: number): void {
    this.#retryAtMs = now() + ms;
    this.#wait(ms, () => void this.#connect());
  }

  #wait(ms: number, then: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #pump(): void {
    this.#pumping = null;
    const connection = this.#connection;
    if (connection === null || this.#closed) return;
    const window = Math.min(connection.window, this.#proven, this.#triage.most);
    const room = window - this.#underWay;
    if (room < Math.max(1, Math.min(pageRecords, window / 2))) return;
    const waitMs = this.#budget.waitMs();
    if (waitMs > 0) this.#wait(waitMs, () => this.wake());
    else this.#sendNext(connection, room);
  }

  #sendNext(connection: Connection, room: number): void {
    try {
      const page = Math.max(pageRecords, connection.batch);
      const limit = Math.min(room, page, this.#budget.most());
      const [lane, records] = this.#next(limit);
      for (let from = 0; from < records.length; from += connection.batch)
        this.#send(connection, records.slice(from, from + connection.batch), lane);
      if (records.length === 0) this.#awaitHeld();
    } catch (thrown) {
      this.#storeTrouble(thrown);
    }
  }

  #next(limit: number): [Lane, R[]] {
    const { outbox } = this.#options;
    for (const lane of ['alert', 'live'] as const) {
      const records = outbox.next(lane, limit);
      if (records.length > 0) return [lane, records];
    }
    const due = this.#triage.due();
    return ['backlog', due === null ? outbox.next('backlog', limit) : [due]];
  }

  /** Nothing else is to be sent. */
  #awaitHeld(): void {
    const dueMs = this.#triage.nextDueMs;
    if (dueMs !== null) this.#wait(Math.max(0, dueMs - now()), () => this.wake());
  }

  #send(connection: Connection, records: R[], lane: Lane): void {
    const sent = fenced(this.#onFault, () => connection.send(records, lane));
    if (sent === undefined) return;
    const { bytes, done } = sent;
    this.#underWay += records.length;
    this.#budget.spend(bytes, records.length);
    this.#sums.bytes += bytes;
    const late = setTimeout(() => connection.close(), silentMs);
    const isCurrent = (): boolean => this.#connection === connection && !this.#closed;
    done
      .finally(() => clearTimeout(late))
      .then(
        () => isCurrent() && this.#delivered(connection, records),
        (error: unknown) => {
          if (isCurrent()) this.#failed(connection, records, lane, error);
          // The connection may have ended by the very answer, and that have come first.
          else if (this.#latest === connection) this.#answered(connection, records, error);
        },
      );
    this.wake();
  }

  #delivered(connection: Connection, records: R[]): void {
    this.#underWay -= records.length;
    this.#proven += records.length;
    this.#sums.delivered += records.length;
    this.#retryMs = firstRetryMs;
    this.#tidings.well();
    this.#error = null;
    const again = this.#triage.taken(records);
    this.#sayHeld();
    this.#note((outbox) => outbox.done(records));
    for (const record of again) this.#send(connection, [record], 'backlog');
  }

  #note(what: (outbox: Outbox<R>) => void): void {
    try {
      what(this.#options.outbox);
      this.wake();
    } catch (thrown) {
      this.#storeTrouble(thrown);
    }
  }

  /** What is not taken must not hold up the others. */
  #failed(connection: Connection, records: R[], lane: Lane, error: unknown): void {
    this.#underWay -= records.length;
    const [record] = records;
    if (!(error instanceof PpuriError) || error.code !== 'sync-refused' || record === undefined)
      this.#answered(connection, records, error);
    else if (records.length > 1) for (const one of records) this.#send(connection, [one], lane);
    else this.#refused(connection, record, error);
  }

  /** The connection is over; where the other side said why, it may be because of what was sent. */
  #answered(connection: Connection, records: R[], error: unknown): void {
    const isFirst = this.#failedOn !== connection;
    this.#failedOn = connection;
    connection.close();
    if (!(error instanceof AnswerError) || !isFirst || this.#closed) return;
    const [record] = records;
    if (this.#triage.failed(records, error) && record !== undefined)
      this.#note((outbox) => outbox.aside(record, true));
    this.#checkAny();
  }

  #refused(connection: Connection, record: R, error: PpuriError): void {
    const outcome = this.#triage.refused(record, error);
    if (outcome === 'given-up') {
      this.#sums.refused += 1;
      const text = `${keyOf(record)} cannot be delivered: ${error.message}; it stays in the store, and \`ppuri ledger\` counts all such`;
      this.#tidings.ofRecord('sync-refused', 'error', text);
      this.#note((outbox) => outbox.refused(record, error.message));
      return;
    }
    this.#note((outbox) => outbox.aside(record, true));
    if (!this.#checkAny()) return;
    const { subject } = error;
    this.#lost(
      connection,
      new PpuriError('sync-takes-nothing', `nothing is taken any more: ${error.message}`, {
        operation: 'deliver records',
        subject,
        hint: 'nothing is given up: put the target or the way to it right, and all comes again',
      }),
    );
    connection.close();
  }

  /** True where it is not single records that are not taken: those aside wait with the others. */
  #checkAny(): boolean {
    const all = this.#triage.nothingTaken();
    if (all !== null)
      this.#note((outbox) => {
        for (const record of all) outbox.aside(record, false);
      });
    return all !== null;
  }

  #sayHeld(): void {
    const { held } = this.#triage;
    const [first] = held;
    if (first === undefined) return;
    const others = held.length === 1 ? '' : ` (and ${held.length - 1} more)`;
    const text = `${keyOf(first.record)}${others} is not taken: ${first.why}; the others are, it is tried again now and then`;
    this.#tidings.ofRecord('sync-held', 'warn', text);
  }

  #storeTrouble(thrown: unknown): void {
    if (this.#closed) return;
    if (this.#options.onStoreTrouble(thrown) === 'end') this.close();
    else if (this.#connection === null) this.#connectIn(storeRestMs);
    else this.#wait(storeRestMs, () => this.wake());
  }
}
