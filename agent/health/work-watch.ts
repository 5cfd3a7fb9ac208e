/**
 * Whether work gets finished: polls of each machine, answers of the store's process, answers of
 * inference. Failures are finished work: a dead machine, a full disk and a child that is being
 * restarted are dealt with. What is begun and never ends, and nobody ends, is not.
 */
export interface WorkSample {
  readonly machines: readonly {
    readonly id: string;
    /** Polls begun: the next one begins when the last has ended. */
    readonly polls: number;
    /** A poll with all its time-outs takes no longer. */
    readonly longestPollMs: number;
  }[];
  readonly inference: {
    readonly waiting: number;
    /** Grows whenever a question is settled or a child put back. */
    readonly settled: number;
  };
  /** How long the store's process has owed an answer; null: it owes none. */
  readonly storeOwesMs: number | null;
}

/** systemd must hear nothing within 15 s of a wedge. */
const patienceMs = 12_000;

interface Progress {
  mark: number;
  sinceMs: number;
}

export class WorkWatch {
  readonly #progress = new Map<string, Progress>();

  /** What is overdue, by name; `nowMs` monotonic. */
  look({ machines, inference, storeOwesMs }: WorkSample, nowMs: number): string[] {
    const overdue = machines
      .filter(
        ({ id, polls, longestPollMs }) =>
          this.#standsMs(`machine ${id}`, polls, nowMs) > patienceMs + longestPollMs,
      )
      .map(({ id }) => `polls of ${id}`);
    const idle = inference.waiting === 0;
    const standsMs = this.#standsMs('inference', inference.settled, nowMs);
    if (idle) this.#progress.delete('inference');
    else if (standsMs > patienceMs) overdue.push('inference');
    if (storeOwesMs !== null && storeOwesMs > patienceMs) overdue.push('the store');
    return overdue;
  }

  #standsMs(name: string, mark: number, nowMs: number): number {
    const before = this.#progress.get(name);
    if (before?.mark === mark) return nowMs - before.sinceMs;
    this.#progress.set(name, { mark, sinceMs: nowMs });
    return 0;
  }
}
