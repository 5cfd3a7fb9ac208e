/**
 * Brings what is kept to one target: connects, for ever, sends live records first and the backlog
 * behind them, and notes what was acknowledged. It holds no more records than the target's window.
 */
import { PpuriError } from '../../config/errors.ts';
import type { StoredRecord } from '../records.ts';
import type { Connection, Lane, Outbox, Target } from './target.ts';

export interface CourierOptions<R extends StoredRecord> {
  readonly target: Target;
  readonly outbox: Outbox<R>;
  /** Absent: no limit. */
  readonly bytesPerSecond?: number;
  readonly tell: (kind: string, level: 'info' | 'warn' | 'error', text: string) => void;
  /** The store cannot be read; ends this courier, which its owner makes anew. */
  readonly onStoreTrouble: (thrown: unknown) => void;
  /** First wait after a failed connection, ms; doubles up to a minute. */
  readonly firstRetryMs?: number;
}

const lastRetryMs = 60_000;
/** Longest wait for one acknowledgement while the connection seems to be there. */
const silentMs = 20_000;
/** Records read at one time: live ones wait for no more than these. */
const pageRecords = 50;
const firstWindow = 4;

export class Courier<R extends StoredRecord> {
  readonly #options: CourierOptions<R>;
  readonly #budget: Budget;
  #connection: Connection | null = null;
  #underWay = 0;
  /** Bounds the window: on a line that breaks soon after each start, little must get through. */
  #proven = firstWindow;
  #retryMs: number;
  #timer: NodeJS.Timeout | null = null;
  #pumping: NodeJS.Immediate | null = null;
  #said = '';
  #closed = false;

  constructor(options: CourierOptions<R>) {
    this.#options = options;
    this.#budget = new Budget(options.bytesPerSecond ?? Number.POSITIVE_INFINITY);
    this.#retryMs = options.firstRetryMs ?? 500;
    void this.#connect();
  }

  /** Records were kept. */
  wake(): void {
    if (this.#closed) return;
    this.#pumping ??= setImmediate(() => this.#pump());
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#pumping !== null) clearImmediate(this.#pumping);
    this.#connection?.close();
  }

  async #connect(): Promise<void> {
    const { target, outbox } = this.#options;
    try {
      const connection = await target.connect();
      if (this.#closed) {
        connection.close();
        return;
      }
      this.#connection = connection;
      this.#underWay = 0;
      this.#proven = Math.max(firstWindow, connection.batch);
      void connection.ended.then((why) => this.#lost(connection, why));
      outbox.begin();
      this.wake();
    } catch (thrown) {
      if (thrown instanceof PpuriError) this.#again(thrown);
      else this.#storeTrouble(thrown);
    }
  }

  #lost(connection: Connection, why: PpuriError): void {
    if (this.#closed || this.#connection !== connection) return;
    this.#connection = null;
    this.#again(why);
  }

  /** Nothing is lost by waiting; the same trouble is said once. */
  #again(why: PpuriError): void {
    if (this.#closed) return;
    if (this.#said !== why.code) {
      const act = why.code === 'sync-untrusted' || why.code === 'sync-denied';
      const text = `${why.message}; records are kept and sent later. ${why.hint ?? ''}`.trim();
      this.#options.tell(why.code, act ? 'error' : 'warn', text);
    }
    this.#said = why.code;
    this.#timer = setTimeout(() => void this.#connect(), this.#retryMs * (0.5 + Math.random() / 2));
    this.#retryMs = Math.min(lastRetryMs, this.#retryMs * 2);
  }

  #pump(): void {
    this.#pumping = null;
    const connection = this.#connection;
    if (connection === null || this.#closed) return;
    const window = Math.min(connection.window, this.#proven);
    const room = window - this.#underWay;
    if (room < Math.max(1, Math.min(pageRecords, window / 2))) return;
    const waitMs = this.#budget.waitMs();
    if (waitMs > 0) this.#pumpIn(waitMs);
    else this.#sendNext(connection, room);
  }

  #sendNext(connection: Connection, room: number): void {
    try {
      const limit = Math.min(room, Math.max(pageRecords, connection.batch));
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

  #pumpIn(waitMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), waitMs);
  }

  #send(connection: Connection, records: R[], lane: Lane): void {
    this.#underWay += records.length;
    const { bytes, done } = connection.send(records, lane);
    this.#budget.spend(bytes);
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
    this.#retryMs = this.#options.firstRetryMs ?? 500;
    if (this.#said !== '') this.#options.tell('sync-ok', 'info', 'records are delivered again');
    this.#said = '';
    this.#note(records);
  }

  #note(records: R[]): void {
    try {
      this.#options.outbox.done(records);
      this.wake();
    } catch (thrown) {
      this.#storeTrouble(thrown);
    }
  }

  /** What can never be taken must not hold up the others; of several, each is tried alone. */
  #failed(connection: Connection, records: R[], lane: Lane, error: unknown): void {
    this.#underWay -= records.length;
    if (!(error instanceof PpuriError) || error.code !== 'sync-refused') connection.close();
    else if (records.length > 1)
      for (const record of records) this.#send(connection, [record], lane);
    else {
      const { boot, seq } = records[0] as R;
      this.#options.tell(
        'sync-refused',
        'error',
        `${boot}/${seq} is not delivered: ${error.message}`,
      );
      this.#note(records);
    }
  }

  #storeTrouble(thrown: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#options.onStoreTrouble(thrown);
  }
}

/** Bytes that may be sent: what was sent beyond the rate is waited for. */
class Budget {
  readonly #rate: number;
  #freeAtMs = performance.now();

  constructor(bytesPerSecond: number) {
    this.#rate = bytesPerSecond;
  }

  waitMs(): number {
    return Math.max(0, Math.ceil(this.#freeAtMs - performance.now()));
  }

  spend(bytes: number): void {
    const start = Math.max(this.#freeAtMs, performance.now());
    this.#freeAtMs = start + (bytes / this.#rate) * 1000;
  }
}
