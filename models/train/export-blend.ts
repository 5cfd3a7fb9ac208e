/**
 * A blend as one ONNX graph: float [N, features] → `probabilities` float [N, classes]. Trees are
 * compared and summed in float32, as in training; all else is in double, so that the graph and the
 * trainer agree.
 */
import {
  attribute,
  DataType,
  doubleTensor,
  floatTensor,
  graph,
  int64Tensor,
  type NodeProto,
  node,
  model as onnxModel,
  type TensorProto,
  tensorInfo,
  writeModel,
} from '../onnx/model.ts';
import { type Blend, type Member, shareFloor } from './blend.ts';
import type { TreeSum } from './boost-classes.ts';
import { outputCount } from './class-rows.ts';
import { inputName, outputName } from './export.ts';
import { regressorAttributes } from './export-trees.ts';
import type { InputShape, Piece } from './inputs.ts';
import type { LinearModel } from './linear.ts';
import type { NetworkModel } from './network.ts';

/** Nodes and constants of the graph so far. */
export class GraphSheet {
  readonly nodes: NodeProto[] = [];
  readonly constants: TensorProto[] = [];

  /** Adds one node with one output, whose name it returns. */
  add(
    opType: string,
    input: readonly string[],
    attributes: NodeProto['attribute'] = [],
    domain = '',
  ): string {
    const output = `${opType}_${this.nodes.length}`;
    this.nodes.push(node({ opType, domain, input, output: [output], attribute: attributes }));
    return output;
  }

  doubles(dims: readonly number[], data: readonly number[]): string {
    return this.#keep(doubleTensor(this.#name(), dims, data));
  }

  floats(dims: readonly number[], data: readonly number[]): string {
    return this.#keep(floatTensor(this.#name(), dims, data));
  }

  /** These columns of `input`. */
  gather(input: string, columns: readonly number[]): string {
    const indexes = this.#keep(int64Tensor(this.#name(), [columns.length], columns));
    return this.add('Gather', [input, indexes], [attribute('axis', { int: 1 })]);
  }

  cast(input: string, to: DataType): string {
    return this.add('Cast', [input], [attribute('to', { int: to })]);
  }

  concat(inputs: readonly string[]): string {
    return this.add('Concat', inputs, [attribute('axis', { int: 1 })]);
  }

  /** Bytes of model.onnx, `output` being float [N, width] under `name`. */
  write(output: string, name: string, width: number, features: number): Uint8Array {
    const last = node({ opType: 'Identity', input: [output], output: [name] });
    const body = graph({
      name: 'ppuri-trained',
      node: [...this.nodes, last],
      input: [tensorInfo(inputName, DataType.FLOAT, [null, features])],
      output: [tensorInfo(name, DataType.FLOAT, [null, width])],
      initializer: this.constants,
    });
    return writeModel(onnxModel(body, { '': 17, 'ai.onnx.ml': 1 }));
  }

  #name(): string {
    return `constant_${this.constants.length}`;
  }

  #keep(tensor: TensorProto): string {
    this.constants.push(tensor);
    return tensor.name;
  }
}

export function exportBlend(blend: Blend, features: number): Uint8Array {
  const sheet = new GraphSheet();
  const weighted = blend.members.map(({ model, weight }) => {
    const raw = memberOf(sheet, model);
    return sheet.add('Mul', [raw, sheet.doubles([1, 1], [weight])]);
  });
  const mixed = weighted.length === 1 ? (weighted[0] ?? '') : sheet.add('Sum', weighted);
  const { slope, offset } = blend.calibration;
  const sloped = sheet.add('Mul', [mixed, sheet.doubles([1, 1], [slope])]);
  const probabilities =
    outputCount(blend.classCount) === 1
      ? bothOf(sheet, sheet.add('Add', [sloped, sheet.doubles([1, 1], [offset])]))
      : sheet.add('Softmax', [sloped], [attribute('axis', { int: 1 })]);
  const floats = sheet.cast(probabilities, DataType.FLOAT);
  return sheet.write(floats, outputName, blend.classCount, features);
}

