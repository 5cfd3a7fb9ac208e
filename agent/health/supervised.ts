/** An agent under systemd: says that it is ready, how it is, and feeds the watchdog while work is done. */
import type { Log } from './log.ts';
import { Notifier, watchdogMs } from './notify.ts';
import { type WorkSample, WorkWatch } from './work-watch.ts';

export interface SupervisedWork {
  /** One line for `systemctl status`. */
  line(): string;
  sample(): Omit<WorkSample, 'storeOwesMs'>;
  /** Settles when the store's process has answered, well or not, or is known to be gone. */
  storeAnswers(): Promise<void>;
}

const lookEveryMs = 1000;
const sayStatusEveryMs = 10_000;
const closeWithinMs = 2000;

/** An answer that takes this long was none. */
const lateAnswerMs = 12_000;

export class Supervision {
  readonly #notifier: Notifier;
  readonly #work: SupervisedWork;
  readonly #log: Log;
  readonly #feedEveryMs: number | null;
  readonly #watch = new WorkWatch();
  readonly #timer: NodeJS.Timeout;
  #asking = false;
  /** Since when an answer is owed. */
  #askedMs: number | null = null;
  #fedMs = Number.NEGATIVE_INFINITY;
  #saidStatusMs = Number.NEGATIVE_INFINITY;
  #saidOverdue = '';
  #ready = false;

  constructor(notifier: Notifier, work: SupervisedWork, log: Log, everyMs: number | null) {
    this.#notifier = notifier;
    this.#work = work;
    this.#log = log;
    this.#feedEveryMs = everyMs === null ? null : everyMs / 3;
    const look = Math.min(lookEveryMs, this.#feedEveryMs ?? lookEveryMs);
    this.#timer = setInterval(() => this.#look(), look);
  }

  /** Machines are read and models are loaded, or told not to be. */
  ready(): void {
    this.#ready = true;
    this.#notifier.say('READY=1', `STATUS=${this.#work.line()}`);
    this.#look();
  }

  stopping(): void {
    clearInterval(this.#timer);
    this.#notifier.say('STOPPING=1');
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#notifier.close(closeWithinMs);
  }

  #look(): void {
    const now = performance.now();
    this.#ask(now);
    const storeOwesMs = this.#askedMs === null ? null : now - this.#askedMs;
    const overdue = this.#watch.look({ ...this.#work.sample(), storeOwesMs }, now).join(', ');
    if (overdue !== this.#saidOverdue) this.#tell(overdue);
    this.#saidOverdue = overdue;
    if (overdue === '' && this.#feedEveryMs !== null && now - this.#fedMs >= this.#feedEveryMs) {
      this.#fedMs = now;
      this.#notifier.say('WATCHDOG=1');
    }
    if (!this.#ready || now - this.#saidStatusMs < sayStatusEveryMs) return;
    this.#saidStatusMs = now;
    this.#notifier.say(`STATUS=${this.#work.line()}`);
  }

  #tell(overdue: string): void {
    if (overdue === '') this.#log.info('work-again', { was: this.#saidOverdue });
    else this.#log.error('work-overdue', { overdue, watchdog: this.#feedEveryMs !== null });
  }

  /** One question at a time. An answer that comes too late is none: it is asked again, and still owed. */
  #ask(now: number): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#askedMs ??= now;
    const answered = (): void => {
      this.#asking = false;
      if (performance.now() - now <= lateAnswerMs) this.#askedMs = null;
    };
    this.#work.storeAnswers().then(answered, answered);
  }
}

/** How systemd is to be told; null: nobody asks for it. */
export interface NotifyOrders {
  readonly socket: string;
  /** Null: the watchdog is not to be fed. */
  readonly watchdogMs: number | null;
}

/** Takes systemd's variables out of `environment`: children do not speak in this process's name. */
export function takeNotifyOrders(environment: NodeJS.ProcessEnv): NotifyOrders | null {
  const { NOTIFY_SOCKET: socket } = environment;
  const everyMs = watchdogMs(environment);
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  return socket === undefined || socket === '' ? null : { socket, watchdogMs: everyMs };
}

export function supervise(orders: NotifyOrders, work: SupervisedWork, log: Log): Supervision {
  const notifier = new Notifier(orders.socket, (why) =>
    log.warn('notify-lost', {
      why,
      hint: 'systemd may not hear this agent; is systemd-notify installed, and NotifyAccess=all set?',
    }),
  );
  return new Supervision(notifier, work, log, orders.watchdogMs);
}
