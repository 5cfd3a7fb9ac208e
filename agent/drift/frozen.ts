/**
 * A value that no longer moves. How long a run of equal values is too long is learned: a coarse or
 * steady signal repeats itself in health, and where that is the rule, nothing can be told.
 */
import { enough } from './baseline.ts';

const leastRun = 8;
/** A longer run would be waited for in vain: such a signal stands still by nature. */
const longestTold = 120;
/** -ln of the chance at which a run of repeats is no accident, with every shot a new try. */
const surprise = 20;
const forgetAfter = 2000;

export interface Stuck {
  readonly sinceShot: number | null;
  readonly value: number;
}

export class Frozen {
  #value: number | null = null;
  #since: number | null = null;
  #run = 0;
  #pairs = 0;
  #repeats = 0;
  #longest = 0;
  #found: Stuck | null = null;

  get found(): Stuck | null {
    return this.#found;
  }

  /** Each shot that was read, of whatever mold: a frozen value does not know the mold either. */
  observe(shot: number | null, value: number): void {
    if (value === this.#value) {
      this.#run += 1;
      if (this.#found === null && this.#run >= this.#tooLong())
        this.#found = { sinceShot: this.#since, value };
      return;
    }
    if (this.#found === null && this.#value !== null) this.#learn();
    this.#found = null;
    this.#value = value;
    this.#since = shot;
    this.#run = 1;
  }

  /** Of runs that have ended: one that lasts is no part of what is usual yet. */
  #learn(): void {
    this.#pairs += this.#run;
    this.#repeats += this.#run - 1;
    this.#longest = Math.max(this.#longest, this.#run);
    if (this.#pairs < forgetAfter) return;
    this.#pairs /= 2;
    this.#repeats /= 2;
    this.#longest *= 0.8;
  }

  #tooLong(): number {
    if (this.#pairs < enough) return Number.POSITIVE_INFINITY;
    const chance = (this.#repeats + 1) / (this.#pairs + 2);
    const unlikely = Math.ceil(surprise / -Math.log(chance));
    const run = Math.max(leastRun, unlikely, 2 * this.#longest + 1);
    return run > longestTold ? Number.POSITIVE_INFINITY : run;
  }
}
