/** Damage to the files of a bundle: by chance, as a bad cable does, and by someone who knows them. */
import { parse, stringify } from 'yaml';
import type { Random } from '../../agent/simulator/random.ts';
import {
  type AttributeProto,
  attribute,
  floatTensor,
  type GraphProto,
  graph,
  int64Tensor,
  node,
  readModel,
  type TensorProto,
  writeModel,
} from '../../models/onnx/model.ts';

export type Files = Map<string, Buffer>;

function anyOf<T>(random: Random, items: readonly T[]): T {
  const [first, ...rest] = items;
  if (first === undefined) throw new Error('nothing to choose from');
  return random.pick([first, ...rest]);
}

/** Bits flipped, bytes cut, moved, repeated or made up. */
export function damageBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.whole(0, Math.max(0, bytes.length - 1));
  const length = random.whole(1, Math.min(64, Math.max(1, bytes.length - at)));
  const part = bytes.subarray(at, at + length);
  const noise = Buffer.from(Array.from({ length }, () => random.whole(0, 255)));
  const cut = (middle: Buffer): Buffer =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + length)]);
  switch (random.whole(0, 5)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      for (let i = random.whole(1, 8); i > 0 && bytes.length > 0; i -= 1) {
        const where = random.whole(0, bytes.length - 1);
        flipped[where] = (flipped[where] ?? 0) ^ (1 << random.whole(0, 7));
      }
      return flipped;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return cut(Buffer.concat([part, part]));
    case 3:
      return cut(noise);
    case 4:
      return cut(Buffer.alloc(0));
    default: {
      const from = random.whole(0, Math.max(0, bytes.length - length));
      return cut(bytes.subarray(from, from + length));
    }
  }
}

const odd = [0, -1, 1, 2, 7, 255, 65_536, 2 ** 31, 2 ** 40, -(2 ** 31)];
const oddFloats = [0, -1, 0.5, 1e30, -1e30, Number.NaN, Number.POSITIVE_INFINITY, 1e-40];

function damageAttribute(one: AttributeProto, random: Random): void {
  const change = <T>(list: T[], value: T): void => {
    if (list.length > 0) list[random.whole(0, list.length - 1)] = value;
  };
  change(one.ints, BigInt(anyOf(random, odd)));
  change(one.floats, anyOf(random, oddFloats));
  change(one.strings, Buffer.from(anyOf(random, ['LEAF', 'BRANCH_GT', '', 'x'.repeat(200_000)])));
  if (random.chance(0.2)) one.ints.pop();
  if (random.chance(0.2)) one.floats.push(0.5);
  if (one.t !== undefined) damageTensor(one.t, random);
}

function damageTensor(tensor: TensorProto, random: Random): void {
  switch (random.whole(0, 5)) {
    case 0:
      tensor.dims = tensor.dims.map(() => BigInt(anyOf(random, odd)));
      break;
    case 1:
      tensor.dataType = random.whole(0, 25);
      break;
    case 2:
      tensor.dataLocation = 1;
      break;
    case 3:
      tensor.rawData = damageBytes(Buffer.from(tensor.rawData), random);
      break;
    case 4:
      if (tensor.floatData.length > 0)
        tensor.floatData[random.whole(0, tensor.floatData.length - 1)] = anyOf(random, oddFloats);
      break;
    default:
      tensor.name = anyOf(random, ['', 'x', '../../etc/passwd', tensor.name.repeat(2)]);
  }
}

const operators = [
  ...['Loop', 'If', 'Scan', 'Expand', 'Tile', 'ConstantOfShape', 'Identity', 'Softmax', 'Exp'],
  ...['Exec', 'RandomNormal', 'Tokenizer', 'StringSplit', 'Neg', 'ArgMax', 'NonZero', 'Unique'],
];

/** As someone who knows the format would, or an exporter that is wrong. */
export function damageModel(bytes: Buffer, random: Random): Buffer {
  const model = readModel(bytes, 'base');
  const body = model.graph;
  if (body === undefined) throw new Error('the base has no graph');
  const some = anyOf(random, body.node);
  switch (random.whole(0, 11)) {
    case 0:
    case 1:
    case 2:
      if (some.attribute.length > 0) damageAttribute(anyOf(random, some.attribute), random);
      break;
    case 3:
      some.opType = anyOf(random, operators);
      break;
    case 4:
      some.domain = anyOf(random, ['', 'ai.onnx.ml', 'com.microsoft', 'evil']);
      break;
    case 5:
      if (body.initializer.length > 0) damageTensor(anyOf(random, body.initializer), random);
      else some.input.reverse();
      break;
    case 6:
      body.node.push(some);
      break;
    case 7:
      body.node.splice(body.node.indexOf(some), 1);
      break;
    case 8:
      some.input[0] = anyOf(random, ['', 'nowhere', ...some.output]);
      break;
    case 9:
      addHostile(body, random);
      break;
    case 10:
      for (const { type } of [...body.input, ...body.output])
        if (type?.value.case === 'tensorType') {
          const dim = type.value.value.shape?.dim.at(-1);
          if (dim !== undefined)
            dim.value = { case: 'dimValue', value: BigInt(anyOf(random, odd)) };
        }
      break;
    default:
      model.irVersion = BigInt(anyOf(random, odd));
      for (const one of model.opsetImport) one.version = BigInt(random.whole(0, 30));
  }
  return Buffer.from(writeModel(model));
}

