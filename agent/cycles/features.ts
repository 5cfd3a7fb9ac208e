/** Features of one cycle: last values, aggregates over its samples, over time, over past cycles. */
import type { FeatureSpec } from '../../config/profile.ts';
import type { Reading } from '../records.ts';
import { type Aggregate, aggregate, resample, type TimedValue } from './aggregate.ts';

export interface CycleWindow {
  /** Start of this cycle: the trigger of the one before, or the start of a high period. */
  readonly fromMonoMs: number;
  readonly toMonoMs: number;
}

/** Samples of a signal between two monotonic times, oldest first. */
export type SamplesBetween = (
  signal: string,
  fromMonoMs: number,
  toMonoMs: number,
) => readonly TimedValue[];

/** Past values of one mold: feature → values of its last cycles, oldest first. */
export class CycleHistory {
  readonly #values = new Map<string, number[]>();

  push(feature: string, value: number, keep: number): void {
    const list = this.#values.get(feature) ?? [];
    list.push(value);
    if (list.length > keep) list.shift();
    this.#values.set(feature, list);
  }

  last(feature: string): readonly number[] {
    return this.#values.get(feature) ?? [];
  }

  /** As it would be with the values pushed next; this one stays as it is. */
  foreseen(): PastValues {
    const ahead = new Map<string, readonly number[]>();
    return {
      push: (feature, value, keep) => {
        ahead.set(feature, [...this.last(feature), value].slice(-keep));
      },
      last: (feature) => ahead.get(feature) ?? this.last(feature),
    };
  }
}

export type PastValues = Pick<CycleHistory, 'push' | 'last'>;

function numbered(value: number | null, basis: Reading, note: string): Reading {
  if (value !== null && Number.isFinite(value)) return { value, quality: 'good', at: basis.at };
  return { value: null, quality: 'missing', at: basis.at, note };
}

/** Profiles may not ask for it; should one, the cycle is not scored. */
function noNumber({ at }: Reading): Reading {
  return { value: null, quality: 'invalid', at, note: 'a text, not a number' };
}

function overPastCycles(
  name: string,
  spec: FeatureSpec,
  cycles: number,
  basis: Reading,
  history: PastValues,
): Reading {
  if (basis.value === null) return basis;
  history.push(name, basis.value, cycles);
  const past = history.last(name);
  if (past.length < cycles) {
    return numbered(null, basis, `only ${past.length} of ${cycles} cycles seen`);
  }
  const samples = past.map((value, i) => ({ monoMs: i * 1000, value }));
  return numbered(aggregate(spec.take as Aggregate, samples, spec.above ?? 0), basis, 'undefined');
}

/** The stretch of time that a feature is taken over. */
function stretch({ over }: FeatureSpec, { fromMonoMs, toMonoMs }: CycleWindow): CycleWindow {
  const seconds = typeof over === 'object' && 'seconds' in over ? over.seconds : null;
  return seconds === null
    ? { fromMonoMs, toMonoMs }
    : { fromMonoMs: toMonoMs - seconds * 1000, toMonoMs };
}

/** All points of a curve, worked out once; by the signal, the stretch and the number of points. */
class Curves {
  readonly #window: CycleWindow;
  readonly #samplesBetween: SamplesBetween;
  readonly #known = new Map<string, readonly (number | null)[]>();

  constructor(window: CycleWindow, samplesBetween: SamplesBetween) {
    this.#window = window;
    this.#samplesBetween = samplesBetween;
  }

  point(spec: FeatureSpec, basis: Reading): Reading {
    const { from, points = 0, point = 0 } = spec;
    const { fromMonoMs, toMonoMs } = stretch(spec, this.#window);
    const key = `${from} ${fromMonoMs} ${points}`;
    const known = this.#known.get(key);
    const values =
      known ??
      resample(this.#samplesBetween(from, fromMonoMs, toMonoMs), fromMonoMs, toMonoMs, points);
    if (known === undefined) this.#known.set(key, values);
    return numbered(values[point] ?? null, basis, 'too few samples');
  }
}

function overTime(
  spec: FeatureSpec,
  basis: Reading,
  window: CycleWindow,
  samplesBetween: SamplesBetween,
): Reading {
  const { fromMonoMs, toMonoMs } = stretch(spec, window);
  const samples = samplesBetween(spec.from, fromMonoMs, toMonoMs);
  if (samples.length === 0)
    return basis.value === null ? basis : numbered(null, basis, 'no samples');
  return numbered(
    aggregate(spec.take as Aggregate, samples, spec.above ?? 0),
    basis,
    `too few samples (${samples.length})`,
  );
}

/**
 * Computes every feature. A feature of a bad signal keeps that signal's quality and note; slopes
 * over past cycles are per cycle, over time per second.
 */
export function computeFeatures(
  specs: Readonly<Record<string, FeatureSpec>>,
  readings: Readonly<Record<string, Reading>>,
  window: CycleWindow,
  samplesBetween: SamplesBetween,
  history: PastValues,
): Record<string, Reading> {
  const features: Record<string, Reading> = {};
  const curves = new Curves(window, samplesBetween);
  for (const [name, spec] of Object.entries(specs)) {
    const basis = readings[spec.from];
    if (basis === undefined) continue;
    if (basis.text !== undefined) features[name] = noNumber(basis);
    else if (spec.take === 'last') features[name] = basis;
    else if (spec.take === 'curve') features[name] = curves.point(spec, basis);
    else if (typeof spec.over === 'object' && 'cycles' in spec.over) {
      features[name] = overPastCycles(name, spec, spec.over.cycles, basis, history);
    } else features[name] = overTime(spec, basis, window, samplesBetween);
  }
  return features;
}
