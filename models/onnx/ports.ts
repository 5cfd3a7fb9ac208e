/** What comes out: plain tensors, one of them what the verdict hangs on, and what that one is. */
import type { GraphEdit } from './edit.ts';
import { outputType } from './edit-outputs.ts';
import { modelInvalid } from './model.ts';
import { dtypeName } from './value-types.ts';

export interface TensorOutput {
  readonly name: string;
  /** `float32`, `int64` … */
  readonly dtype: string;
  /** Null: dynamic. Null as a whole: not declared. */
  readonly dims: readonly (number | null)[] | null;
}

export type ScoreKind = 'probabilities' | 'score' | 'value';

export interface ScoreOutput {
  readonly name: string;
  readonly kind: ScoreKind;
  /** Columns of probabilities; null when the file does not say; 1 for a score or value. */
  readonly classes: number | null;
  /** Which end of a score is bad; absent: the file does not say. */
  readonly side?: 'high' | undefined;
  /** What a score was made of. */
  readonly from?: 'label' | 'reconstruction' | undefined;
}

/** Tensor outputs, and the names of those that are none. */
export function tensorOutputs(edit: GraphEdit): { outputs: TensorOutput[]; left: string[] } {
  const outputs: TensorOutput[] = [];
  const left: string[] = [];
  for (const { name } of edit.body.output) {
    const type = outputType(edit, name);
    if (type === null) left.push(name);
    else outputs.push({ name, dtype: dtypeName(type.elemType), dims: type.dims });
  }
  return { outputs, left };
}

export const isFloat = ({ dtype }: TensorOutput): boolean =>
  dtype === 'float32' || dtype === 'float64';

/**
 * The output to score by: the one asked for, an unwrapped ZipMap's, the only float one, or the
 * only one named like a probability. Null when that leaves several. Throws `model-invalid` when the
 * one asked for is not there.
 */
export function chooseOutput(
  outputs: readonly TensorOutput[],
  exposed: readonly string[],
  subject: string,
  wanted?: string,
): TensorOutput | null {
  const floats = outputs.filter(isFloat);
  if (wanted !== undefined && !outputs.some(({ name }) => name === wanted)) {
    const names = outputs.map(({ name }) => name).join(', ');
    throw modelInvalid(subject, `there is no output "${wanted}"`, `choose from: ${names}`);
  }
  const likely = [
    outputs.filter(({ name }) => name === wanted),
    floats.filter(({ name }) => exposed.includes(name)),
    floats,
    floats.filter(({ name }) => /prob/i.test(name)),
    outputs.length === 1 ? outputs : [],
  ].find((found) => found.length === 1);
  return likely?.[0] ?? null;
}

/** Columns of an output's row; null when the file does not say. */
export function columnsOf({ dims }: TensorOutput): number | null {
  if (dims === null) return null;
  return dims.length < 2 ? 1 : (dims.at(-1) ?? null);
}

/**
 * What the operator that ends in this output says of it. `logits`: the last layer of a network, of
 * which nobody can tell whether a sigmoid was left off or a value is predicted.
 */
export type Nature = 'probabilities' | 'value' | 'score' | 'logits' | 'unclear';

const natures: Readonly<Record<string, Nature>> = {
  Sigmoid: 'probabilities',
  Softmax: 'probabilities',
  TreeEnsembleClassifier: 'probabilities',
  LinearClassifier: 'probabilities',
  SVMClassifier: 'probabilities',
  Normalizer: 'probabilities',
  TreeEnsembleRegressor: 'value',
  LinearRegressor: 'value',
  SVMRegressor: 'value',
  Gemm: 'logits',
  MatMul: 'logits',
  Conv: 'logits',
};

export function natureOf(edit: GraphEdit, output: TensorOutput, hasLabel: boolean): Nature {
  const columns = columnsOf(output);
  if (hasLabel) return columns === 1 ? 'score' : 'probabilities';
  const maker = edit.maker(output.name);
  const known = natures[maker?.opType ?? ''];
  if (known !== undefined) return known;
  // A bias added to a product is the last layer of a network too.
  const layer = maker?.opType === 'Add' && maker.input.some((name) => endsInProduct(edit, name));
  if (layer) return 'logits';
  return columns === 1 ? 'unclear' : 'probabilities';
}

const products = new Set(['MatMul', 'Gemm', 'MatMulInteger', 'Mul']);

function endsInProduct(edit: GraphEdit, name: string): boolean {
  return products.has(edit.maker(name)?.opType ?? '');
}
