/** One inference child: a single request at a time, and at its end one account of what ended it. */
import type { ChildProcess } from 'node:child_process';
import type { ForkInfer, IncidentCause, InferLimits } from './inference.ts';
import { offerToOutOfMemoryKiller, outOfMemoryKills, residentMiB } from './process-memory.ts';
import type {
  Answer,
  FromChild,
  LoadRequest,
  PingRequest,
  RehearseRequest,
  RunRequest,
  ToChild,
} from './protocol.ts';

export interface Loss {
  /**
   * `hang`, `memory`, `crash`: blamed on `running` if there is one. `outside`: somebody killed it.
   * `start`: it never got ready. `stopped`: we no longer need it.
   */
  readonly cause: IncidentCause | 'outside' | 'start' | 'stopped';
  /** The model whose load or run was under way. */
  readonly running: string | null;
  readonly detail: string;
  /** How long it had been ready; null when it never was. */
  readonly readyMs: number | null;
}

export interface HostHandlers {
  ready(): void;
  /** Called once. Nothing is answered after it. */
  lost(loss: Loss): void;
  /** Above the memory cap by no known model's fault: it wants replacing. May be told repeatedly. */
  bloated(rssMiB: number): void;
}

interface Task {
  readonly id: number;
  /** Null: it has nothing to do with a model. */
  readonly model: string | null;
  readonly begunAt: number;
  readonly timer: NodeJS.Timeout;
  readonly answered: (answer: Answer) => void;
}

