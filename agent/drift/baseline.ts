/** What one feature is like while one mold runs well: its last good values, with a lag. */
import { type Normal, normalOf } from '../../models/normal.ts';

const keep = 400;
/** Sorting all values for each shot would cost more than all else here. */
const refreshEvery = 10;

/** Fewer good values say nothing of a mold yet. */
export const enough = 30;

export class FeatureBaseline {
  readonly #leastSigma: number;
  #values: number[] = [];
  #normal: Normal | null = null;
  #stale: number;

  /** `leastSigma`: the smallest step the feature can show. `turn` spreads the work over shots. */
  constructor(leastSigma: number, turn: number) {
    this.#leastSigma = leastSigma;
    this.#stale = turn % refreshEvery;
  }

  get count(): number {
    return this.#values.length;
  }

  /** The oldest kept values, for a look at how they were spread. */
  get values(): readonly number[] {
    return this.#values;
  }

  learn(value: number): void {
    this.#values.push(value);
    if (this.#values.length > keep) this.#values.shift();
    this.#stale += 1;
    if (this.#stale >= refreshEvery) this.#normal = null;
  }

  /** The plant was set to another level: what was learned of the spread still holds. */
  move(by: number): void {
    this.#values = this.#values.map((value) => value + by);
    this.#normal = null;
  }

  forget(): void {
    this.#values = [];
    this.#normal = null;
  }

  /** Null while too little is known. */
  normal(): Normal | null {
    if (this.#values.length < enough) return null;
    if (this.#normal === null) {
      this.#normal = normalOf(this.#values, this.#leastSigma);
      this.#stale = 0;
    }
    return this.#normal;
  }
}
