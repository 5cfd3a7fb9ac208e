/** Those who wait until every record up to a seq is settled. */
import type { PpuriError } from '../../config/errors.ts';

interface Flush {
  readonly upTo: number;
  readonly done: () => void;
}

export class Flushes {
  readonly #waiting = new Set<Flush>();

  get any(): boolean {
    return this.#waiting.size > 0;
  }

  wait(upTo: number, boundMs: number, late: () => PpuriError): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(flush);
        act();
      };
      const timer = setTimeout(() => end(() => reject(late())), boundMs);
      const flush: Flush = { upTo, done: () => end(resolve) };
      this.#waiting.add(flush);
    });
  }

  /** `oldest`: the lowest seq that is not settled. */
  settled(oldest: number): void {
    for (const flush of this.#waiting) if (oldest > flush.upTo) flush.done();
  }
}
