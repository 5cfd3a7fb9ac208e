/**
 * A watch that is given the shots kept before this start while it already sees new ones: the old ones
 * make a second watch, the new ones are put after them, and then it takes the place of the first.
 */
import type { Profile } from '../../config/profile.ts';
import type { Cycle, Verdict } from '../records.ts';
import { DriftWatch, type WatchedModel } from './watch.ts';

type Judged = Pick<Verdict, 'outcome' | 'flags' | 'probability'>;
export interface PastShot {
  readonly cycle: Cycle;
  readonly verdict: Judged;
}

/** Beyond, the old ones have come too late to matter. */
const mostWaiting = 400;
/** The loop has other machines to judge between two parts. */
const atOnce = 10;

export class ResumedWatch {
  readonly #profile: Profile;
  #model: WatchedModel | null;
  #watch: DriftWatch;
  #waiting: PastShot[] | null = [];

  constructor(profile: Profile, model: WatchedModel | null) {
    this.#profile = profile;
    this.#model = model;
    this.#watch = new DriftWatch(profile, model);
  }

  get now(): DriftWatch {
    return this.#watch;
  }

  useModel(model: WatchedModel | null): void {
    this.#model = model;
    this.#watch.useModel(model);
  }

  observe(cycle: Cycle, verdict: Judged): void {
    this.#watch.observe(cycle, verdict);
    if (this.#waiting === null) return;
    this.#waiting.push({ cycle, verdict });
    if (this.#waiting.length > mostWaiting) this.#waiting = null;
  }

  /** Oldest first. Settles when they are taken in, or were too late. */
  async recall(past: readonly PastShot[]): Promise<void> {
    const watch = new DriftWatch(this.#profile, this.#model);
    for (const [place, { cycle, verdict }] of past.entries()) {
      watch.observe(cycle, verdict);
      if (place % atOnce === atOnce - 1) await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.#waiting === null) return;
    for (const { cycle, verdict } of this.#waiting) watch.observe(cycle, verdict);
    watch.useModel(this.#model);
    this.#watch = watch;
    this.#waiting = null;
  }
}
