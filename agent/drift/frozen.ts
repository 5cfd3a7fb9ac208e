/**
 * A value that no longer moves. How long a run of equal values is too long is learned: a coarse or
 * steady signal repeats itself in health, and where that is the rule, nothing can be told. A setting
 * of the mold stands still while that mold runs, so the mold that repeats itself most decides.
 */

const leastRun = 8;
/** A longer run would be waited for in vain: such a signal stands still by nature. */
const longestTold = 120;
/** -ln of the chance at which a run of repeats is no accident, with every shot a new try. */
const surprise = 20;
/** Shots known of a machine, and of a mold, before their repeats say anything. */
const leastPairs = 200;
const leastOfMold = 15;
const forgetAfter = 2000;

export interface Stuck {
  readonly sinceShot: number | null;
  readonly value: number;
}

/** How often a value is the one before, while nothing is wrong. */
class Repeats {
  #value: number | null = null;
  #run = 0;
  #longest = 0;
  #repeats = 0;
  pairs = 0;

  observe(value: number): void {
    if (value === this.#value) {
      this.#run += 1;
      return;
    }
    if (this.#value !== null) this.#learn();
    this.#value = value;
    this.#run = 1;
  }

  /** The run that lasts is no part of what is usual yet, or was none. */
  forgetRun(): void {
    this.#value = null;
    this.#run = 0;
  }

  tooLong(): number {
    const chance = (this.#repeats + 1) / (this.pairs + 2);
    const unlikely = Math.ceil(surprise / -Math.log(chance));
    return Math.max(leastRun, unlikely, 2 * this.#longest + 1);
  }

  /** One run without end says that the value never moves. */
  get lasting(): number {
    return this.#run;
  }

  #learn(): void {
    this.pairs += this.#run;
    this.#repeats += this.#run - 1;
    this.#longest = Math.max(this.#longest, this.#run);
    if (this.pairs < forgetAfter) return;
    this.pairs /= 2;
    this.#repeats /= 2;
    this.#longest *= 0.8;
  }
}

export class Frozen {
  readonly #machine = new Repeats();
  readonly #molds = new Map<string | null, Repeats>();
  #value: number | null = null;
  #since: number | null = null;
  #run = 0;
  #found: Stuck | null = null;

  get found(): Stuck | null {
    return this.#found;
  }

  forget(mold: string | null): void {
    this.#molds.delete(mold);
  }

  /** Each shot that was read, of whatever mold: a frozen value does not know the mold either. */
  observe(mold: string | null, shot: number | null, value: number): void {
    const ofMold = this.#molds.get(mold) ?? new Repeats();
    this.#molds.set(mold, ofMold);
    if (value === this.#value) {
      this.#run += 1;
      this.#machine.observe(value);
      ofMold.observe(value);
      if (this.#found === null && this.#run >= this.#tooLong())
        this.#found = { sinceShot: this.#since, value };
      return;
    }
    if (this.#found !== null)
      for (const one of [this.#machine, ...this.#molds.values()]) one.forgetRun();
    this.#found = null;
    this.#value = value;
    this.#since = shot;
    this.#run = 1;
    this.#machine.observe(value);
    ofMold.observe(value);
  }

  #tooLong(): number {
    if (this.#machine.pairs < leastPairs) return Number.POSITIVE_INFINITY;
    let run = this.#machine.tooLong();
    for (const mold of this.#molds.values()) {
      // A value that this mold has had since it came never moved; a frozen one did before.
      if (mold.pairs === 0 && mold.lasting > leastOfMold) return Number.POSITIVE_INFINITY;
      if (mold.pairs >= leastOfMold) run = Math.max(run, mold.tooLong());
    }
    return run > longestTold ? Number.POSITIVE_INFINITY : run;
  }
}
