/**
 * Whatever a model gives, one float tensor of it shall be what the verdict hangs on: labels become
 * 0/1, logits probabilities, a reconstruction its error, and half precision float32.
 */
import { type GraphEdit, toFloat } from './edit.ts';
import type { RowInput } from './edit-inputs.ts';
import { attribute, DataType, modelInvalid, tensorInfo } from './model.ts';
import { canonicalDomain } from './operators.ts';
import type { ClassLabel } from './unwrap-zip-map.ts';
import { describeType, inferredType, type TensorType, tensorType } from './value-types.ts';

export type Activation = 'sigmoid' | 'softmax';

/** Casts float16 outputs and cuts a repeated row's answer out of a fixed batch. */
export function plainOutputs(edit: GraphEdit, { batch }: RowInput): void {
  for (const { name } of [...edit.body.output]) {
    const type = outputType(edit, name);
    if (type === null) continue;
    let from = name;
    const isHalf = type.elemType === DataType.FLOAT16 || type.elemType === DataType.BFLOAT16;
    const isBatch = batch !== null && type.dims?.[0] === batch;
    if (isBatch) {
      const axis = [attribute('axis', { int: 0 })];
      from = edit.append('Gather', [from, edit.integers([0], 'first')], { attribute: axis });
    }
    if (isHalf) {
      from = edit.append('Cast', [from], { attribute: toFloat });
      edit.notes.push(`output "${name}" is float16: it is cast to float32`);
    }
    if (from === name) continue;
    const elemType = isHalf ? DataType.FLOAT : type.elemType;
    const dims = isBatch ? [1, ...(type.dims?.slice(1) ?? [])] : type.dims;
    expose(edit, name, from, { elemType, dims }, name);
  }
}

/** Null for what is no tensor. */
export function outputType(edit: GraphEdit, name: string): TensorType | null {
  const value = edit.body.output.find((one) => one.name === name);
  if (value === undefined) return null;
  if (value.type?.value.case === 'sequenceType' || value.type?.value.case === 'mapType')
    return null;
  return tensorType(value) ?? inferredType(edit.body, name);
}

/** Puts `to` in the place of the output `from`. Returns its name. */
function expose(
  edit: GraphEdit,
  from: string,
  to: string,
  { elemType, dims }: TensorType,
  wanted: string,
): string {
  const at = edit.body.output.findIndex((one) => one.name === from);
  const name = edit.fresh(`${wanted.replace(/[^\w.]/g, '_')}_row`);
  edit.append('Identity', [to], { output: [name] });
  edit.body.output[at] = tensorInfo(name, elemType, dims);
  return name;
}

/** Logits → probabilities. Returns the new output's name. */
export function activate(edit: GraphEdit, name: string, activation: Activation): string {
  const type = outputType(edit, name) ?? { elemType: DataType.FLOAT, dims: null };
  const rank = type.dims?.length ?? 2;
  const axis = [attribute('axis', { int: Math.max(0, rank - 1) })];
  const chances =
    activation === 'sigmoid'
      ? edit.append('Sigmoid', [name])
      : edit.append('Softmax', [name], { attribute: axis });
  edit.notes.push(`output "${name}" holds logits: ${activation} makes probabilities of them`);
  return expose(edit, name, chances, type, 'probabilities');
}

/** Mean squared difference between what the model got and what it gave back: [N, 1]. */
export function reconstructionError(edit: GraphEdit, name: string, input: RowInput): string {
  const { inner, features } = input;
  const type = outputType(edit, name);
  if (inner === null || features === null || type === null || !sameShape(inner.type, type))
    throw modelInvalid(
      edit.subject,
      `output "${name}" is no reconstruction: its shape is not the input's`,
      'export an autoencoder with one input of a fixed width, and its whole reconstruction',
    );
  const isFloat = inner.type.elemType === DataType.FLOAT;
  const got = isFloat ? inner.name : edit.append('Cast', [inner.name], { attribute: toFloat });
  const gave =
    type.elemType === DataType.FLOAT ? name : edit.append('Cast', [name], { attribute: toFloat });
  const off = edit.append('Sub', [got, gave]);
  const square = edit.append('Mul', [off, off]);
  const flat = edit.append('Reshape', [square, edit.integers([-1, features])]);
  const share = edit.floats(Array(features).fill(1 / features), [features, 1], 'share');
  const error = edit.append('MatMul', [flat, share]);
  edit.notes.push(
    `output "${name}" is a reconstruction: its mean squared error against the input is the score`,
  );
  return expose(edit, name, error, { elemType: DataType.FLOAT, dims: [null, 1] }, 'error');
}

