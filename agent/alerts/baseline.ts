/** What is normal for one mold on one machine: its recent good cycles, or the training's until then. */
import { type Normal, normalOf, sigmasIn90Percent } from '../../models/normal.ts';
import type { Deviation, Reading } from '../records.ts';

export type { Normal };

/** The middle 90 % of good cycles, as a bundle's manifest gives it per profile feature. */
export interface TrainingNormal {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

const KEEP = 60;
/** Good cycles count as normal only once this many more followed: a slow drift is not learned. */
const LAG = 10;
const ENOUGH = 30;
/** Baselines of one machine and mold. */
export class Baseline {
  readonly #good = new Map<string, number[]>();
  readonly #waiting: Readonly<Record<string, Reading>>[] = [];
  readonly #training: ReadonlyMap<string, TrainingNormal>;
  readonly #resolution: (feature: string) => number;

  /** `resolution`: the smallest step a feature can show, in its unit. */
  constructor(
    training: ReadonlyMap<string, TrainingNormal>,
    resolution: (feature: string) => number,
  ) {
    this.#training = training;
    this.#resolution = resolution;
  }

  /** Takes one good cycle in, to be normal when it has proved to be. */
  learn(features: Readonly<Record<string, Reading>>): void {
    this.#waiting.push(features);
    const proved = this.#waiting.length > LAG ? this.#waiting.shift() : undefined;
    if (proved !== undefined) this.#add(proved);
  }

  /** The cycles just before a defect may be part of the drift that led to it. */
  forgetWaiting(): void {
    this.#waiting.length = 0;
  }

  #add(features: Readonly<Record<string, Reading>>): void {
    for (const [name, { value }] of Object.entries(features)) {
      if (value === null) continue;
      const list = this.#good.get(name) ?? [];
      list.push(value);
      if (list.length > KEEP) list.shift();
      this.#good.set(name, list);
    }
  }

  /** Null while neither good cycles nor the training say. */
  normal(feature: string): Normal | null {
    const values = this.#good.get(feature) ?? [];
    const leastSigma = this.#resolution(feature);
    if (values.length >= ENOUGH) return normalOf(values, leastSigma);
    const trained = this.#training.get(feature);
    if (trained === undefined) return null;
    const sigma = Math.max((trained.high - trained.low) / sigmasIn90Percent, leastSigma);
    return { ...trained, sigma };
  }

  /** Every feature that has a value and a normal, farthest from normal first. */
  deviations(features: Readonly<Record<string, Reading>>): readonly Deviation[] {
    const found: Deviation[] = [];
    for (const [feature, { value }] of Object.entries(features)) {
      const normal = value === null ? null : this.normal(feature);
      if (value === null || normal === null) continue;
      const z = (value - normal.median) / normal.sigma;
      found.push({ feature, value, normalLow: normal.low, normalHigh: normal.high, z });
    }
    return found.sort((a, b) => Math.abs(b.z) - Math.abs(a.z));
  }
}
