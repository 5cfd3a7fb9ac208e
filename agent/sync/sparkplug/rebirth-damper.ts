/**
 * Births that hosts ask for, at most one an interval: whoever may send commands could otherwise keep
 * node and hosts busy with nothing else. What is asked meanwhile is answered by one birth at its end;
 * data goes on until then, or asking without end would stop it.
 */
export class RebirthDamper {
  readonly #everyMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #due: NodeJS.Timeout | null = null;

  constructor(everyMs = 1000) {
    this.#everyMs = everyMs;
  }

  /** Calls `birth` now or when the interval is over, unless one is due already. */
  ask(birth: () => void): void {
    if (this.#due !== null) return;
    const now = (): void => {
      this.#due = null;
      this.#lastMs = performance.now();
      birth();
    };
    const waitMs = this.#lastMs + this.#everyMs - performance.now();
    if (waitMs <= 0) now();
    else this.#due = setTimeout(now, waitMs);
  }

  /** Nobody is there any more. */
  end(): void {
    clearTimeout(this.#due ?? undefined);
    this.#due = null;
  }
}
