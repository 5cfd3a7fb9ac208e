/** Walks a graph and all its subgraphs: operators, tensors, loops and sizes known beforehand. */

import { checkTrees } from './check-trees.ts';
import {
  type AttributeProto,
  type GraphProto,
  modelInvalid,
  type NodeProto,
  type ValueInfoProto,
} from './model.ts';
import { canonicalDomain, domainRule, operatorName } from './operators.ts';
import { checkTensor, elementCount, maxElements, smallValues } from './tensors.ts';

export interface GraphRules {
  readonly subject: string;
  /** Domains with an operator set import, canonical. */
  readonly imported: ReadonlySet<string>;
  /** `bounded`: a Loop needs a constant trip count; `any`: for models you trust. */
  readonly loops: 'bounded' | 'any';
}

const maxNodes = 50_000;
const maxDepth = 8;
const maxIterations = 10_000;

type Constants = ReadonlyMap<string, readonly number[]>;

interface Walk {
  readonly rules: GraphRules;
  readonly operators: Map<string, number>;
  nodes: number;
  /** The model's inputs, and values with the columns of one of them: value → input. */
  readonly asWide: Map<string, string>;
  readonly least: Map<string, number>;
}

/** They change numbers and leave columns where they are. */
const sameColumns = new Set(['Cast', 'Identity', 'Imputer', 'Normalizer', 'Scaler', 'Binarizer']);

export interface GraphFacts {
  /** Operator → how often it is used. */
  readonly operators: ReadonlyMap<string, number>;
  /** Input → so many columns it must have at least: trees that read it ask for them. */
  readonly least: ReadonlyMap<string, number>;
}

/** Throws `model-invalid` naming the operator or tensor. */
export function checkGraph(body: GraphProto, rules: GraphRules): GraphFacts {
  const asWide = new Map(body.input.map(({ name }) => [name, name]));
  const walk: Walk = { rules, operators: new Map(), nodes: 0, asWide, least: new Map() };
  walkGraph(body, walk, new Map(), 0, 1);
  return { operators: walk.operators, least: walk.least };
}

function walkGraph(
  body: GraphProto,
  walk: Walk,
  outer: Constants,
  depth: number,
  iterations: number,
): void {
  const { subject } = walk.rules;
  if (depth > maxDepth)
    throw modelInvalid(subject, `subgraphs are nested deeper than ${maxDepth}`, 'simplify it');
  if (body.sparseInitializer.length > 0)
    throw modelInvalid(subject, 'the model has sparse tensors', 'export with dense weights');
  for (const tensor of body.initializer) checkTensor(tensor, subject, 'initializer');
  for (const value of [...body.input, ...body.output, ...body.valueInfo])
    checkDeclared(value, subject);
  const constants = constantsOf(body, outer, subject);
  for (const node of body.node) walkNode(node, walk, constants, depth, iterations);
}

function checkDeclared(value: ValueInfoProto, subject: string): void {
  const type = value.type?.value;
  if (type?.case !== 'tensorType') return;
  const fixed = (type.value.shape?.dim ?? []).flatMap((dim) =>
    dim.value.case === 'dimValue' ? [dim.value.value] : [],
  );
  if (elementCount(fixed) === null)
    throw modelInvalid(
      subject,
      `value "${value.name}" declares the shape [${fixed.join(', ')}]`,
      `no tensor may be larger than ${maxElements} elements`,
    );
}

function constantsOf(body: GraphProto, outer: Constants, subject: string): Constants {
  const constants = new Map(outer);
  for (const tensor of body.initializer) {
    const values = smallValues(tensor);
    if (values !== null) constants.set(tensor.name, values);
  }
  for (const node of body.node) {
    const [name] = node.output;
    if (node.opType !== 'Constant' || name === undefined) continue;
    const values = node.attribute
      .map((one) => constantValues(one, subject))
      .find((one) => one !== null);
    if (values !== undefined && values !== null) constants.set(name, values);
  }
  return constants;
}

function constantValues(attribute: AttributeProto, subject: string): number[] | null {
  if (attribute.name === 'value_int') return [Number(attribute.i)];
  if (attribute.name === 'value_ints') return attribute.ints.map(Number);
  if (attribute.name === 'value' && attribute.t !== undefined) {
    checkTensor(attribute.t, subject, 'Constant');
    return smallValues(attribute.t);
  }
  return null;
}

function walkNode(
  node: NodeProto,
  walk: Walk,
  constants: Constants,
  depth: number,
  iterations: number,
): void {
  const { subject } = walk.rules;
  walk.nodes += 1;
  if (walk.nodes > maxNodes)
    throw modelInvalid(subject, `the model has more than ${maxNodes} nodes`, 'use a smaller one');
  const name = operatorName(node.domain, node.opType);
  checkOperator(node, name, walk.rules);
  walk.operators.set(name, (walk.operators.get(name) ?? 0) + 1);
  checkGenerated(node, constants, subject);
  followColumns(node, walk);
  const inside = iterations * tripCount(node, constants, walk.rules);
  if (inside > maxIterations && walk.rules.loops === 'bounded')
    throw modelInvalid(
      subject,
      `Loop "${node.name}" runs ${inside} times, more than ${maxIterations}`,
      'export without loops, or allow loops for a model you trust',
    );
  for (const attribute of node.attribute) {
    for (const tensor of tensorsOf(attribute, name, subject)) checkTensor(tensor, subject, name);
    for (const body of subgraphs(attribute)) walkGraph(body, walk, constants, depth + 1, inside);
  }
}