const memoryEveryMs = 100;
/** A run this short may have begun since the last look, with the memory already taken. */
const blameAfterMs = 50;
const stderrKept = 2_000;
/** Not a crash: a program does not send itself these unless told to. */
const outsideSignals = new Set<string>(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

export class Host {
  readonly gone: Promise<void>;
  #child: ChildProcess | null = null;
  #task: Task | null = null;
  /** What it may still be rehearsing: nothing sent after that has been answered. */
  #rehearsing: string | null = null;
  #readyAt: number | null = null;
  #lost = false;
  #baselineMiB: number | null = null;
  #rssMiB: number | null = null;
  #exit: { code: number | null; signal: NodeJS.Signals | null } | null = null;
  #disconnected = false;
  #stderr = '';
  #startTimer: NodeJS.Timeout | undefined;
  #memoryTimer: NodeJS.Timeout | undefined;
  readonly #killsBefore = outOfMemoryKills();
  readonly #handlers: HostHandlers;
  readonly #limits: InferLimits;
  readonly #setGone: () => void;

  constructor(limits: InferLimits, handlers: HostHandlers) {
    this.#limits = limits;
    this.#handlers = handlers;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    this.#setGone = resolve;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get rssMiB(): number | null {
    return this.#rssMiB;
  }

  /** Ready and with nothing to do. */
  get idle(): boolean {
    return this.#readyAt !== null && this.#task === null && !this.#lost;
  }

  get ready(): boolean {
    return this.#readyAt !== null && !this.#lost;
  }

  /** A failure to start is a loss too, told after this call has returned. */
  start(fork: ForkInfer): void {
    this.#startTimer = setTimeout(
      () => this.#afterMessages(() => this.#kill('start', this.#notReady())),
      this.#limits.startMs,
    );
    try {
      const env = { NODE_OPTIONS: nodeOptions(this.#limits.heapMiB) };
      this.#child = fork('infer', { env, stdio: 'pipe' });
      this.#listen(this.#child);
    } catch (error) {
      setImmediate(() => this.#startFailed(error));
    }
  }

  /** Sends one request; the child is killed when it has not answered within `limitMs`. */
  perform(
    request: LoadRequest | RunRequest | PingRequest,
    limitMs: number,
    answered: (answer: Answer) => void,
  ): void {
    const timer = setTimeout(() => this.#pastLimit(request.id, limitMs), limitMs);
    this.#task = {
      id: request.id,
      model: request.op === 'ping' ? null : request.model,
      begunAt: performance.now(),
      timer,
      answered,
    };
    this.#child?.send(request);
  }

  /** A run that is not answered and holds up no request: the child does it before the next one. */
  rehearse(request: RehearseRequest): void {
    if (!this.idle) return;
    this.#rehearsing = request.model;
    this.#child?.send(request);
  }

  /** Sends what has no answer. */
  post(message: ToChild): void {
    if (this.ready) this.#child?.send(message);
  }

  stop(): void {
    this.#kill('stopped', 'no longer needed');
  }

  /** What it holds now, with its models loaded, is what growth is measured from. */
  rebase(): void {
    this.#baselineMiB = this.#measure();
  }

  #listen(child: ChildProcess): void {
    child.on('message', (message: FromChild) => this.#heard(message));
    child.once('exit', (code, signal) => {
      this.#exit = { code, signal };
      this.#setGone();
      this.#ended();
    });
    child.once('disconnect', () => {
      this.#disconnected = true;
      // A child that cannot be spoken to is as good as gone.
      child.kill('SIGKILL');
      this.#ended();
    });
    // A failed send is followed by the end of the channel, which is what counts.
    child.on('error', (error) => {
      if (child.pid === undefined) this.#startFailed(error);
    });
    child.stdout?.resume();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrKept);
    });
  }

  #heard(message: FromChild): void {
    if (this.#lost) return;
    if (message.op === 'ready') this.#becameReady();
    else if (message.op === 'broken') {
      this.#kill('start', `ONNX Runtime does not load: ${message.text}`);
    } else this.#answered(message);
  }

  #answered(answer: Answer): void {
    const task = this.#task;
    if (task?.id !== answer.id) return;
    clearTimeout(task.timer);
    this.#task = null;
    this.#rehearsing = null;
    task.answered(answer);
  }

  #becameReady(): void {
    clearTimeout(this.#startTimer);
    this.#readyAt = performance.now();
    this.rebase();
    if (this.pid !== null) offerToOutOfMemoryKiller(this.pid);
    this.#memoryTimer = setInterval(() => this.#watchMemory(), memoryEveryMs).unref();
    this.#handlers.ready();
  }

  #measure(): number | null {
    this.#rssMiB = this.pid === null ? null : residentMiB(this.pid);
    return this.#rssMiB;
  }

  #watchMemory(): void {
    const now = this.#measure();
    if (now === null || this.#baselineMiB === null) return;
    if (now <= this.#baselineMiB + this.#limits.memoryMiB) return;
    const from = `${Math.round(this.#baselineMiB)} to ${Math.round(now)} MiB`;
    const runMs = this.#task === null ? 0 : performance.now() - this.#task.begunAt;
    if (runMs >= blameAfterMs) {
      this.#kill('memory', `grew from ${from}, ${this.#limits.memoryMiB} MiB more is allowed`);
      return;
    }
    this.#handlers.bloated(now);
    // From here on a run answers for what it adds, not for what was there before it.
    if (this.#task === null) this.#baselineMiB = now;
  }

  #pastLimit(id: number, limitMs: number): void {
    this.#afterMessages(() => {
      if (this.#task?.id === id) this.#kill('hang', `no answer within ${limitMs} ms`);
    });
  }

  /** If this process itself was held up, the answer may be waiting to be read. */
  #afterMessages(act: () => void): void {
    setImmediate(() => setImmediate(act));
  }

  #notReady(): string {
    return `not ready within ${this.#limits.startMs} ms${this.#lastWords()}`;
  }

  #lastWords(): string {
    const line = this.#stderr.trim().split('\n').at(-1) ?? '';
    return line === '' ? '' : `: ${line}`;
  }

  #kill(cause: Loss['cause'], detail: string): void {
    if (this.#lost) return;
    this.#child?.kill('SIGKILL');
    this.#finish(cause, detail);
  }

  #startFailed(error: unknown): void {
    this.#setGone();
    const text = error instanceof Error ? error.message : String(error);
    this.#finish('start', `cannot start a process: ${text}`);
  }

  /** Both ends count: the last answer may still be in the channel when the process is gone. */
  #ended(): void {
    if (this.#exit === null || !this.#disconnected) return;
    const { code, signal } = this.#exit;
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    const detail = `${how}${this.#lastWords()}`;
    if (this.#outOfMemory()) this.#finish('memory', `${detail} (out of memory)`);
    else if (signal !== null && outsideSignals.has(signal)) this.#finish('outside', detail);
    else this.#finish(this.#readyAt === null ? 'start' : 'crash', detail);
  }

  /** A model whose run may still have stood behind the rehearsal of another is not blamed. */
  #culprit(): string | null {
    const model = this.#task?.model ?? null;
    return this.#rehearsing === null || this.#rehearsing === model ? model : null;
  }

  #outOfMemory(): boolean {
    const killsNow = this.#exit?.signal === 'SIGKILL' ? outOfMemoryKills() : null;
    return killsNow !== null && this.#killsBefore !== null && killsNow > this.#killsBefore;
  }

  #finish(cause: Loss['cause'], detail: string): void {
    if (this.#lost) return;
    this.#lost = true;
    clearTimeout(this.#startTimer);
    clearInterval(this.#memoryTimer);
    clearTimeout(this.#task?.timer);
    const running = this.#culprit();
    const readyMs = this.#readyAt === null ? null : performance.now() - this.#readyAt;
    this.#handlers.lost({ cause, running, detail, readyMs });
  }
}

/** By environment, since flags of the executable do not pass into a single-file program. */
function nodeOptions(heapMiB: number): string {
  const inherited = process.env.NODE_OPTIONS ?? '';
  return `${inherited} --max-old-space-size=${heapMiB} --max-semi-space-size=2`.trim();
}
