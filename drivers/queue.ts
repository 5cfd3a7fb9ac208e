import type { Priority } from './driver.ts';

const classes: readonly Priority[] = ['write', 'trigger', 'shot', 'slow'];

/** Times a waiting class is passed over before it is served once, ahead of everything but writes. */
const dueAfter = 16;
/** … and ahead of writes too. */
const overdueAfter = 64;

interface Lane<Job> {
  readonly jobs: Job[];
  passed: number;
}

/**
 * Jobs by urgency, first in first out within a class. A class that waits is served at the latest
 * after a fixed number of more urgent ones, so nothing starves for ever.
 */
export class JobQueue<Job extends { readonly priority: Priority }> {
  readonly #lanes: readonly Lane<Job>[] = classes.map(() => ({ jobs: [], passed: 0 }));
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(job: Job): void {
    this.#lanes[classes.indexOf(job.priority)]?.jobs.push(job);
    this.#length += 1;
  }

  /** The next job among those that are `ready` (their device may be asked now), or null. */
  take(ready: (job: Job) => boolean): Job | null {
    let chosen: Lane<Job> | null = null;
    let index = -1;
    for (const lane of this.#lanes) {
      if (lane.jobs.length === 0) continue;
      const first = lane.jobs.findIndex(ready);
      if (first < 0) continue;
      if (chosen === null || this.#overtakes(lane, chosen)) {
        if (chosen !== null) chosen.passed += 1;
        chosen = lane;
        index = first;
      } else lane.passed += 1;
    }
    if (chosen === null) return null;
    chosen.passed = 0;
    this.#length -= 1;
    return chosen.jobs.splice(index, 1)[0] ?? null;
  }

  /** Every waiting job, most urgent first, without those removed. */
  waiting(): Job[] {
    return this.#lanes.flatMap((lane) => lane.jobs);
  }

  drain(): Job[] {
    const jobs = this.waiting();
    for (const lane of this.#lanes) {
      lane.jobs.length = 0;
      lane.passed = 0;
    }
    this.#length = 0;
    return jobs;
  }

  #overtakes(lane: Lane<Job>, chosen: Lane<Job>): boolean {
    const needed = chosen === this.#lanes[0] ? overdueAfter : dueAfter;
    return lane.passed >= needed && lane.passed > chosen.passed;
  }
}