function followColumns(node: NodeProto, walk: Walk): void {
  const least = checkTrees(node, walk.rules.subject);
  const [input = '', output = ''] = [node.input[0], node.output[0]];
  const source = walk.asWide.get(input);
  if (source === undefined) return;
  if (sameColumns.has(node.opType)) walk.asWide.set(output, source);
  walk.least.set(source, Math.max(walk.least.get(source) ?? 0, least));
}

function checkOperator(node: NodeProto, name: string, rules: GraphRules): void {
  const rule = domainRule(node.domain);
  if (rule === null)
    throw modelInvalid(
      rules.subject,
      `operator ${name} is of the domain "${node.domain}", which is not allowed`,
      'export with standard ONNX operators only',
    );
  if (!rule.operators.has(node.opType))
    throw modelInvalid(
      rules.subject,
      `operator ${name} is not on the list of allowed operators`,
      'export a model that takes numbers and gives numbers; do other preparation as features',
    );
  if (!rules.imported.has(canonicalDomain(node.domain)))
    throw modelInvalid(
      rules.subject,
      `operator ${name} is used, but its operator set is not imported`,
      'export the model again',
    );
}

function tensorsOf(attribute: AttributeProto, name: string, subject: string) {
  const strange =
    attribute.refAttrName !== '' ||
    attribute.sparseTensor !== undefined ||
    attribute.sparseTensors.length > 0;
  if (strange)
    throw modelInvalid(
      subject,
      `attribute "${attribute.name}" of operator ${name} is a reference or a sparse tensor`,
      'export with dense constants',
    );
  return attribute.t === undefined ? attribute.tensors : [attribute.t, ...attribute.tensors];
}

function subgraphs(attribute: AttributeProto): GraphProto[] {
  return attribute.g === undefined ? attribute.graphs : [attribute.g, ...attribute.graphs];
}

function tripCount(node: NodeProto, constants: Constants, rules: GraphRules): number {
  if (node.opType !== 'Loop' || canonicalDomain(node.domain) !== '') return 1;
  const [count] = constants.get(node.input[0] ?? '') ?? [];
  if (count !== undefined) return Math.max(1, count);
  if (rules.loops === 'any') return 1;
  throw modelInvalid(
    rules.subject,
    `Loop "${node.name}" has no constant trip count, so it may never end`,
    'export without loops, or allow loops for a model you trust',
  );
}

/** Inputs that set how large the operator's result is. */
const sizingInputs: Readonly<Record<string, readonly number[]>> = {
  ConstantOfShape: [0],
  Expand: [1],
  Tile: [1],
  OneHot: [1],
  Resize: [2, 3],
  Upsample: [1],
  HannWindow: [0],
  HammingWindow: [0],
  BlackmanWindow: [0],
  Range: [1],
  CenterCropPad: [1],
  MelWeightMatrix: [0, 1],
  DFT: [1],
  STFT: [1, 3],
};

function checkGenerated(node: NodeProto, constants: Constants, subject: string): void {
  for (const index of sizingInputs[node.opType] ?? []) {
    const sizes = constants.get(node.input[index] ?? '') ?? [];
    const product = sizes.reduce((whole, size) => whole * Math.max(1, Math.abs(size)), 1);
    if (product > maxElements) throw tooLarge(node, `${product} elements`, subject);
  }
  checkRange(node, constants, subject);
  checkWindows(node, subject);
  if (node.opType !== 'Pad') return;
  const attribute = node.attribute.find((one) => one.name === 'pads')?.ints.map(Number);
  const pads = attribute ?? constants.get(node.input[1] ?? '') ?? [];
  const widest = pads.reduce((most, pad) => Math.max(most, Math.abs(pad)), 0);
  if (widest > maxElements) throw tooLarge(node, `${widest} more elements`, subject);
}

/** From, to and step are known: so is how many values it makes. */
function checkRange(node: NodeProto, constants: Constants, subject: string): void {
  if (node.opType !== 'Range') return;
  const [from, to, step] = node.input.map((name) => constants.get(name)?.[0]);
  if (from === undefined || to === undefined || step === undefined) return;
  const count = (to - from) / step;
  if (!(count <= maxElements)) throw tooLarge(node, `${count} elements`, subject);
}

const windows = new Set(
  'pads strides dilations kernel_shape output_shape output_padding'.split(' '),
);
const maxWindow = 65_536;

function checkWindows(node: NodeProto, subject: string): void {
  for (const { name, ints } of node.attribute) {
    if (!windows.has(name)) continue;
    const odd = ints.find((one) => one > maxWindow || one < -maxWindow);
    if (odd !== undefined) throw tooLarge(node, `a window with ${name} ${odd}`, subject);
  }
}

function tooLarge(node: NodeProto, what: string, subject: string) {
  return modelInvalid(
    subject,
    `operator ${node.opType} "${node.name}" would make ${what}`,
    'a model of machine features needs no such tensor; check where the file comes from',
  );
}
