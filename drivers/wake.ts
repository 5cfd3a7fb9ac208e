/** A time-out at a monotonic moment, to a fraction of a millisecond. */

/** setTimeout is late by up to this, and may be early by it. */
const timerErrorMs = 1.2;

export class Wake {
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  /** Calls `then` once `atMs` (performance.now()) has passed; replaces what was asked before. */
  at(atMs: number, then: () => void): void {
    this.cancel();
    const leftMs = atMs - performance.now();
    if (leftMs > timerErrorMs) {
      this.#timer = setTimeout(() => this.at(atMs, then), leftMs - timerErrorMs);
      return;
    }
    // A silence of 1.75 ms that lasts 3 costs a tenth of the bus: turn the loop instead.
    this.#immediate = setImmediate(() => {
      if (performance.now() >= atMs) then();
      else this.at(atMs, then);
    });
  }

  cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }
}
