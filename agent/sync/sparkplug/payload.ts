/** Sparkplug B payloads: bytes from metrics and back. Timestamps are ms since 1970 UTC. */
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type Metric,
  type MetricSchema,
  type Payload,
  PayloadSchema,
} from './generated/sparkplug_b_pb.ts';

export type { Metric, Payload };

/** The data types that this edge node uses, by the specification's numbers. */
export const dataTypes = { Int32: 3, Int64: 4, Double: 10, Boolean: 11, String: 12 } as const;
export type DataType = keyof typeof dataTypes;

/** Values of the property `Quality`. */
export const qualityCodes = { bad: 0, good: 192, stale: 500 } as const;
export type Quality = keyof typeof qualityCodes;

/** Null where there is no value: no number stands in for one. */
export type MetricValue = number | string | boolean | null;

export interface MetricFields {
  /** Absent where the alias stands for it. */
  readonly name?: string;
  readonly alias?: number;
  /** Kind of `value`; goes over the wire in births only, see `withType`. */
  readonly type: DataType;
  readonly value: MetricValue;
  readonly timestampMs: number;
  readonly quality?: Quality;
  readonly historical?: boolean;
}

type MetricInit = MessageInitShape<typeof MetricSchema>;

/** Ms as the wire has them; a clock before 1970 is 0. */
function wireTime(ms: number): bigint {
  return BigInt(Math.max(0, Math.round(ms)));
}

/** Two's complement in the unsigned field that the specification gives signed integers. */
function wireValue(type: DataType, value: MetricValue): NonNullable<MetricInit['value']> {
  if (value === null) return { case: undefined };
  if (type === 'Boolean') return { case: 'booleanValue', value: value === true };
  if (type === 'String') return { case: 'stringValue', value: String(value) };
  const number = Number(value);
  if (type === 'Double') return { case: 'doubleValue', value: number };
  const whole = BigInt(Math.trunc(number));
  return type === 'Int64'
    ? { case: 'longValue', value: BigInt.asUintN(64, whole) }
    : { case: 'intValue', value: Number(BigInt.asUintN(32, whole)) };
}

/** `Quality` is Int32 by the specification; a good value needs none. */
function propertiesOf(quality: Quality | undefined): NonNullable<MetricInit['properties']> | null {
  if (quality === undefined || quality === 'good') return null;
  const value = { case: 'intValue', value: qualityCodes[quality] } as const;
  return { keys: ['Quality'], values: [{ type: dataTypes.Int32, value }] };
}

function metricInit(metric: MetricFields, withType: boolean): MetricInit {
  const { name, alias, type, value, timestampMs, quality, historical } = metric;
  const properties = propertiesOf(quality);
  return {
    ...(name === undefined ? {} : { name }),
    ...(alias === undefined ? {} : { alias: BigInt(alias) }),
    timestamp: wireTime(timestampMs),
    ...(withType ? { datatype: dataTypes[type] } : {}),
    ...(historical === true ? { isHistorical: true } : {}),
    ...(value === null ? { isNull: true } : {}),
    ...(properties === null ? {} : { properties }),
    value: wireValue(type, value),
  };
}

/** `seq`: null in an NDEATH only. `withType`: in births and deaths, where metrics have names. */
export function encodePayload(
  metrics: readonly MetricFields[],
  options: {
    readonly timestampMs: number;
    readonly seq: number | null;
    readonly withType: boolean;
  },
): Uint8Array {
  const payload = create(PayloadSchema, {
    timestamp: wireTime(options.timestampMs),
    metrics: metrics.map((metric) => metricInit(metric, options.withType)),
    ...(options.seq === null ? {} : { seq: BigInt(options.seq) }),
  });
  return toBinary(PayloadSchema, payload);
}

/** Throws what the decoder says where `bytes` are no payload. */
export function decodePayload(bytes: Uint8Array): Payload {
  return fromBinary(PayloadSchema, bytes);
}

/** The value of a decoded metric whose type is known from its birth. */
export function metricValue(metric: Metric, datatype: number): MetricValue {
  const { value } = metric.value;
  if (metric.isNull || value === undefined || value instanceof Uint8Array) return null;
  if (typeof value === 'bigint')
    return Number(datatype === dataTypes.Int64 ? BigInt.asIntN(64, value) : value);
  return datatype === dataTypes.Int32 && typeof value === 'number' ? value | 0 : value;
}
