/** Names and texts of a model: short, printable, and each value made in one place only. */
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  modelInvalid,
  type NodeProto,
} from './model.ts';
import { elementCount } from './tensors.ts';

const maxName = 1000;
const maxText = 65_536;
/** Weights that nothing reads are refused from this size on, elements. */
const maxUnused = 65_536;
const hint = 'export the model again; check where the file comes from';

/** Before any of them is put into a message. Throws `model-invalid`. */
export function checkNames(model: ModelProto, subject: string): void {
  const { graph, producerName, producerVersion, domain, docString } = model;
  // CatBoost writes a page of its build into its version: admission shows a line of it.
  for (const text of [producerName, producerVersion]) checkText(text.length, subject);
  checkName(domain, subject);
  checkText(docString.length, subject);
  for (const { key, value } of model.metadataProps) {
    checkName(key, subject);
    checkText(value.length, subject);
  }
  for (const { domain: imported } of model.opsetImport) checkName(imported, subject);
  if (graph === undefined) return;
  const used = new Set<string>();
  checkGraphNames(graph, used, subject, 0);
  checkUnused(graph, used, subject);
}

function checkName(name: string, subject: string): void {
  if (name.length > maxName)
    throw modelInvalid(subject, `a name in the model has ${name.length} characters`, hint);
  if (hasControls(name))
    throw modelInvalid(subject, `the name ${JSON.stringify(name)} has control characters`, hint);
}

/** They could move a terminal's cursor, or hide the rest of a line. */
function hasControls(name: string): boolean {
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

function checkText(length: number, subject: string): void {
  if (length > maxText)
    throw modelInvalid(subject, `the model holds a text of ${length} characters`, hint);
}

/** Depth is the business of the walk that follows; this one only must not run away before it. */
function checkGraphNames(
  body: GraphProto,
  used: Set<string>,
  subject: string,
  depth: number,
): void {
  if (depth > 16) throw modelInvalid(subject, 'subgraphs are nested deeper than 16', hint);
  checkName(body.name, subject);
  checkText(body.docString.length, subject);
  for (const tensor of body.initializer) checkText(tensor.docString.length, subject);
  for (const value of [...body.input, ...body.output, ...body.valueInfo])
    checkName(value.name, subject);
  for (const node of body.node) checkNode(node, used, subject, depth);
  for (const { name } of body.output) used.add(name);
  checkDoubles(body, subject);
}

function checkNode(node: NodeProto, used: Set<string>, subject: string, depth: number): void {
  const { name, opType, domain, input, output, docString } = node;
  for (const one of [name, opType, domain, ...input, ...output]) checkName(one, subject);
  checkText(docString.length, subject);
  for (const one of input) used.add(one);
  for (const attribute of node.attribute) {
    checkAttribute(attribute, subject);
    const graphs = attribute.g === undefined ? [] : [attribute.g];
    for (const body of [...graphs, ...attribute.graphs])
      checkGraphNames(body, used, subject, depth + 1);
  }
}

function checkAttribute({ name, s, strings, docString }: AttributeProto, subject: string): void {
  checkName(name, subject);
  for (const text of [s, ...strings, docString]) checkText(text.length, subject);
}

function checkDoubles(body: GraphProto, subject: string): void {
  const once = (names: readonly string[], what: string, seen: Set<string>): void => {
    for (const name of names) {
      if (name === '') continue;
      if (seen.has(name)) throw modelInvalid(subject, `there are two ${what} "${name}"`, hint);
      seen.add(name);
    }
  };
  const initializers = body.initializer.map(({ name }) => name);
  for (const name of initializers) checkName(name, subject);
  once(initializers, 'initializers', new Set());
  const inputs = body.input.map(({ name }) => name);
  const made = new Set<string>();
  once(inputs, 'inputs', made);
  // An initializer may be an input's value where none is given.
  for (const name of initializers) made.add(name);
  once(
    body.node.flatMap(({ output }) => output),
    'values',
    made,
  );
}

function checkUnused(body: GraphProto, used: ReadonlySet<string>, subject: string): void {
  for (const { name, dims } of body.initializer) {
    const count = elementCount(dims);
    if (used.has(name) || count === null || count <= maxUnused) continue;
    throw modelInvalid(subject, `"${name}" holds ${count} numbers that nothing uses`, hint);
  }
}