/** From log-odds to the probabilities of good and defect. */
function bothOf(sheet: GraphSheet, logOdds: string): string {
  const defect = sheet.add('Sigmoid', [logOdds]);
  const good = sheet.add('Sub', [sheet.doubles([1, 1], [1]), defect]);
  return sheet.concat([good, defect]);
}

function memberOf(sheet: GraphSheet, model: Member): string {
  if (model.kind === 'trees') return treesOf(sheet, model);
  return model.kind === 'linear' ? linearOf(sheet, model) : networkOf(sheet, model);
}

function treesOf(sheet: GraphSheet, { trees, baseline, link }: TreeSum): string {
  const outputs = baseline.length;
  const attributes = regressorAttributes(trees, outputs);
  const sum = sheet.add('TreeEnsembleRegressor', [inputName], attributes, 'ai.onnx.ml');
  const exact = sheet.cast(sum, DataType.DOUBLE);
  if (link === 'identity') return sheet.add('Add', [exact, sheet.doubles([1, outputs], baseline)]);
  const floor = shareFloor(outputs);
  const raised = sheet.add('Max', [exact, sheet.doubles([1, 1], [floor])]);
  const share = sheet.add('Min', [raised, sheet.doubles([1, 1], [1 - floor])]);
  if (outputs > 1) return sheet.add('Log', [share]);
  const rest = sheet.add('Sub', [sheet.doubles([1, 1], [1]), share]);
  return sheet.add('Sub', [sheet.add('Log', [share]), sheet.add('Log', [rest])]);
}

/** The standardised inputs of a model, double [N, inputs]. */
function inputsOf(sheet: GraphSheet, { medians, pieces, indicators }: InputShape): string {
  const absent = sheet.add('IsNaN', [inputName]);
  const median = sheet.floats([1, medians.length], medians);
  const present = sheet.cast(sheet.add('Where', [absent, median, inputName]), DataType.DOUBLE);
  const row = (of: (piece: Piece) => number) => sheet.doubles([1, pieces.length], pieces.map(of));
  const values = sheet.gather(
    present,
    pieces.map((one) => one.feature),
  );
  const raised = sheet.add('Max', [values, row((piece) => piece.low)]);
  const held = sheet.add('Min', [raised, row((piece) => piece.high)]);
  const centered = sheet.add('Sub', [held, row((piece) => piece.center)]);
  const scaled = sheet.add('Div', [centered, row((piece) => piece.scale)]);
  if (indicators.length === 0) return scaled;
  return sheet.concat([scaled, sheet.gather(sheet.cast(absent, DataType.DOUBLE), indicators)]);
}

/** input [N, a] · coefficients + constants: one array per output, its constant last. */
function affine(sheet: GraphSheet, input: string, coefficients: readonly Float64Array[]): string {
  const width = (coefficients[0]?.length ?? 1) - 1;
  const matrix = Array.from({ length: width }, (_, at) =>
    coefficients.map((one) => one[at] ?? 0),
  ).flat();
  const product = sheet.add('MatMul', [input, sheet.doubles([width, coefficients.length], matrix)]);
  const constants = coefficients.map((one) => one[width] ?? 0);
  return sheet.add('Add', [product, sheet.doubles([1, constants.length], constants)]);
}

function linearOf(sheet: GraphSheet, { inputs, coefficients }: LinearModel): string {
  return affine(sheet, inputsOf(sheet, inputs), coefficients);
}

function networkOf(sheet: GraphSheet, { inputs, hidden, coefficients }: NetworkModel): string {
  const inner = affine(sheet, inputsOf(sheet, inputs), hidden);
  return affine(sheet, sheet.add('Relu', [inner]), coefficients);
}
