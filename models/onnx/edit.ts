/** Editing a graph in place: names that clash with nothing, constants, and what was done in words. */
import { create } from '@bufbuild/protobuf';
import { OperatorSetIdProtoSchema } from './generated/onnx_pb.ts';
import {
  attribute,
  DataType,
  floatTensor,
  type GraphProto,
  int64Tensor,
  type ModelProto,
  type NodeInit,
  node,
} from './model.ts';

/** For files that import no standard operators; every runtime of the last years takes it. */
const addedOpset = 15n;

export class GraphEdit {
  readonly model: ModelProto;
  readonly body: GraphProto;
  readonly subject: string;
  /** What was changed, in plain words; empty: the file may stay as it is. */
  readonly notes: string[] = [];
  readonly #taken: Set<string>;
  #prepended = 0;

  constructor(model: ModelProto, body: GraphProto, subject: string) {
    this.model = model;
    this.body = body;
    this.subject = subject;
    this.#taken = new Set([
      ...body.input.map(({ name }) => name),
      ...body.initializer.map(({ name }) => name),
      ...body.node.flatMap(({ input, output }) => [...input, ...output]),
    ]);
  }

  fresh(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${wanted}_${count}`;
    this.#taken.add(name);
    return name;
  }

  integers(values: readonly number[], wanted = 'shape'): string {
    const name = this.fresh(wanted);
    this.body.initializer.push(int64Tensor(name, [values.length], values));
    return name;
  }

  floats(values: readonly number[], dims: readonly number[], wanted: string): string {
    const name = this.fresh(wanted);
    this.body.initializer.push(floatTensor(name, dims, values));
    return name;
  }

  /** Runs after everything that is there. Returns the name of its result. */
  append(opType: string, input: readonly string[], more: Partial<NodeInit> = {}): string {
    const [output] = more.output ?? [this.fresh(opType.toLowerCase())];
    const name = output ?? '';
    this.body.node.push(node({ ...more, opType, input, output: [name] }));
    if ((more.domain ?? '') === '') this.#requireStandard();
    return name;
  }

  /** Runs before everything that was there, in the order of these calls. */
  prepend(opType: string, input: readonly string[], more: Partial<NodeInit> = {}): string {
    const name = this.append(opType, input, more);
    const added = this.body.node.pop();
    if (added !== undefined) this.body.node.splice(this.#prepended, 0, added);
    this.#prepended += 1;
    return name;
  }

  /** The node that makes `tensor`, looking through operators that only pass it on. */
  maker(tensor: string): GraphProto['node'][number] | null {
    let name = tensor;
    for (let step = 0; step < this.body.node.length; step += 1) {
      const made = this.body.node.find(({ output }) => output.includes(name));
      const [from] = made?.input ?? [];
      if (made === undefined || from === undefined || !passing.has(made.opType))
        return made ?? null;
      name = from;
    }
    return null;
  }

  #requireStandard(): void {
    const has = this.model.opsetImport.some(({ domain }) => domain === '' || domain === 'ai.onnx');
    if (has) return;
    this.model.opsetImport.push(
      create(OperatorSetIdProtoSchema, { domain: '', version: addedOpset }),
    );
  }
}

/** They change shape or type, and what a value means not at all. */
const passing = new Set([
  'Identity',
  'Cast',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'QuantizeLinear',
  'DequantizeLinear',
]);

export const toFloat = [attribute('to', { int: DataType.FLOAT })];