export function sameShape(a: TensorType, b: TensorType): boolean {
  const tail = (type: TensorType): string => (type.dims ?? []).slice(1).join();
  return a.dims !== null && a.dims.length === b.dims?.length && tail(a) === tail(b);
}

/** A label → 1 where it is one of the defects, else 0: [N, 1]. */
export function labelScore(edit: GraphEdit, name: string, defects: readonly ClassLabel[]): string {
  const type = outputType(edit, name);
  const numbers =
    type?.elemType === DataType.STRING
      ? textsToNumbers(edit, name, defects.map(String))
      : numbersToNumbers(edit, name, defects);
  const score = edit.append('Reshape', [numbers, edit.integers([-1, 1])]);
  edit.notes.push(`output "${name}" is a label: the score is 1 for ${defects.join(', ')}, else 0`);
  return expose(edit, name, score, { elemType: DataType.FLOAT, dims: [null, 1] }, 'defect');
}

function numbersToNumbers(edit: GraphEdit, name: string, defects: readonly ClassLabel[]): string {
  const label = edit.append('Cast', [name], { attribute: [toInt64] });
  const hits = defects.map((defect) => {
    const value = Number(defect);
    if (!Number.isSafeInteger(value))
      throw modelInvalid(
        edit.subject,
        `the label of "${name}" is a whole number, "${defect}" is none`,
        'name the defects by their numbers: --positive 1',
      );
    const equal = edit.append('Equal', [label, edit.integers([value], 'label')]);
    return edit.append('Cast', [equal], { attribute: toFloat });
  });
  return summed(edit, hits);
}

const toInt64 = attribute('to', { int: DataType.INT64 });

/** By LabelEncoder, whose form depends on the operator set that the file imports. */
function textsToNumbers(edit: GraphEdit, name: string, defects: readonly string[]): string {
  const domain = 'ai.onnx.ml';
  const version = edit.model.opsetImport.find((one) => canonicalDomain(one.domain) === domain);
  if (version === undefined)
    throw modelInvalid(
      edit.subject,
      `output "${name}" is a text label that nothing in the file explains`,
      'export the probabilities beside the label',
    );
  if (version.version >= 2n) {
    const keys = [
      attribute('keys_strings', { strings: defects }),
      attribute('values_floats', { floats: defects.map(() => 1) }),
    ];
    return edit.append('LabelEncoder', [name], { domain, attribute: [...keys, noMatch] });
  }
  const classes = [attribute('classes_strings', { strings: defects }), noClass];
  const index = edit.append('LabelEncoder', [name], { domain, attribute: classes });
  const number = edit.append('Cast', [index], { attribute: toFloat });
  const zero = edit.floats([-0.5], [1], 'none');
  const hit = edit.append('Greater', [number, zero]);
  return edit.append('Cast', [hit], { attribute: toFloat });
}

const noMatch = attribute('default_float', { float: 0 });
const noClass = attribute('default_int64', { int: -1 });

function summed(edit: GraphEdit, terms: readonly string[]): string {
  const [first = '', ...rest] = terms;
  return rest.reduce((sum, term) => edit.append('Add', [sum, term]), first);
}

/** How a person would call it: "y" float32 [N, 3]. */
export function describeOutput(edit: GraphEdit, name: string): string {
  const type = outputType(edit, name);
  return `"${name}" ${type === null ? 'no tensor' : describeType(type)}`;
}
