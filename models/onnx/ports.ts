/** What goes in and what comes out: one float row in, plain tensors out, one of them the scores. */
import { DataType, type GraphProto, modelInvalid, type ValueInfoProto } from './model.ts';

export interface TensorOutput {
  readonly name: string;
  /** `float32`, `int64` … */
  readonly dtype: string;
  /** Null: dynamic. Null as a whole: not declared. */
  readonly dims: readonly (number | null)[] | null;
}

export interface ScoreOutput {
  readonly name: string;
  readonly kind: 'probabilities' | 'score';
  /** Columns of probabilities; null when the file does not say; 1 for a score. */
  readonly classes: number | null;
}

const dtypes: Readonly<Record<number, string>> = {
  [DataType.FLOAT]: 'float32',
  [DataType.DOUBLE]: 'float64',
  [DataType.FLOAT16]: 'float16',
  [DataType.INT64]: 'int64',
  [DataType.INT32]: 'int32',
  [DataType.BOOL]: 'bool',
  [DataType.STRING]: 'string',
};

interface TensorType {
  readonly elemType: number;
  readonly dims: readonly (number | null)[] | null;
}

function tensorType(value: ValueInfoProto): TensorType | null {
  const type = value.type?.value;
  if (type?.case !== 'tensorType') return null;
  const dims = type.value.shape?.dim.map((dim) =>
    dim.value.case === 'dimValue' && dim.value.value > 0n ? Number(dim.value.value) : null,
  );
  return { elemType: type.value.elemType, dims: dims ?? null };
}

/** The one float32 [N, features] input. Throws `model-invalid` for anything else. */
export function modelInput(
  body: GraphProto,
  subject: string,
): { name: string; features: number | null } {
  const constants = new Set(body.initializer.map((tensor) => tensor.name));
  const inputs = body.input.filter((value) => !constants.has(value.name));
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    const names = inputs.map((value) => `"${value.name}"`).join(', ') || 'none';
    const hint = 'export with one float input of shape [N, features]';
    throw modelInvalid(subject, `the model needs exactly one input, it has ${names}`, hint);
  }
  return { name: input.name, features: featureCount(input, subject) };
}

function featureCount(input: ValueInfoProto, subject: string): number | null {
  const type = tensorType(input);
  if (type === null || type.elemType !== DataType.FLOAT)
    throw modelInvalid(
      subject,
      `input "${input.name}" is ${type === null ? 'no tensor' : describe(type)}, not float32`,
      'export with a float32 input (FloatTensorType)',
    );
  if (type.dims === null) return null;
  const [rows, features] = type.dims;
  const fits = type.dims.length === 2 && (rows === null || rows === 1);
  if (!fits)
    throw modelInvalid(
      subject,
      `input "${input.name}" is ${describe(type)}, not [N, features]`,
      'export with a dynamic first dimension, or 1',
    );
  return features ?? null;
}

function describe({ elemType, dims }: TensorType): string {
  const shape = dims === null ? '' : ` [${dims.map((size) => size ?? 'N').join(', ')}]`;
  return `${dtypes[elemType] ?? `type ${elemType}`}${shape}`;
}

/** Tensor outputs, and the names of those that are none. */
export function tensorOutputs(body: GraphProto): { outputs: TensorOutput[]; left: string[] } {
  const outputs: TensorOutput[] = [];
  const left: string[] = [];
  for (const value of body.output) {
    const type = tensorType(value);
    if (type === null) left.push(value.name);
    else {
      const dtype = dtypes[type.elemType] ?? `type ${type.elemType}`;
      outputs.push({ name: value.name, dtype, dims: type.dims });
    }
  }
  return { outputs, left };
}

/**
 * The output to score by: the one asked for, an unwrapped ZipMap's, the only float one, or the
 * only one named like a probability. Null when that leaves several; throws when it leaves none.
 */
export function chooseScores(
  outputs: readonly TensorOutput[],
  labels: number,
  exposed: readonly string[],
  subject: string,
  wanted?: string,
): ScoreOutput | null {
  const floats = outputs.filter(({ dtype }) => dtype === 'float32' || dtype === 'float64');
  const names = floats.map(({ name }) => name).join(', ');
  if (floats.length === 0)
    throw modelInvalid(
      subject,
      'no output of the model is a float tensor',
      'export probabilities or a score beside the label',
    );
  if (wanted !== undefined && !floats.some(({ name }) => name === wanted))
    throw modelInvalid(subject, `there is no float output "${wanted}"`, `choose from: ${names}`);
  const likely = [
    floats.filter(({ name }) => name === wanted),
    floats.filter(({ name }) => exposed.includes(name)),
    floats,
    floats.filter(({ name }) => /prob/i.test(name)),
  ].find((found) => found.length === 1);
  return likely?.[0] === undefined ? null : scoreOutput(likely[0], labels);
}

function scoreOutput({ name, dims }: TensorOutput, labels: number): ScoreOutput {
  const columns = dims === null ? null : dims.length === 1 ? 1 : (dims.at(-1) ?? null);
  if (columns === 1) return { name, kind: 'score', classes: 1 };
  return { name, kind: 'probabilities', classes: columns ?? (labels > 0 ? labels : null) };
}
