/** A bundle as the judge uses it, and as the watch over its inputs does. */

import { compileEncoder } from '../models/encode.ts';
import type { Bundle } from '../models/manifest.ts';
import { compileNovelty } from '../models/novelty.ts';
import type { TrainingNormal } from './alerts/baseline.ts';
import type { WatchedModel } from './drift/watch.ts';
import type { JudgeModel } from './verdict/judge.ts';

export function judgeModelOf({ manifest, hash, reference }: Bundle): JudgeModel {
  const encoder = compileEncoder(manifest);
  const features = manifest.features.map(({ from }) => from);
  const known = reference?.novelty;
  return {
    identity: { name: manifest.name, version: manifest.version, hash },
    threshold: manifest.threshold,
    molds: manifest.molds,
    outOfRange: manifest.outOfRange,
    novelty: known === undefined ? null : compileNovelty(known, features),
    onNovelty: manifest.novelty ?? 'flag',
    onDrift: manifest.drift ?? 'flag',
    features,
    scale: manifest.output.kind === 'probabilities' ? 'probability' : 'score',
    encode: encoder.encode,
    outsideTraining: encoder.outsideTraining,
    answer: encoder.answer,
  };
}

export function watchedModelOf(bundle: Bundle | null): WatchedModel | null {
  if (bundle === null) return null;
  const { manifest, reference } = bundle;
  return {
    features: new Set(manifest.features.map(({ from }) => from)),
    reference,
    population: manifest.molds !== 'any' && manifest.molds.length === 1 ? 'one' : 'several',
    tellsNovelty: reference?.novelty !== undefined,
  };
}

/** What was normal in training, by the feature of the profile. */
export function trainingNormals(bundle: Bundle | null): Map<string, TrainingNormal> {
  const features = bundle?.manifest.features ?? [];
  return new Map(features.flatMap(({ from, normal }) => (normal ? [[from, normal] as const] : [])));
}
