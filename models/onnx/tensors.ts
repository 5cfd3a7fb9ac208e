/** Tensors as data in the file: checked against what they declare, and read where they are small. */
import { DataType, modelInvalid, type TensorProto } from './model.ts';

/** 16 Mi elements: 64 MiB of floats, far beyond any model of shot features. */
export const maxElements = 1 << 24;

const bytesPerElement: Readonly<Record<number, number>> = {
  [DataType.FLOAT]: 4,
  [DataType.DOUBLE]: 8,
  [DataType.FLOAT16]: 2,
  [DataType.BFLOAT16]: 2,
  [DataType.INT8]: 1,
  [DataType.UINT8]: 1,
  [DataType.BOOL]: 1,
  [DataType.INT16]: 2,
  [DataType.UINT16]: 2,
  [DataType.INT32]: 4,
  [DataType.UINT32]: 4,
  [DataType.INT64]: 8,
  [DataType.UINT64]: 8,
};

/** Product of dimensions; null when one is negative or the product passes `maxElements`. */
export function elementCount(dims: readonly bigint[]): number | null {
  let count = 1n;
  for (const dim of dims) {
    if (dim < 0n) return null;
    count *= dim;
    if (count > BigInt(maxElements)) return null;
  }
  return Number(count);
}

/** Throws `model-invalid` when data lies outside the file or does not fit its declared shape. */
export function checkTensor(tensor: TensorProto, subject: string, where: string): void {
  const name = tensor.name === '' ? where : `"${tensor.name}" (${where})`;
  if (tensor.dataLocation !== 0 || tensor.externalData.length > 0)
    throw modelInvalid(
      subject,
      `tensor ${name} keeps its data in another file`,
      'save the model as one file: onnx.save(model, path, save_as_external_data=False)',
    );
  const shape = `[${tensor.dims.join(', ')}]`;
  const count = elementCount(tensor.dims);
  if (count === null)
    throw modelInvalid(
      subject,
      `tensor ${name} declares the shape ${shape}, larger than ${maxElements} elements`,
      'a model of machine features needs no such tensor; check where the file comes from',
    );
  const size = bytesPerElement[tensor.dataType];
  if (size === undefined)
    throw modelInvalid(
      subject,
      `tensor ${name} has data type ${tensor.dataType}, which is not allowed`,
      'export with float32 weights',
    );
  const held = heldElements(tensor, size);
  if (held !== count || tensor.segment !== undefined)
    throw modelInvalid(
      subject,
      `tensor ${name} declares the shape ${shape} but holds ${held} elements`,
      'export the model again',
    );
  // A single one may stand for "missing" or "no limit"; among weights it spoils every score.
  if (count > 1 && !finiteValues(tensor))
    throw modelInvalid(
      subject,
      `tensor ${name} holds values that are no finite numbers`,
      'train it again; write a mask as -1e9 rather than as -inf',
    );
}

/** Whether every number of a checked tensor is one; other types than floats always are. */
export function finiteValues({ dataType, rawData, floatData, doubleData, int32Data }: TensorProto) {
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  const { byteLength } = rawData;
  if (dataType === DataType.FLOAT) {
    for (let at = 0; at + 4 <= byteLength; at += 4)
      if (!Number.isFinite(view.getFloat32(at, true))) return false;
    return floatData.every(Number.isFinite);
  }
  if (dataType === DataType.DOUBLE) {
    for (let at = 0; at + 8 <= byteLength; at += 8)
      if (!Number.isFinite(view.getFloat64(at, true))) return false;
    return doubleData.every(Number.isFinite);
  }
  const exponent = halfExponents[dataType];
  if (exponent === undefined) return true;
  for (let at = 0; at + 2 <= byteLength; at += 2)
    if ((view.getUint16(at, true) & exponent) === exponent) return false;
  return int32Data.every((bits) => (bits & exponent) !== exponent);
}

/** All bits of the exponent set: infinite, or no number. */
const halfExponents: Readonly<Record<number, number>> = {
  [DataType.FLOAT16]: 0x7c00,
  [DataType.BFLOAT16]: 0x7f80,
};

function heldElements(tensor: TensorProto, size: number): number {
  if (tensor.rawData.length > 0) return tensor.rawData.length / size;
  return (
    tensor.floatData.length +
    tensor.doubleData.length +
    tensor.int32Data.length +
    tensor.int64Data.length +
    tensor.uint64Data.length
  );
}

/** Values of a checked tensor of int64, int32 or float with at most 64 elements, else null. */
export function smallValues(tensor: TensorProto): number[] | null {
  const count = elementCount(tensor.dims);
  if (count === null || count > 64) return null;
  const { dataType, rawData } = tensor;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  const raw = rawData.length > 0;
  const indices = Array.from({ length: count }, (_, index) => index);
  if (dataType === DataType.INT64)
    return raw
      ? indices.map((index) => Number(view.getBigInt64(index * 8, true)))
      : tensor.int64Data.map(Number);
  if (dataType === DataType.INT32)
    return raw ? indices.map((index) => view.getInt32(index * 4, true)) : [...tensor.int32Data];
  if (dataType === DataType.FLOAT)
    return raw ? indices.map((index) => view.getFloat32(index * 4, true)) : [...tensor.floatData];
  return null;
}
