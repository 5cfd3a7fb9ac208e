/**
 * Brings what is kept to one target: connects, for ever, sends live records first and the backlog
 * behind them, and notes what was acknowledged. It holds no more records than the target's window.
 */
import { PpuriError } from '../../config/errors.ts';
import { Budget } from './budget.ts';
import { fenced } from './fence.ts';
import type {
  Connection,
  CourierFacts,
  DeliverableRecord,
  Lane,
  Outbox,
  Target,
} from './target.ts';

export interface CourierOptions<R extends DeliverableRecord> {
  readonly target: Target;
  readonly outbox: Outbox<R>;
  /** Absent: no limit. */
  readonly bytesPerSecond?: number;
  readonly tell: (kind: string, level: 'info' | 'warn' | 'error', text: string) => void;
  /** The store cannot be read; ends this courier, which its owner makes anew. */
  readonly onStoreTrouble: (thrown: unknown) => void;
}

/** First wait after a failed connection; doubles up to a minute. */
const firstRetryMs = 500;
const lastRetryMs = 60_000;
/** Longest wait for one acknowledgement while the connection seems to be there. */
const silentMs = 20_000;
/** Records read at one time: live ones wait for no more than these. */
const pageRecords = 50;
const firstWindow = 4;
const someoneMustAct = new Set(['sync-untrusted', 'sync-denied', 'sync-no-receiver']);
/** What is said of refused records is a record too, and may be refused. */
const sayRefusedEveryMs = 3_600_000;

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
  #connection: Connection | null = null;
  #underWay = 0;
  /** Bounds the window: on a line that breaks soon after each start, little must get through. */
  #proven = firstWindow;
  #retryMs = firstRetryMs;
  #timer: NodeJS.Timeout | null = null;
  #pumping: NodeJS.Immediate | null = null;
  #error: PpuriError | null = null;
  #saidRefusedMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  #connecting = false;
  #onFault: (thrown: unknown) => void = () => undefined;
  readonly #ending = new AbortController();
  readonly #sums = { delivered: 0, refused: 0, bytes: 0, connections: 0 };

  constructor(options: CourierOptions<R>) {
    this.#options = options;
    this.#budget = new Budget(options.bytesPerSecond ?? Number.POSITIVE_INFINITY);
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
    return {
      state: connected ? 'connected' : this.#connecting ? 'connecting' : 'waiting',
      error: error === null ? null : { code: error.code, message: error.message },
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

  /** Nothing is lost by waiting; the same trouble is said once. */
  #troubled(why: PpuriError): void {
    if (this.#error?.code !== why.code) {
      const act = someoneMustAct.has(why.code);
      const text = `${why.message}; records are kept and sent later. ${why.hint ?? ''}`.trim();
      this.#options.tell(why.code, act ? 'error' : 'warn', text);
    }
    this.#error = why;
  }

  #again(why: PpuriError, leastMs = 0): void {
    if (this.#closed) return;
    this.#troubled(why);
    const waitMs = Math.max(leastMs, this.#retryMs * (0.5 + Math.random() / 2));
    this.#retryMs = Math.min(lastRetryMs, this.#retryMs * 2);
    this.#wait(waitMs, () => void this.#connect());
  }

  #wait(ms: number, then: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #pump(): void {
    this.#pumping = null;
    const connection = this.#connection;
    if (connection === null || this.#closed) return;
    const window = Math.min(connection.window, this.#proven);
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
      const { outbox } = this.#options;
      const live = outbox.next('live', limit);
      const records = live.length > 0 ? live : outbox.next('backlog', limit);
      const lane = live.length > 0 ? 'live' : 'backlog';
      for (let from = 0; from < records.length; from += connection.batch)
        this.#send(connection, records.slice(from, from + connection.batch), lane);
    } catch (thrown) {
      this.#storeTrouble(thrown);
    }
  }

  #send(connection: Connection, records: R[], lane: Lane): void {
    const sent = fenced(this.#onFault, () => connection.send(records, lane));
    if (sent === undefined) return;
    const { bytes, done } = sent;
    this.#underWay += records.length;
    this.#budget.spend(bytes, records.length);
    this.#sums.bytes += bytes;
    const late = setTimeout(() => connection.close(), silentMs);
    const settled = (): boolean => {
      clearTimeout(late);
      return this.#connection === connection && !this.#closed;
    };
    done.then(
      () => settled() && this.#delivered(records),
      (error: unknown) => settled() && this.#failed(connection, records, lane, error),
    );
    this.wake();
  }

  #delivered(records: R[]): void {
    this.#underWay -= records.length;
    this.#proven += records.length;
    this.#sums.delivered += records.length;
    this.#retryMs = firstRetryMs;
    if (this.#error !== null) this.#options.tell('sync-ok', 'info', 'records are delivered again');
    this.#error = null;
    this.#note((outbox) => outbox.done(records));
  }

  #note(what: (outbox: Outbox<R>) => void): void {
    try {
      what(this.#options.outbox);
      this.wake();
    } catch (thrown) {
      this.#storeTrouble(thrown);
    }
  }

  /** What can never be taken must not hold up the others; of several, each is tried alone. */
  #failed(connection: Connection, records: R[], lane: Lane, error: unknown): void {
    this.#underWay -= records.length;
    const [record] = records;
    if (!(error instanceof PpuriError) || error.code !== 'sync-refused' || record === undefined)
      connection.close();
    else if (records.length > 1) for (const one of records) this.#send(connection, [one], lane);
    else this.#refused(record, error);
  }

  #refused(record: R, { message }: PpuriError): void {
    this.#sums.refused += 1;
    const now = performance.now();
    if (now - this.#saidRefusedMs >= sayRefusedEveryMs) {
      this.#saidRefusedMs = now;
      const text = `${record.boot}/${record.seq} cannot be delivered: ${message}; it stays in the store, and \`ppuri ledger\` counts all such`;
      this.#options.tell('sync-refused', 'error', text);
    }
    this.#note((outbox) => outbox.refused(record, message));
  }

  #storeTrouble(thrown: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#options.onStoreTrouble(thrown);
  }
}
