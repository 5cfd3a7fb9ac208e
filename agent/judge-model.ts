/** A bundle as the judge uses it. */
import { compileEncoder } from '../models/encode.ts';
import type { Bundle } from '../models/manifest.ts';
import type { JudgeModel } from './verdict/judge.ts';

export function judgeModelOf({ manifest, hash }: Bundle): JudgeModel {
  const encoder = compileEncoder(manifest);
  return {
    identity: { name: manifest.name, version: manifest.version, hash },
    threshold: manifest.threshold,
    molds: manifest.molds,
    outOfRange: manifest.outOfRange,
    features: manifest.features.map(({ from }) => from),
    scale: manifest.output.kind === 'score' ? 'score' : 'probability',
    encode: encoder.encode,
    outsideTraining: encoder.outsideTraining,
    probability: encoder.defectProbability,
  };
}
