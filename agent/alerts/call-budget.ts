/**
 * How many alerts may ask for the operator's attention. One person runs all machines of a gateway,
 * so the budget is theirs, not a machine's (EEMUA 191: a flood is ten within ten minutes, and over
 * when fewer than five came in ten; five an hour on average can be acted on).
 */
import type { Attention, Severity } from '../records.ts';

const hourMs = 3_600_000;
const floodSpanMs = 600_000;
const floodBegins = 10;
const floodEndsBelow = 5;
/** Machines that lose the same thing within this share one cause. */
const togetherMs = 60_000;

interface Raised {
  readonly monoMs: number;
  readonly cause: string;
}

export class CallBudget {
  readonly #perHour: number;
  #raised: Raised[] = [];
  #calls: number[] = [];
  #flood = false;
  #floods = 0;

  constructor(perHour: number) {
    this.#perHour = perHour;
  }

  /** A flood is on. */
  get flood(): boolean {
    return this.#flood;
  }

  /** Floods since the start. */
  get floods(): number {
    return this.#floods;
  }

  /** Calls of the last hour. */
  get calls(): number {
    return this.#calls.length;
  }

  /** What a new alert may ask for. Warnings call unless a flood has them told together. */
  admit(severity: Severity, cause: string, monoMs: number): Exclude<Attention, 'shelved'> {
    this.forget(monoMs);
    if (severity === 'info') return 'quiet';
    const together = this.#raised.some(
      (other) =>
        cause === 'bus-lost' && other.cause === cause && monoMs - other.monoMs < togetherMs,
    );
    this.#raised.push({ monoMs, cause });
    this.forget(monoMs);
    if (severity !== 'stop' && (together || this.#flood)) return 'grouped';
    if (severity === 'caution' && this.#calls.length >= this.#perHour) return 'grouped';
    this.#calls.push(monoMs);
    return 'call';
  }

  /** Something else that calls, such as a flood itself. */
  countCall(monoMs: number): void {
    this.#calls.push(monoMs);
  }

  /** Lets go of what is too long ago, which can end a flood. */
  forget(monoMs: number): void {
    this.#calls = this.#calls.filter((at) => monoMs - at < hourMs);
    this.#raised = this.#raised.filter((one) => monoMs - one.monoMs < floodSpanMs);
    const begins = !this.#flood && this.#raised.length >= floodBegins;
    if (begins) this.#floods += 1;
    this.#flood = begins || (this.#flood && this.#raised.length >= floodEndsBelow);
  }
}
