/**
 * The loop's side of the store. Keeping a record never waits and never throws: it is given to the
 * keep child, held here until the child has committed it, and given again when the child was lost.
 */
import { PpuriError } from '../../config/errors.ts';
import type { AgentEvent, Instant, RecordBody } from '../records.ts';
import { ClockFills } from './clock-fills.ts';
import { Flushes } from './flushes.ts';
import { LastSeqNote } from './handed-out.ts';
import { KeepProcess } from './keep-process.ts';
import type { Command, Keeper, KeeperOptions, KeeperStats, RecordKey } from './keeper-contract.ts';
import type { AllMethods } from './methods.ts';
import { openOptionsOf } from './open-options.ts';
import { PendingRecords } from './pending.ts';
import type { FromChild, StoreCondition, ToChild } from './protocol.ts';
import { Questions } from './questions.ts';
import { fromWire, type Outcome, toWire } from './trouble.ts';

export type * from './keeper-contract.ts';

const defaultMemoryRecords = 5000;
/** Records a child may have unacknowledged; bounds what waits in its channel and its memory. */
const windowRecords = 512;
const lateMs = 5000;
const hungMs = 60_000;
const queryMs = 15_000;
const keepsAgain = 'the store keeps records again';

class StoreKeeper implements Keeper {
  readonly #options: KeeperOptions;
  readonly #pending: PendingRecords;
  readonly #process: KeepProcess;
  readonly #most: number;
  readonly #questions = new Questions();
  readonly #flushes = new Flushes();
  readonly #clock = new ClockFills();
  readonly #openings = new Set<() => void>();
  readonly #note: LastSeqNote;
  readonly #watchdog: NodeJS.Timeout;
  #seq = 0;
  #kept = 0;
  #keptBeforeAside = 0;
  #highestKept = 0;
  #condition: StoreCondition | null = null;
  #wasWell = true;
  #saidLate = false;
  #lastError: PpuriError | null = null;
  #progressMs = performance.now();
  #pumpDue = false;
  #snapshot: unknown = null;
  #handler: ((command: Command) => Promise<unknown>) | null = null;
  #crashesOpening = 0;
  #saidOverflow = false;
  #openedOnce = false;
  #closing: Promise<void> | null = null;
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#most = options.memoryRecords ?? defaultMemoryRecords;
    this.#pending = new PendingRecords(this.#most);
    this.#process = new KeepProcess(options.fork, options.log, {
      started: () => this.#started(),
      message: (message) => this.#receive(message),
      lost: (how, againInMs) => this.#lost(how, againInMs),
    });
    this.#note = new LastSeqNote(options.path, options.boot.id, options.log);
    this.#watchdog = setInterval(() => this.#watch(), 1000);
    this.#watchdog.unref();
    this.#process.start();
  }

  keep(body: RecordBody, at: Instant): RecordKey {
    const { boot, clockSynced } = this.#options;
    this.#seq += 1;
    const key = { boot: boot.id, seq: this.#seq };
    if (this.#closed) {
      this.#pending.count(key.seq, key.seq, 1, 'after-close');
      return key;
    }
    const dropped = this.#pending.dropped;
    if (this.#pending.size === 0) this.#progressMs = performance.now();
    const synced = clockSynced?.() ?? boot.clockSynced;
    this.#clock.kept(key.seq, synced);
    this.#pending.add({ ...key, at, clockSynced: synced, body });
    if (this.#pending.dropped > dropped) this.#overflowed();
    this.#pumpSoon();
    return key;
  }

  #overflowed(): void {
    if (this.#saidOverflow) return;
    this.#saidOverflow = true;
    const text = `${this.#most} records wait for the store: the oldest are dropped and counted`;
    this.#event('store-overflow', 'error', text);
  }

  /** All that one turn of the loop keeps goes to the child in one message. */
  #pumpSoon(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    setImmediate(() => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    const room = windowRecords - this.#pending.sent;
    if (this.#pending.unsent === 0 || !this.#process.running) return;
    const records = this.#pending.take(room);
    if (records.length === 0) return;
    const settledBelow = this.#pending.oldestSeq;
    try {
      this.#process.send({ type: 'keep', records, settledBelow });
    } catch {
      // One of them cannot be cloned: find out which, the others go on.
      for (const record of records)
        this.#sendAlone(record.seq, { type: 'keep', records: [record], settledBelow });
    }
  }

  #sendAlone(seq: number, message: ToChild): void {
    try {
      this.#process.send(message);
    } catch (thrown) {
      this.#refused(seq, thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  #started(): void {
    const check = this.#crashesOpening > 1 ? 'suspect' : this.#openedOnce ? 'skip' : 'full';
    const options = openOptionsOf(this.#options, check);
    this.#condition = null;
    this.#process.send({ type: 'open', options });
    for (const fill of this.#clock.all) this.#process.send({ type: 'clock', fill });
    if (this.#snapshot !== null) this.publishStatus(this.#snapshot);
    this.#pending.resendAll();
    this.#pumpSoon();
  }

  #lost(how: string, againInMs: number): void {
    const opening = this.#condition === null;
    const crashed = how === 'SIGSEGV' || how === 'SIGBUS' || how === 'SIGABRT';
    this.#crashesOpening = opening && crashed ? this.#crashesOpening + 1 : 0;
    this.#condition = null;
    const error = this.#unavailable(`the keep process ended (${how})`);
    this.#lastError = error;
    this.#questions.failAll(error);
    const text = `${error.message}; records wait in memory, it is started again in ${againInMs} ms`;
    this.#event('store-restarted', 'warn', text);
  }

  #receive(message: FromChild): void {
    const { type } = message;
    if (type === 'kept') this.#acknowledged(message.seqs);
    else if (type === 'condition')
      this.#conditionIs(message.condition, message.error && fromWire(message.error));
    else if (type === 'refused') this.#refused(message.seq, message.error.message);
    else if (type === 'set-aside') this.#setAside(message.path);
    else if (type === 'event') this.#options.onEvent(message.event);
    else if (type === 'log') this.#options.log.info(message.event, { ...message.fields });
    else if (type === 'answer') this.#questions.answered(message.id, message.outcome);
    else if (type === 'command') void this.#command(message.id, message);
  }

  #acknowledged(seqs: readonly number[]): void {
    const before = this.#pending.size;
    this.#pending.acknowledge(seqs);
    this.#kept += before - this.#pending.size;
    for (const seq of seqs) this.#highestKept = Math.max(this.#highestKept, seq);
    this.#progressMs = performance.now();
    if (this.#saidLate) this.#event('store-ok', 'info', keepsAgain);
    this.#saidLate = false;
    this.#settled();
    this.#pump();
  }

  #refused(seq: number, message: string): void {
    this.#pending.drop(seq, 'refused');
    this.#event('store-record-refused', 'error', message);
    this.#settled();
  }

  #setAside(path: string): void {
    const count = this.#kept - this.#keptBeforeAside;
    if (count > 0) this.#pending.count(1, this.#highestKept, count, 'store-damaged');
    this.#keptBeforeAside = this.#kept;
    const text = `the store was damaged: it is set aside as ${path} and a fresh one is begun`;
    this.#event('store-set-aside', 'error', text);
  }

  /** After records were settled, one way or the other. */
  #settled(): void {
    this.#keepGaps();
    this.#flushes.settled(this.#pending.oldestSeq);
    if (this.#flushes.any) this.#commitNow();
  }

  /** Once the store is back and there is room, what was lost becomes a record. */
  #keepGaps(): void {
    if (this.#condition !== 'ok' || !this.#pending.hasGaps) return;
    if (this.#pending.size >= this.#most || this.#closed) return;
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    for (const gap of this.#pending.takeGaps()) this.keep({ kind: 'gap', gap }, at);
    this.#saidOverflow = false;
  }

  #conditionIs(condition: StoreCondition, error: PpuriError | null): void {
    this.#condition = condition;
    if (condition !== 'down') {
      this.#openedOnce = true;
      this.#process.opened();
    }
    this.#crashesOpening = 0;
    this.#progressMs = performance.now();
    if (error !== null) this.#lastError = error;
    for (const opened of this.#openings) opened();
    if (condition === 'ok') {
      if (!this.#wasWell) this.#event('store-ok', 'info', keepsAgain);
      this.#wasWell = true;
      this.#keepGaps();
      return;
    }
    this.#wasWell = false;
    this.#saidLate = false;
    const left = condition === 'full' ? 'only alerts are kept' : 'records wait in memory';
    const text = `${error?.message ?? 'the store is down'}; ${left}. ${error?.hint ?? ''}`.trim();
    this.#event(condition === 'full' ? 'store-full' : 'store-down', 'error', text);
  }

  stats(): KeeperStats {
    return {
      state: this.#state(),
      lastSeq: this.#seq,
      kept: this.#kept,
      pending: this.#pending.size,
      oldestPendingMs: this.#pending.oldestAgeMs(performance.now()),
      dropped: this.#pending.dropped,
      restarts: this.#process.restarts,
      pid: this.#process.pid,
      lastError: this.#lastError && toWire(this.#lastError, 'keep records', this.#options.path),
    };
  }

  #state(): KeeperStats['state'] {
    if (this.#condition === 'down') return 'down';
    if (this.#condition === 'full') return 'degraded';
    if (this.#condition === null) return this.#wasWell ? 'degraded' : 'down';
    return this.#isLate() ? 'degraded' : 'ok';
  }

  #isLate(): boolean {
    return this.#pending.size > 0 && performance.now() - this.#progressMs > lateMs;
  }

  /** A child that said nothing of trouble and yet commits nothing of what it has in hand. */
  #watch(): void {
    const silentMs = performance.now() - this.#progressMs;
    if (this.#wasWell && this.#isLate()) this.#sayLate();
    this.#note.nowAndThen(this.#wasWell ? 'well' : 'unwell', this.#seq, this.#highestKept);
    if (this.#condition === 'ok' && this.#pending.sent > 0 && silentMs > hungMs)
      this.#process.kill();
  }

  #sayLate(): void {
    if (this.#saidLate) return;
    this.#saidLate = true;
    const text = `the store has committed nothing for ${lateMs / 1000} s: ${this.#pending.size} records wait in memory`;
    this.#event('store-late', 'warn', text);
  }

  fixClock(fix: { readonly offsetMs: number; readonly vouched: boolean }): void {
    const fill = this.#clock.fix(fix, this.#seq);
    if (fill !== null) this.#process.send({ type: 'clock', fill });
  }

  publishStatus(snapshot: unknown): void {
    this.#snapshot = snapshot;
    try {
      this.#process.send({ type: 'status', snapshot });
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      this.#event('status-unpublished', 'error', `the status is not plain data: ${why}`);
      this.#snapshot = null;
    }
  }

  onCommand(handler: (command: Command) => Promise<unknown>): void {
    this.#handler = handler;
  }

  async #command(id: number, command: Command): Promise<void> {
    let outcome: Outcome;
    try {
      if (this.#handler === null)
        throw new PpuriError('agent-unreachable', 'the agent is not ready for commands yet', {
          operation: command.method,
          subject: this.#options.path,
          hint: 'try again in a moment',
        });
      const { method, params } = command;
      outcome = { result: (await this.#handler({ method, params })) ?? null };
    } catch (thrown) {
      outcome = { error: toWire(thrown, command.method, this.#options.path) };
    }
    this.#process.send({ type: 'answer', id, outcome });
  }

  async query<M extends keyof AllMethods>(
    method: M,
    params: AllMethods[M]['params'],
  ): Promise<AllMethods[M]['result']> {
    const failed = (why: 'late' | 'unsent'): PpuriError =>
      this.#unavailable(
        why === 'late' ? 'the store did not answer in time' : 'the keep process is being restarted',
      );
    const answer = await this.#questions.ask(queryMs, failed, (id) =>
      this.#process.send({ type: 'ask', id, method, params }),
    );
    return answer as AllMethods[M]['result'];
  }

  opened(boundMs = 15_000): Promise<KeeperStats> {
    if (this.#condition !== null) return Promise.resolve(this.stats());
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#openings.delete(done);
        resolve(this.stats());
      };
      const timer = setTimeout(done, boundMs);
      this.#openings.add(done);
    });
  }

  flush(boundMs = 10_000): Promise<void> {
    const upTo = this.#seq;
    if (this.#pending.oldestSeq > upTo) return Promise.resolve();
    const flushed = this.#flushes.wait(upTo, boundMs, () => {
      const why = this.#lastError === null ? '' : `: ${this.#lastError.message}`;
      return this.#unavailable(
        `${this.#pending.size} records are not committed after ${boundMs} ms${why}`,
      );
    });
    this.#commitNow();
    return flushed;
  }

  #commitNow(): void {
    this.#pump();
    this.#process.send({ type: 'commit' });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    let failure: unknown = null;
    try {
      await this.flush(this.#condition === 'down' ? 200 : 1000);
    } catch (thrown) {
      failure = thrown;
    }
    this.#closed = true;
    clearInterval(this.#watchdog);
    await this.#note.write(this.#seq, this.#highestKept);
    await this.#process.stop(700);
    this.#questions.failAll(this.#unavailable('the store is closed'));
    for (const opened of this.#openings) opened();
    if (failure !== null) throw failure;
  }

  #unavailable(message: string): PpuriError {
    return new PpuriError('store-unavailable', message, {
      operation: 'keep records',
      subject: this.#options.path,
      hint: 'check the disk and the directory of the store; `ppuri status` shows its state',
    });
  }

  #event(kind: string, level: AgentEvent['level'], text: string): void {
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    this.#options.onEvent({ kind, level, subject: this.#options.path, text, at });
  }
}

/** Forks the keep child, which opens the store; until it has, records wait in memory. */
export function createKeeper(options: KeeperOptions): Keeper {
  return new StoreKeeper(options);
}
