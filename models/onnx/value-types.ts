/** What a graph says of the type and shape of a value. */
import { DataType, type GraphProto, type NodeProto, type ValueInfoProto } from './model.ts';

export interface TensorType {
  readonly elemType: number;
  /** Null: dynamic. Null as a whole: not declared. */
  readonly dims: readonly (number | null)[] | null;
}

const dtypes: Readonly<Record<number, string>> = {
  [DataType.FLOAT]: 'float32',
  [DataType.DOUBLE]: 'float64',
  [DataType.FLOAT16]: 'float16',
  [DataType.BFLOAT16]: 'bfloat16',
  [DataType.INT64]: 'int64',
  [DataType.INT32]: 'int32',
  [DataType.INT16]: 'int16',
  [DataType.INT8]: 'int8',
  [DataType.UINT8]: 'uint8',
  [DataType.UINT16]: 'uint16',
  [DataType.UINT32]: 'uint32',
  [DataType.UINT64]: 'uint64',
  [DataType.BOOL]: 'bool',
  [DataType.STRING]: 'string',
};

export function dtypeName(elemType: number): string {
  return dtypes[elemType] ?? `type ${elemType}`;
}

/** Null for what is no tensor, or says nothing. */
export function tensorType(value: ValueInfoProto): TensorType | null {
  const type = value.type?.value;
  if (type?.case !== 'tensorType' || type.value.elemType === DataType.UNDEFINED) return null;
  const { elemType } = type.value;
  const dims = type.value.shape?.dim.map((dim) =>
    dim.value.case === 'dimValue' && dim.value.value > 0n ? Number(dim.value.value) : null,
  );
  return { elemType, dims: dims ?? null };
}

/** float32 [N, 3] */
export function describeType({ elemType, dims }: TensorType): string {
  const shape = dims === null ? '' : ` [${dims.map((size) => size ?? 'N').join(', ')}]`;
  return `${dtypeName(elemType)}${shape}`;
}

const labelled = new Set(['TreeEnsembleClassifier', 'LinearClassifier', 'SVMClassifier']);
const floating = new Set([
  'TreeEnsembleRegressor',
  'LinearRegressor',
  'SVMRegressor',
  'Scaler',
  'Sigmoid',
  'Softmax',
  'Gemm',
]);

/**
 * Tools that cut an output out of a graph leave its type blank; the operator that makes it tells.
 * Null when that is not clear.
 */
export function inferredType(body: GraphProto, name: string): TensorType | null {
  const maker = body.node.find(({ output }) => output.includes(name));
  if (maker === undefined) return null;
  const of = (elemType: number): TensorType => ({ elemType, dims: null });
  if (maker.opType === 'Identity') return inferredType(body, maker.input[0] ?? '');
  if (labelled.has(maker.opType))
    return of(maker.output[0] === name ? labelType(maker) : DataType.FLOAT);
  if (maker.opType === 'ArgMax') return of(DataType.INT64);
  if (maker.opType === 'Cast') {
    const to = maker.attribute.find((one) => one.name === 'to');
    return to === undefined ? null : of(Number(to.i));
  }
  return floating.has(maker.opType) ? of(DataType.FLOAT) : null;
}

function labelType(node: NodeProto): number {
  const texts = node.attribute.some(({ strings }) => strings.length > 0);
  return texts ? DataType.STRING : DataType.INT64;
}