/** Nodes that work, and whose work nobody wants. */
function addHostile(body: GraphProto, random: Random): void {
  const [out] = body.output;
  const input = body.input[0]?.name ?? 'x';
  const inner = graph({ name: 'body', node: [], input: [], output: [] });
  const add = (name: string, shape: readonly number[]): void => {
    body.initializer.push(int64Tensor(name, shape.length === 0 ? [] : [shape.length], shape));
  };
  switch (random.whole(0, 5)) {
    case 0:
      body.node.push(
        node({
          opType: 'Loop',
          input: ['', '', input],
          output: ['forever'],
          attribute: [attribute('body', { graph: inner })],
        }),
      );
      break;
    case 1:
      add('giant', [100_000, 100_000]);
      body.node.push(node({ opType: 'ConstantOfShape', input: ['giant'], output: ['big'] }));
      break;
    case 2:
      // Each by itself within bounds, together 2^40: found out in the child, if anywhere.
      for (let step = 0; step < 40; step += 1) {
        const from = step === 0 ? input : `double${step - 1}`;
        body.node.push(
          node({
            opType: 'Concat',
            input: [from, from],
            output: [`double${step}`],
            attribute: [attribute('axis', { int: 1 })],
          }),
        );
      }
      body.node.push(
        node({ opType: 'ReduceSum', input: ['double39'], output: ['all'] }),
        node({ opType: 'Add', input: [out?.name ?? '', 'all'], output: ['sum'] }),
      );
      if (out !== undefined) out.name = 'sum';
      break;
    case 3:
      body.initializer.push(floatTensor('idle', [200_000], new Array<number>(200_000).fill(0)));
      break;
    case 4:
      body.node.push(node({ opType: 'Abs', input: [input], output: ['n'.repeat(2_000_000)] }));
      break;
    default:
      body.initializer.push(floatTensor('weights', [2], [Number.NaN, 0]));
  }
}

type Json = Record<string, unknown>;

const oddValues = [null, -1, 0, 1e308, '', '../../x', [], {}, 'nan', 'K', [9, 1], 0.999, true];

/** One value of the manifest, deep or not; its serial stays, which others are about. */
export function damageManifest(bytes: Buffer, random: Random): Buffer {
  if (random.chance(0.3)) return damageBytes(bytes, random);
  const manifest: Json = parse(bytes.toString());
  const features = manifest.features as Json[];
  const feature = anyOf(random, features);
  switch (random.whole(0, 4)) {
    case 0:
      manifest[
        anyOf(
          random,
          Object.keys(manifest).filter((key) => key !== 'serial'),
        )
      ] = anyOf(random, oddValues);
      break;
    case 1:
      feature[anyOf(random, ['name', 'from', 'unit', 'missing', 'range', 'extra'])] = anyOf(
        random,
        oddValues,
      );
      break;
    case 2:
      features.splice(features.indexOf(feature), 1);
      break;
    case 3:
      features.reverse();
      break;
    default:
      (manifest.output as Json)[anyOf(random, ['name', 'kind', 'defectColumns'])] = anyOf(random, [
        ...oddValues,
        [0],
        [1, 0],
        [7],
        'label',
      ]);
  }
  return Buffer.from(stringify(manifest));
}

/** Rows that the model does not give, or would give whatever it is. */
export function damageGolden(bytes: Buffer, random: Random): Buffer {
  if (random.chance(0.3)) return damageBytes(bytes, random);
  const golden = JSON.parse(bytes.toString()) as {
    tolerance: unknown;
    vectors: { inputs: (number | null)[]; outputs: number[] }[];
  };
  const vector = anyOf(random, golden.vectors);
  switch (random.whole(0, 4)) {
    case 0:
      vector.outputs = vector.outputs.map((value) => value + random.between(0.001, 0.5));
      break;
    case 1:
      vector.inputs = vector.inputs.map((value) => (value === null ? 1 : value * 1.7 + 3));
      break;
    case 2:
      golden.tolerance = anyOf(random, [1e9, 0.5, -1, 'none', null]);
      break;
    case 3:
      golden.vectors = [];
      break;
    default:
      vector.outputs.push(0.5);
  }
  return Buffer.from(JSON.stringify(golden));
}
