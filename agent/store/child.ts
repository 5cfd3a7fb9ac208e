/** The keep role: the only writer of the store. Lives as long as the loop that forked it. */
import { PpuriError } from '../../config/errors.ts';
import type { AgentEvent, StoredRecord } from '../records.ts';
import { BesideSeat, type KeepSide, type WorkBeside } from './beside-seat.ts';
import type { ClockFill } from './clock-fill.ts';
import { ClockFiller } from './clock-filler.ts';
import type { LiveStatus } from './control-client.ts';
import { DeliverySeat, type StartDelivery } from './delivery.ts';
import type { Evicted } from './evict.ts';
import { StoreHold } from './hold.ts';
import { type KeepFacts, KeepObserver } from './keep-facts.ts';
import { methodNamed } from './methods.ts';
import { storePaths } from './paths.ts';
import type { FromChild, OpenOptions, StoreCondition } from './protocol.ts';
import { Questions } from './questions.ts';
import { type RecordRow, toRow } from './rows.ts';
import { openSession, type Session } from './session.ts';
import { asStoreError, type Outcome, toWire } from './trouble.ts';
import { Writer } from './writer.ts';

const firstRetryMs = 200;
const lastRetryMs = 5000;
const commandTimeoutMs = 30_000;
const tendEveryMs = 5000;
const sayEvictedEveryMs = 3_600_000;

/** What works beside the store in its child. */
export interface KeepParts {
  /** Names of what may be asked of the loop. */
  readonly commands?: readonly string[];
  readonly beside?: WorkBeside;
  readonly startDelivery?: StartDelivery;
}

export class KeepChild implements KeepSide {
  readonly #options: OpenOptions;
  readonly #send: (message: FromChild) => void;
  readonly #delivery: DeliverySeat;
  readonly #writer: Writer;
  readonly #clock: ClockFiller;
  readonly #commandNames: ReadonlySet<string>;
  readonly #commands = new Questions();
  readonly #hold: StoreHold;
  #session: Session | null = null;
  #retry: NodeJS.Timeout | null = null;
  #tending: NodeJS.Timeout | null = null;
  #retryMs = firstRetryMs;
  #check: OpenOptions['check'];
  #condition: StoreCondition = 'down';
  #said = '';
  #snapshot: unknown = null;
  #heardMonoMs: number | null = null;
  readonly #observer = new KeepObserver();
  readonly #saidFaults = new Set<string>();
  readonly #beside: BesideSeat;
  #opening: Promise<void> = Promise.resolve();
  #settledBelow = 1;
  #closed = false;
  readonly #saidEvictedMs: { lost?: number; done?: number } = {};

