/** Where defects are too few to learn from: how far a shot lies from the good ones. */
import { DataType } from '../onnx/model.ts';
import type { Novelty } from '../reference.ts';
import { distancesOf, fitDistance } from './distance.ts';
import { inputName } from './export.ts';
import { GraphSheet } from './export-blend.ts';
import { defectLabels, pickRows, type TrainingSet } from './training-set.ts';

export const distanceOutput = 'distance';

export interface OneClass {
  readonly model: Novelty;
  /** Distances of good rows that the model has not seen. */
  readonly held: Float64Array;
}

/** Learns on the first four fifths of the good rows. Null when those are too few. */
export function fitOneClass(data: TrainingSet): OneClass | null {
  const defects = defectLabels(data);
  const good = Uint32Array.from(defects, (_, row) => row).filter((row) => defects[row] === 0);
  const cut = Math.floor(good.length * 0.8);
  const early = pickRows(data, good.subarray(0, cut));
  const late = pickRows(data, good.subarray(cut));
  const model = fitDistance(early.columns, () => true);
  return model === null ? null : { model, held: oneClassScores(model, late.columns) };
}

/** As float32, which is what the exported model gives. */
export function oneClassScores(model: Novelty, columns: readonly Float32Array[]): Float64Array {
  return Float64Array.from(Float32Array.from(distancesOf(model, columns)));
}

/** float [N, features] → `distance` float [N, 1]. */
export function exportOneClass({ center, scale, inverse }: Novelty): Uint8Array {
  const sheet = new GraphSheet();
  const size = center.length;
  const absent = sheet.add('IsNaN', [inputName]);
  const present = sheet.add('Where', [absent, sheet.floats([1, size], center), inputName]);
  const exact = sheet.cast(present, DataType.DOUBLE);
  const centered = sheet.add('Sub', [exact, sheet.doubles([1, size], center)]);
  const z = sheet.add('Div', [centered, sheet.doubles([1, size], scale)]);
  const turned = sheet.add('MatMul', [z, sheet.doubles([size, size], inverse.flat())]);
  const squares = sheet.add('Mul', [turned, z]);
  const sum = sheet.add('MatMul', [
    squares,
    sheet.doubles([size, 1], new Array<number>(size).fill(1)),
  ]);
  const positive = sheet.add('Max', [sum, sheet.doubles([1, 1], [0])]);
  const distance = sheet.cast(sheet.add('Sqrt', [positive]), DataType.FLOAT);
  return sheet.write(distance, distanceOutput, 1, size);
}
