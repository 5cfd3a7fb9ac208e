/** What `ppuri train` makes: one or several models whose log-odds are averaged, then calibrated. */
import type { TreeSum } from './boost-classes.ts';
import { outputCount, toProbabilities } from './class-rows.ts';
import { addFlatTree } from './flat-tree.ts';
import { type LinearModel, linearRaw } from './linear.ts';
import { type NetworkModel, networkRaw } from './network.ts';

export type Member = TreeSum | LinearModel | NetworkModel;

export interface Blend {
  readonly classCount: number;
  readonly members: readonly { readonly model: Member; readonly weight: number }[];
  readonly calibration: Calibration;
}

/** Of two classes: probability = sigmoid(slope · z + offset); of more: softmax(slope · z). */
export interface Calibration {
  readonly slope: number;
  readonly offset: number;
}

export const uncalibrated: Calibration = { slope: 1, offset: 0 };

/** A forest's share below this tells nothing: so few trees or rows stand behind it. */
export function shareFloor(outputs: number): number {
  return outputs === 1 ? 1e-4 : 2e-3;
}

/** Log-odds of a defect, or the logarithm of each class's probability up to a constant. */
export function memberRaw(model: Member, columns: readonly Float32Array[]): Float64Array[] {
  if (model.kind === 'linear') return linearRaw(model, columns);
  if (model.kind === 'network') return networkRaw(model, columns);
  const rows = columns[0]?.length ?? 0;
  const sums = model.baseline.map(() => new Float32Array(rows));
  for (const tree of model.trees) addFlatTree(sums, tree, columns);
  const floor = shareFloor(sums.length);
  return sums.map((sum, output) => {
    const baseline = model.baseline[output] ?? 0;
    if (model.link === 'identity') return Float64Array.from(sum, (value) => value + baseline);
    return Float64Array.from(sum, (value) => {
      const share = Math.min(Math.max(value, floor), 1 - floor);
      return sums.length === 1 ? Math.log(share) - Math.log(1 - share) : Math.log(share);
    });
  });
}

/** Weighted sum of what the members say. */
export function mixRaw(
  parts: readonly { readonly raw: readonly Float64Array[]; readonly weight: number }[],
): Float64Array[] {
  const [first] = parts;
  return (first?.raw ?? []).map((one, output) => {
    const mixed = new Float64Array(one.length);
    for (const { raw, weight } of parts) {
      const values = raw[output] ?? mixed;
      for (let row = 0; row < mixed.length; row += 1)
        mixed[row] = (mixed[row] ?? 0) + weight * (values[row] ?? 0);
    }
    return mixed;
  });
}

/** In place to calibrated probabilities: one array (of a defect) of two classes, else one a class. */
export function calibrate(raw: readonly Float64Array[], { slope, offset }: Calibration): void {
  const shift = raw.length === 1 ? offset : 0;
  for (const values of raw)
    for (let row = 0; row < values.length; row += 1)
      values[row] = slope * (values[row] ?? 0) + shift;
  toProbabilities(raw);
}

/** Probabilities of each class, one array a class, in double precision. */
export function blendProbabilities(
  blend: Blend,
  columns: readonly Float32Array[],
): readonly Float64Array[] {
  const mixed = mixRaw(
    blend.members.map(({ model, weight }) => ({ raw: memberRaw(model, columns), weight })),
  );
  calibrate(mixed, blend.calibration);
  if (outputCount(blend.classCount) > 1) return mixed;
  const defect = mixed[0] ?? new Float64Array();
  return [defect.map((one) => 1 - one), defect];
}
