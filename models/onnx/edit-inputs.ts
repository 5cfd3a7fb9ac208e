/**
 * Whatever a model takes, it shall take one float32 row [N, features]: several inputs are cut out of
 * the row, other number types are cast, curves reshaped, a fixed batch filled with the same row.
 */
import type { GraphEdit } from './edit.ts';
import { attribute, DataType, modelInvalid, tensorInfo, type ValueInfoProto } from './model.ts';
import { describeType, dtypeName, type TensorType, tensorType } from './value-types.ts';

/** What to take off and divide by before the model, as a scaler outside the export did. */
export interface InputScaler {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

export interface RowInput {
  readonly name: string;
  /** Null when the file does not say. */
  readonly features: number | null;
  /** Features by the names of several inputs, in the row's order; null where there is one input. */
  readonly names: readonly string[] | null;
  /** Places in the row whose value is cast to a whole number. */
  readonly whole: readonly number[];
  /** Rows that the model computes at once, where the file fixes that at more than one. */
  readonly batch: number | null;
  /** The tensor that the model itself gets, scaled and in its own shape; null for several. */
  readonly inner: { readonly name: string; readonly type: TensorType } | null;
}

interface Port {
  readonly value: ValueInfoProto;
  readonly type: TensorType;
  /** Features it takes of the row. */
  readonly width: number | null;
  /** First dimension; null: free. */
  readonly rows: number | null;
  /** Target of a Reshape of [rows, width]; null: it is that already. */
  readonly shape: readonly number[] | null;
}

const largestBatch = 1024;

/**
 * Edits `edit.body` where needed. `least`: columns that trees ask of each input. Throws
 * `model-invalid` for inputs that no row of numbers can feed.
 */
export function oneRowInput(
  edit: GraphEdit,
  scaler: InputScaler | null,
  least: ReadonlyMap<string, number>,
): RowInput {
  const constants = new Set(edit.body.initializer.map(({ name }) => name));
  const values = edit.body.input.filter(({ name }) => !constants.has(name));
  const ports = values.map((value) => portOf(value, edit.subject));
  for (const { value, width } of ports)
    checkWidth(value.name, width, least.get(value.name) ?? 0, edit.subject);
  const [only] = ports;
  if (only === undefined)
    throw modelInvalid(edit.subject, 'the model has no input', 'export one that takes features');
  if (ports.length > 1) return joined(edit, ports, scaler);
  const { value, type, width, rows } = only;
  checkScaler(scaler, width, edit.subject);
  const batch = rows !== null && rows > 1 ? rows : null;
  const plain =
    type.elemType === DataType.FLOAT && only.shape === null && batch === null && scaler === null;
  const inner = { name: value.name, type };
  const whole = isWhole(type) ? Array.from({ length: width ?? 0 }, (_, at) => at) : [];
  if (plain) return { name: value.name, features: width, names: null, whole, batch, inner };
  const name = edit.fresh('features');
  const scaled = scaleRow(edit, name, scaler);
  feed(edit, only, fillBatch(edit, scaled, batch, width));
  replaceInputs(edit, [only], name, rows === null ? null : 1, width);
  return { name, features: width, names: null, whole, batch, inner };
}

/** ONNX Runtime reads past the row where a tree asks for more. */
function checkWidth(name: string, width: number | null, least: number, subject: string): void {
  if (width === null || width >= least) return;
  throw modelInvalid(
    subject,
    `a tree asks for feature ${least - 1} (0-based) of "${name}", the input has ${width}`,
    'export the model again',
  );
}

function joined(edit: GraphEdit, ports: readonly Port[], scaler: InputScaler | null): RowInput {
  const names: string[] = [];
  const batches = new Set(ports.map(({ rows }) => rows).filter((rows) => rows !== null));
  const [batch = null] = batches;
  if (batches.size > 1 || ports.some(({ width }) => width === null)) {
    const listed = ports.map(({ value, type }) => `"${value.name}" ${describeType(type)}`);
    throw modelInvalid(
      edit.subject,
      `the model has several inputs of unlike rows or unknown width: ${listed.join(', ')}`,
      'export with every input as [N, columns]',
    );
  }
  for (const { value, width } of ports)
    names.push(
      ...(width === 1
        ? [value.name]
        : Array.from({ length: width ?? 0 }, (_, at) => `${value.name}.${at}`)),
    );
  checkScaler(scaler, names.length, edit.subject);
  const name = edit.fresh('features');
  const repeated = batch !== null && batch > 1 ? batch : null;
  const row = fillBatch(edit, scaleRow(edit, name, scaler), repeated, names.length);
  const whole: number[] = [];
  let from = 0;
  for (const port of ports) {
    const width = port.width ?? 0;
    const columns = Array.from({ length: width }, (_, at) => from + at);
    const cut = edit.prepend('Gather', [row, edit.integers(columns, 'columns')], {
      attribute: [attribute('axis', { int: 1 })],
    });
    feed(edit, port, cut);
    if (isWhole(port.type)) whole.push(...columns);
    from += width;
  }
  replaceInputs(edit, ports, name, batch === null ? null : 1, names.length);
  edit.notes.push(`${ports.length} inputs are cut out of one row, in this order: ${names}`);
  return { name, features: names.length, names, whole, batch: repeated, inner: null };
}

function portOf(value: ValueInfoProto, subject: string): Port {
  const type = tensorType(value);
  const named = `input "${value.name}"`;
  if (type === null)
    throw modelInvalid(subject, `${named} is no tensor`, 'export with tensors as inputs');
  if (!numeric.has(type.elemType))
    throw modelInvalid(
      subject,
      `${named} is ${describeType(type)}, not numbers`,
      'encode text as numbers before the export, e.g. one 0/1 column for each mold',
    );
  if (type.dims === null) return { value, type, width: null, rows: null, shape: null };
  const [rows = null, ...rest] = type.dims;
  if (rows !== null && rows > largestBatch && rest.length > 0)
    throw modelInvalid(
      subject,
      `${named} computes ${rows} rows at once`,
      'export with a dynamic first dimension, or 1',
    );
  switch (type.dims.length) {
    case 1:
      return { value, type, width: rows, rows: 1, shape: [-1] };
    case 2:
      return { value, type, width: rest[0] ?? null, rows, shape: null };
    case 3:
      return { value, type, rows, ...curve(rest, named, type, subject) };
    default:
      throw modelInvalid(
        subject,
        `${named} is ${describeType(type)}, not [N, features]`,
        'export with a dynamic first dimension, or 1',
      );
  }
}

/** [N, 1, L], [N, L, 1], or channels of a known length: the row holds one after the other. */
function curve(rest: readonly (number | null)[], named: string, type: TensorType, subject: string) {
  const [first = null, second = null] = rest;
  if (first !== null && second !== null)
    return { width: first * second, shape: [0, first, second] };
  if (first === 1) return { width: null, shape: [0, 1, -1] };
  if (second === 1) return { width: null, shape: [0, -1, 1] };
  throw modelInvalid(
    subject,
    `${named} is ${describeType(type)}: neither its channels nor its points are fixed`,
    'export with a fixed number of points, e.g. [N, 1, 64]',
  );
}

const numeric = new Set<number>([
  DataType.FLOAT,
  DataType.DOUBLE,
  DataType.FLOAT16,
  DataType.BFLOAT16,
  DataType.INT64,
  DataType.INT32,
  DataType.INT16,
  DataType.INT8,
  DataType.UINT8,
  DataType.UINT16,
  DataType.UINT32,
  DataType.UINT64,
  DataType.BOOL,
]);

const fractional = new Set<number>([
  DataType.FLOAT,
  DataType.DOUBLE,
  DataType.FLOAT16,
  DataType.BFLOAT16,
]);

const isWhole = ({ elemType }: TensorType): boolean => !fractional.has(elemType);

function checkScaler(scaler: InputScaler | null, width: number | null, subject: string): void {
  if (scaler === null) return;
  const { mean, scale } = scaler;
  const fits = mean.length === scale.length && (width === null || mean.length === width);
  if (fits && scale.every((one) => Number.isFinite(one) && one !== 0)) return;
  throw modelInvalid(
    subject,
    `the scaler has ${mean.length} means and ${scale.length} scales for ${width ?? '?'} features`,
    'give one mean and one scale other than 0 for each feature (mean_ and scale_ of the scaler)',
  );
}

function scaleRow(edit: GraphEdit, row: string, scaler: InputScaler | null): string {
  if (scaler === null) return row;
  const size = [1, scaler.mean.length];
  const centered = edit.prepend('Sub', [row, edit.floats(scaler.mean, size, 'mean')]);
  edit.notes.push('the given scaler is part of the model now: it takes values as measured');
  return edit.prepend('Div', [centered, edit.floats(scaler.scale, size, 'scale')]);
}

function fillBatch(edit: GraphEdit, row: string, batch: number | null, width: number | null) {
  if (batch === null) return row;
  if (width === null)
    throw modelInvalid(
      edit.subject,
      `the model computes ${batch} rows at once, of an unknown width`,
      'export with a dynamic first dimension, or 1',
    );
  edit.notes.push(
    `the model computes ${batch} rows at once: it gets the same row ${batch} times, which takes longer; export with a dynamic first dimension`,
  );
  return edit.prepend('Expand', [row, edit.integers([batch, width])]);
}

/** From a row of its width to the model's own input. */
function feed(edit: GraphEdit, { value, type, shape }: Port, row: string): void {
  let from = row;
  const isFloat = type.elemType === DataType.FLOAT;
  if (shape !== null) {
    const output = isFloat ? [value.name] : undefined;
    const more = output === undefined ? {} : { output };
    from = edit.prepend('Reshape', [from, edit.integers(shape)], more);
    edit.notes.push(`input "${value.name}" ${describeType(type)} is made from one plain row`);
  }
  if (!isFloat) {
    const to = [attribute('to', { int: type.elemType })];
    edit.prepend('Cast', [from], { output: [value.name], attribute: to });
    edit.notes.push(`input "${value.name}" is ${dtypeName(type.elemType)}: float32 is cast to it`);
  } else if (shape === null) edit.prepend('Identity', [from], { output: [value.name] });
}

function replaceInputs(
  edit: GraphEdit,
  ports: readonly Port[],
  name: string,
  rows: number | null,
  width: number | null,
): void {
  const gone = new Set(ports.map(({ value }) => value));
  const rest = edit.body.input.filter((value) => !gone.has(value));
  edit.body.input.splice(0, edit.body.input.length);
  edit.body.input.push(tensorInfo(name, DataType.FLOAT, [rows, width]), ...rest);
}
