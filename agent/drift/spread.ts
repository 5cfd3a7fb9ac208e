/** How the last shots of a machine were spread, against the training or the mold's own first shots. */
import type { Histogram, Reference } from '../../models/reference.ts';
import type { DriftHealth, DriftPsi } from '../records.ts';
import { histogramOf, psiOf } from './psi.ts';

const window = 200;
const leastShots = 100;
/** Of one mold, until they are its reference. */
const firstShots = 200;
const refreshEvery = 25;

/** Values of one feature, or scores, in the order of shots. */
class Series {
  #last: number[] = [];
  #own: Histogram | null = null;

  add(value: number): void {
    this.#last.push(value);
    if (this.#last.length > window) this.#last.shift();
    if (this.#own === null && this.#last.length >= firstShots) {
      this.#own = histogramOf(this.#last);
      this.#last = [];
    }
  }

  against(reference: Histogram | null, shots: number): Omit<DriftPsi, 'feature'> | null {
    const of = reference ?? this.#own;
    if (of === null || this.#last.length < leastShots) return null;
    return psiOf(this.#last, of, reference === null ? firstShots : shots);
  }
}

const scoreName = '\0score';

/** One mold, or all of a machine that are compared with one training. */
export class Spread {
  readonly #series = new Map<string, Series>();
  #shots = 0;
  #told: DriftHealth['spread'] = null;
  #toldAt = 0;
  #toldOf: Reference | null = null;

  add(features: Iterable<readonly [string, number | null]>, score: number | null): void {
    this.#shots += 1;
    for (const [name, value] of features) if (value !== null) this.#of(name).add(value);
    if (score !== null) this.#of(scoreName).add(score);
  }

  /** Worked out anew every now and then only. */
  tell(reference: Reference | null): DriftHealth['spread'] {
    const isOld = this.#shots - this.#toldAt >= refreshEvery || reference !== this.#toldOf;
    if (!isOld) return this.#told;
    this.#toldAt = this.#shots;
    this.#toldOf = reference;
    const features = [...this.#series].flatMap(([name, series]): DriftPsi[] => {
      const isScore = name === scoreName;
      const known = isScore ? reference?.scores : reference?.features[name];
      const psi = series.against(known ?? null, reference?.shots ?? 0);
      // Where there is a training, what it did not have says nothing of it.
      if (psi === null || (reference !== null && known === undefined)) return [];
      return [{ feature: isScore ? null : name, ...psi }];
    });
    const against = reference === null ? 'own' : 'training';
    const sorted = features.sort((a, b) => b.psi - a.psi);
    this.#told =
      sorted.length === 0 ? null : { against, shots: this.#lastShots(), features: sorted };
    return this.#told;
  }

  #lastShots(): number {
    return Math.min(window, this.#shots);
  }

  #of(name: string): Series {
    const series = this.#series.get(name) ?? new Series();
    this.#series.set(name, series);
    return series;
  }
}
