/** A value that is missing far more often than it used to be: a loose plug, a dying channel. */
const window = 40;
const leastShare = 0.25;
/** Standard deviations of the binomial beyond what was usual. */
const beyond = 6;
const leastKnown = 60;
const forgetAfter = 1000;

export interface Rise {
  readonly sinceShot: number | null;
  /** Shares, 0 to 1. */
  readonly from: number;
  readonly to: number;
}

export class MissingRise {
  readonly #last: boolean[] = [];
  #known = 0;
  #missing = 0;
  #firstMissing: number | null = null;
  #found: Rise | null = null;

  get found(): Rise | null {
    return this.#found;
  }

  observe(shot: number | null, isMissing: boolean): void {
    this.#last.push(isMissing);
    if (isMissing) this.#firstMissing ??= shot;
    if (this.#last.length <= window) return;
    const left = this.#last.shift() ?? false;
    const now = this.#last.filter((one) => one).length;
    if (now === 0) this.#firstMissing = null;
    this.#judge(now);
    if (this.#found === null) this.#learn(left);
  }

  #judge(now: number): void {
    if (this.#known < leastKnown) return;
    // Half a case more than was seen: none so far does not mean never.
    const usual = (this.#missing + 0.5) / (this.#known + 1);
    const limit = usual * window + beyond * Math.sqrt(usual * (1 - usual) * window);
    const isMore = now > limit && now / window >= leastShare;
    if (isMore && this.#found === null) {
      const from = this.#missing / this.#known;
      this.#found = { sinceShot: this.#firstMissing, from, to: now / window };
    } else if (this.#found !== null && now <= limit / 2) this.#found = null;
  }

  #learn(isMissing: boolean): void {
    this.#known += 1;
    if (isMissing) this.#missing += 1;
    if (this.#known < forgetAfter) return;
    this.#known /= 2;
    this.#missing /= 2;
  }
}
