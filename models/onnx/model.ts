/** ONNX files as protobuf messages: reading with typed errors, writing, and small builders. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { PpuriError } from '../../config/errors.ts';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts';

export type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto };
export { AttributeType, DataType };

/** Refusal of a model file, naming the operator or tensor and what to do. */
export function modelInvalid(
  subject: string,
  message: string,
  hint: string,
  cause?: unknown,
): PpuriError {
  return new PpuriError('model-invalid', message, {
    operation: 'admit a model',
    subject,
    hint,
    cause,
  });
}

/** Throws `model-invalid` when the bytes are no ONNX model. */
export function readModel(bytes: Uint8Array, subject: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { recursionLimit: 64 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const hint = 'copy the file again; it may be cut short, or no ONNX file at all';
    throw modelInvalid(subject, `not a readable ONNX model: ${why}`, hint, cause);
  }
}

export function writeModel(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

/** `null` is a dynamic dimension; as a whole, an undeclared shape. */
export function tensorInfo(
  name: string,
  elemType: number,
  dims: readonly (number | null)[] | null,
): ValueInfoProto {
  const dim = (dims ?? []).map((size) =>
    create(
      TensorShapeProto_DimensionSchema,
      size === null
        ? { value: { case: 'dimParam', value: 'N' } }
        : { value: { case: 'dimValue', value: BigInt(size) } },
    ),
  );
  const shape = create(TensorShapeProtoSchema, { dim });
  const tensor = create(TypeProto_TensorSchema, { elemType, ...(dims !== null && { shape }) });
  const type = create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } });
  return create(ValueInfoProtoSchema, { name, type });
}

export function floatTensor(
  name: string,
  dims: readonly number[],
  data: readonly number[],
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: DataType.FLOAT,
    floatData: [...data],
  });
}

export function doubleTensor(
  name: string,
  dims: readonly number[],
  data: readonly number[],
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: DataType.DOUBLE,
    doubleData: [...data],
  });
}

export function int64Tensor(
  name: string,
  dims: readonly number[],
  data: readonly number[],
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: DataType.INT64,
    int64Data: data.map(BigInt),
  });
}

type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly tensor: TensorProto }
  | { readonly graph: GraphProto };

export function attribute(name: string, value: AttributeValue): AttributeProto {
  const text = new TextEncoder();
  if ('int' in value) return make(name, AttributeType.INT, { i: BigInt(value.int) });
  if ('float' in value) return make(name, AttributeType.FLOAT, { f: value.float });
  if ('ints' in value) return make(name, AttributeType.INTS, { ints: value.ints.map(BigInt) });
  if ('floats' in value) return make(name, AttributeType.FLOATS, { floats: [...value.floats] });
  if ('string' in value) return make(name, AttributeType.STRING, { s: text.encode(value.string) });
  if ('tensor' in value) return make(name, AttributeType.TENSOR, { t: value.tensor });
  if ('graph' in value) return make(name, AttributeType.GRAPH, { g: value.graph });
  const strings = value.strings.map((one) => text.encode(one));
  return make(name, AttributeType.STRINGS, { strings });
}

function make(name: string, type: AttributeType, fields: Partial<AttributeProto>): AttributeProto {
  const made = create(AttributeProtoSchema, { name, type });
  return Object.assign(made, fields);
}

export interface NodeInit {
  readonly opType: string;
  readonly domain?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute?: readonly AttributeProto[];
}

export function node(init: NodeInit): NodeProto {
  return create(NodeProtoSchema, {
    opType: init.opType,
    domain: init.domain ?? '',
    input: [...init.input],
    output: [...init.output],
    attribute: [...(init.attribute ?? [])],
  });
}

export interface GraphInit {
  readonly name: string;
  readonly node: readonly NodeProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly initializer?: readonly TensorProto[];
}

export function graph(init: GraphInit): GraphProto {
  return create(GraphProtoSchema, {
    name: init.name,
    node: [...init.node],
    input: [...init.input],
    output: [...init.output],
    initializer: [...(init.initializer ?? [])],
  });
}

/** `opsets`: domain → version; '' is the standard domain. */
export function model(
  body: GraphProto,
  opsets: Readonly<Record<string, number>>,
  irVersion = 8,
  producerName = 'ppuri',
): ModelProto {
  const opsetImport = Object.entries(opsets).map(([domain, version]) =>
    create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
  );
  return create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName,
    opsetImport,
    graph: body,
  });
}