  constructor(
    options: OpenOptions,
    send: (message: FromChild) => void,
    { beside, startDelivery, commands }: KeepParts,
  ) {
    this.#beside = new BesideSeat(beside);
    this.#commandNames = new Set(commands);
    this.#options = options;
    this.#send = send;
    this.#delivery = new DeliverySeat(startDelivery, options.sync, {
      tell: (kind, level, subject, text) => this.#event(kind, level, text, subject),
      onStoreTrouble: (thrown) =>
        this.#trouble(asStoreError(thrown, 'deliver records', options.dir), false),
    });
    this.#check = options.check;
    this.#hold = new StoreHold(
      options.dir,
      (method, params) => this.#answer(method, params),
      (why) =>
        this.#event('control-unavailable', 'warn', `commands cannot reach this agent: ${why}`),
    );
    this.#writer = new Writer(options.commitMs, {
      committed: (done) => {
        for (const { seq, error } of done.refused) this.#send({ type: 'refused', seq, error });
        if (done.kept.length === 0) return;
        this.#send({ type: 'kept', seqs: done.kept });
        this.#delivery.committed(done.kept, this.#settledBelow);
      },
      clear: () => this.#report('ok', null),
      trouble: (error, urgentKept) => this.#trouble(error, urgentKept),
    });
    this.#clock = new ClockFiller({
      boot: options.boot.id,
      session: () => this.#session,
      commit: () => {
        this.#writer.commit();
        return this.#writer.waiting;
      },
      late: (error) => this.#event('clock-fill-late', 'warn', error.message),
    });
  }

  open(): void {
    this.#tending ??= setInterval(() => this.#tend(), tendEveryMs);
    this.#opening = this.#tryOpen();
  }

  #tend(): void {
    try {
      this.#session?.tend();
    } catch (thrown) {
      this.#trouble(asStoreError(thrown, 'tend the store', this.#options.dir), false);
    }
  }

  async #tryOpen(): Promise<void> {
    try {
      await this.#openAll();
      this.#retryMs = firstRetryMs;
      this.#report('ok', null);
      this.#writer.commit();
      this.#clock.wake();
    } catch (thrown) {
      this.#trouble(asStoreError(thrown, 'open the store', this.#options.dir), false);
    }
  }

  async #openAll(): Promise<void> {
    await this.#hold.take();
    const { session, report } = await openSession(
      { ...this.#options, check: this.#check },
      {
        evicted: (done) => this.#evicted(done),
        noSpare: (thrown) => this.#noSpare(thrown),
        pinned: (bytes) => this.#pinned(bytes),
      },
    );
    this.#check = 'skip';
    this.#session = session;
    this.#delivery.begin(session.db);
    this.#writer.use(session);
    if (report.setAside !== null) this.#send({ type: 'set-aside', path: report.setAside });
    for (const { boot, fromSeq, toSeq, count } of report.unkept)
      this.#event(
        'store-unkept',
        'error',
        `${count} records of an earlier start were never kept: ${boot} ${fromSeq}-${toSeq}`,
      );
    for (const { boot, fromSeq, toSeq, count } of report.setBack)
      this.#event(
        'store-set-back',
        'error',
        `${count} records of an earlier start are no longer here, as after a backup was put back: ${boot} ${fromSeq}-${toSeq}`,
      );
    if (report.unchecked)
      this.#event(
        'store-unchecked',
        'warn',
        'the check of the store was given up: it took too long',
      );
  }

  /** Said once, and again each hour while it goes on; the ledger has the counts. */
  #evicted({ undelivered }: Evicted): void {
    const lost = undelivered > 0;
    const now = performance.now();
    const saidMs = this.#saidEvictedMs[lost ? 'lost' : 'done'] ?? Number.NEGATIVE_INFINITY;
    if (now - saidMs < sayEvictedEveryMs) return;
    this.#saidEvictedMs[lost ? 'lost' : 'done'] = now;
    const text = lost
      ? 'the store is near its cap: parts of records that some target still lacks are removed; `ppuri ledger` counts them'
      : 'the store makes room: the oldest parts of records are removed; `ppuri ledger` counts them';
    this.#event('store-evicted', lost ? 'error' : 'info', text);
  }

  #noSpare(thrown: unknown): void {
    const { message } = asStoreError(thrown, 'take spare room', this.#options.dir);
    this.#event('store-no-spare', 'warn', `no room is set aside for a full disk: ${message}`);
  }

  #pinned(bytes: number): void {
    const mebibytes = Math.round(bytes / 2 ** 20);
    const text = `another program reads the store without end: its log has ${mebibytes} MiB and grows; fuser shows who has it open`;
    this.#event('store-log-pinned', 'warn', text);
  }

  /** `settledBelow`: the loop holds no record with a lower seq. */
  keep(records: readonly StoredRecord[], settledBelow: number): void {
    this.#settledBelow = settledBelow;
    this.#beside.records(records);
    const rows: RecordRow[] = [];
    for (const record of records) {
      try {
        rows.push(toRow(this.#clock.apply(record)));
      } catch (thrown) {
        const error = toWire(thrown, 'keep a record', this.#options.dir);
        this.#send({ type: 'refused', seq: record.seq, error });
      }
    }
    this.#writer.push(rows);
  }

  commit(): void {
    this.#writer.commit();
  }

  fillClock(fill: ClockFill): void {
    this.#clock.add(fill);
  }

  publish(snapshot: unknown): void {
    this.#snapshot = snapshot;
    this.#heardMonoMs = performance.now();
    this.#beside.status(snapshot);
  }

  /** A question of the loop. */
  async ask(id: number, method: string, params: unknown): Promise<void> {
    this.#send({ type: 'answer', id, outcome: await this.#query(method, params, true) });
  }

  /** The loop's answer to a command. */
  answered(id: number, outcome: Outcome): void {
    this.#commands.answered(id, outcome);
  }

  /** Commits what it has, once, and lets go of everything. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.commit();
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#tending !== null) clearInterval(this.#tending);
    this.#writer.stopTimer();
    this.#clock.stop();
    this.#hold.stopListening();
    this.#beside.close();
    this.#delivery.end();
    this.#session?.close();
    this.#hold.release();
  }

  #trouble(error: PpuriError, urgentKept: boolean): void {
    const full = error.code === 'store-full' && this.#session !== null;
    if (!full) {
      this.#writer.use(null);
      this.#delivery.end();
      this.#session?.close();
      this.#session = null;
      this.#hold.letGoIfDead();
      if (error.code === 'store-corrupt') this.#check = 'suspect';
    }
    this.#report(urgentKept ? 'full' : 'down', error);
    if (this.#retry !== null) clearTimeout(this.#retry);
    const again = (): void => (full ? this.#writer.commit() : this.open());
    this.#retry = setTimeout(again, this.#retryMs * (0.5 + Math.random() / 2));
    this.#retryMs = Math.min(lastRetryMs, this.#retryMs * 2);
  }

  #report(condition: StoreCondition, error: PpuriError | null): void {
    if (condition === 'ok') this.#retryMs = firstRetryMs;
    const said = `${condition} ${error?.code ?? ''}`;
    if (said === this.#said) return;
    this.#said = said;
    this.#condition = condition;
    const wire = error === null ? null : toWire(error, error.operation, error.subject);
    this.#send({ type: 'condition', condition, error: wire });
  }

  #event(
    kind: string,
    level: AgentEvent['level'],
    text: string,
    subject: string = this.#options.dir,
  ): void {
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    this.#send({ type: 'event', event: { kind, level, subject, text, at } });
  }

  /** Waits for an opening that is under way; never rejects. */
  async #query(method: string, params: unknown, own: boolean): Promise<Outcome> {
    const { dir } = this.#options;
    await this.#opening;
    try {
      const answer = methodNamed(method, own);
      if (answer === undefined)
        throw new PpuriError('usage', `unknown request ${method}`, {
          operation: 'answer a request',
          subject: dir,
          hint: 'the command and the agent may be of different versions',
        });
      if (this.#session === null)
        throw new PpuriError('store-unavailable', 'the store is not open at the moment', {
          operation: `answer ${method}`,
          subject: dir,
          hint: '`ppuri status` says why; the agent keeps trying',
        });
      if (method === 'ledger') this.#delivery.note();
      return { result: answer(this.#session.db, params) };
    } catch (thrown) {
      const error = asStoreError(thrown, `answer ${method}`, dir);
      if (error.code === 'store-corrupt') this.#trouble(error, false);
      return { error: toWire(error, method, dir) };
    }
  }

  get dir(): string {
    return this.#options.dir;
  }

  tell(kind: string, level: AgentEvent['level'], text: string, subject = 'panel'): void {
    this.#event(kind, level, text, subject);
  }

  query(method: string, params: unknown): Promise<Outcome> {
    return this.#query(method, params, false);
  }

  /** A request from the control socket. */
  #answer(method: string, params: unknown): Promise<Outcome> {
    if (method === 'status') return Promise.resolve({ result: this.status() });
    if (method === 'redeliver') return this.#redeliver(params);
    if (this.#commandNames.has(method)) return this.command(method, params);
    const answered = this.#beside.answer(method, params);
    if (answered !== null) return answered;
    return this.#query(method, params, false);
  }

  async #redeliver(params: unknown): Promise<Outcome> {
    try {
      return { result: this.#delivery.retry(params) };
    } catch (thrown) {
      return { error: toWire(asStoreError(thrown, 'deliver again', this.dir), '', this.dir) };
    }
  }

  status(): LiveStatus {
    const store = { condition: this.#condition, waiting: this.#writer.waiting };
    return {
      running: true,
      pid: process.pid,
      boot: this.#options.boot,
      store,
      keep: this.#facts(),
      agent: this.#snapshot,
    };
  }

  /** Null: the file cannot be asked at the moment. */
  #facts(): KeepFacts | null {
    const path = storePaths(this.#options.dir).database;
    try {
      return this.#observer.facts(path, this.#session?.db ?? null, {
        monoMs: this.#heardMonoMs,
        targets: this.#delivery.facts(),
      });
    } catch (thrown) {
      this.fault('store-facts', thrown);
      return null;
    }
  }

  /** Said once of a kind: it may come with every question. */
  fault(kind: string, thrown: unknown): void {
    if (this.#saidFaults.has(kind)) return;
    this.#saidFaults.add(kind);
    const { message } = asStoreError(thrown, 'tell how the store is', this.#options.dir);
    this.#event(kind, 'warn', message);
  }

  log(event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#send({ type: 'log', event, fields });
  }

  workBeside(): Promise<void> {
    return this.#beside.open(this, this.#options.beside);
  }

  /** Passed on to the loop; its answer, or its silence, is the outcome. */
  async command(method: string, params: unknown): Promise<Outcome> {
    const late = (): PpuriError =>
      new PpuriError('agent-unreachable', 'the agent did not answer in time', {
        operation: method,
        subject: this.#options.dir,
        hint: 'it may still be done once the agent answers again: see `ppuri status` before asking twice',
      });
    try {
      const result = await this.#commands.ask(commandTimeoutMs, late, (id) => {
        this.#send({ type: 'command', id, method, params });
        return true;
      });
      return { result };
    } catch (thrown) {
      return { error: toWire(thrown, method, this.#options.dir) };
    }
  }
}
