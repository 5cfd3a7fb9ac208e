/**
 * Tree ensembles are followed by node ids that nothing in the file format keeps in order: a child
 * that is not there, a circle, or a feature beyond the row would be read from memory all the same.
 */
import { type AttributeProto, modelInvalid, type NodeProto } from './model.ts';
import { elementCount, finiteValues } from './tensors.ts';

/** No model of a machine's cycle reads so many. */
const maxFeatureId = 65_535;

type Attributes = ReadonlyMap<string, AttributeProto>;

/** A branch of a tree: the feature it asks, and where it goes on. Leaves are none. */
interface Branch {
  readonly feature: number;
  readonly next: readonly string[];
}

/** Throws `model-invalid`. Returns how many features a row must have; 0 for other operators. */
export function checkTrees(node: NodeProto, subject: string): number {
  if (!node.opType.startsWith('TreeEnsemble')) return 0;
  const attributes: Attributes = new Map(node.attribute.map((one) => [one.name, one]));
  const fail = (why: string) =>
    modelInvalid(subject, `${node.opType} "${node.name}": ${why}`, 'export the model again');
  const joint = node.opType === 'TreeEnsemble';
  const { branches, roots } = joint ? readJoint(attributes, fail) : readSplit(attributes, fail);
  walkTrees(branches, roots, fail);
  for (const name of ['class_weights', 'target_weights', 'leaf_weights', 'base_values'])
    requireFinite(attributes, name, fail);
  const features = [...branches.values()].map(({ feature }) => feature);
  const odd = features.find((id) => !(id >= 0 && id <= maxFeatureId));
  if (odd !== undefined) throw fail(`a node asks feature ${odd}`);
  return features.reduce((most, id) => Math.max(most, id + 1), 0);
}

type Fail = (why: string) => Error;

interface Trees {
  /** By id; what is no branch is a leaf, known by `leaves`. */
  readonly branches: ReadonlyMap<string, Branch>;
  readonly roots: readonly string[];
}

function ints(attributes: Attributes, name: string, length: number | null, fail: Fail): number[] {
  const values = (attributes.get(name)?.ints ?? []).map(Number);
  if (length !== null && values.length !== length)
    throw fail(`${name} has ${values.length} entries for ${length} nodes`);
  return values;
}

/** Classifiers and regressors: nodes by tree and id, leaves among them. */
function readSplit(attributes: Attributes, fail: Fail): Trees {
  const ids = ints(attributes, 'nodes_nodeids', null, fail);
  const trees = ints(attributes, 'nodes_treeids', ids.length, fail);
  const features = ints(attributes, 'nodes_featureids', ids.length, fail);
  const yes = ints(attributes, 'nodes_truenodeids', ids.length, fail);
  const no = ints(attributes, 'nodes_falsenodeids', ids.length, fail);
  const modes = attributes.get('nodes_modes')?.strings ?? [];
  if (modes.length !== ids.length) throw fail('nodes_modes is not one for each node');
  requireThresholds(attributes, ids.length, fail);
  const decoder = new TextDecoder();
  const keys = ids.map((id, at) => `${trees[at]}/${id}`);
  const known = new Set(keys);
  if (known.size !== keys.length) throw fail('a node is there twice');
  const branches = new Map<string, Branch>();
  const roots = new Map<number, string>();
  for (const [at, key] of keys.entries()) {
    const tree = trees[at] ?? 0;
    if (!roots.has(tree)) roots.set(tree, key);
    if (decoder.decode(modes[at]) === 'LEAF') continue;
    const next = [`${tree}/${yes[at]}`, `${tree}/${no[at]}`];
    const missing = next.find((one) => !known.has(one));
    if (missing !== undefined) throw fail(`node ${key} goes on to ${missing}, which is not there`);
    branches.set(key, { feature: features[at] ?? -1, next });
  }
  requireOwners(attributes, known, fail);
  return { branches, roots: [...roots.values()] };
}

/** Each weight belongs to a node, and to a class or target that there is. */
function requireOwners(attributes: Attributes, known: ReadonlySet<string>, fail: Fail): void {
  const kind = attributes.has('class_ids') ? 'class' : 'target';
  const ids = ints(attributes, `${kind}_ids`, null, fail);
  const trees = ints(attributes, `${kind}_treeids`, ids.length, fail);
  const nodes = ints(attributes, `${kind}_nodeids`, ids.length, fail);
  const labels = ['classlabels_strings', 'classlabels_int64s'].map((name) => {
    const attribute = attributes.get(name);
    return attribute === undefined ? 0 : attribute.strings.length + attribute.ints.length;
  });
  const targets = Number(attributes.get('n_targets')?.i ?? 1n);
  const most = kind === 'class' ? Math.max(1, ...labels) : targets;
  for (const [at, id] of ids.entries()) {
    if (!known.has(`${trees[at]}/${nodes[at]}`))
      throw fail(`a weight belongs to node ${trees[at]}/${nodes[at]}, which is not there`);
    if (!(id >= 0 && id < most)) throw fail(`a weight belongs to ${kind} ${id} of ${most}`);
  }
}

function requireThresholds(attributes: Attributes, length: number, fail: Fail): void {
  const values = attributes.get('nodes_values')?.floats ?? [];
  const tensor = attributes.get('nodes_values_as_tensor')?.t;
  const count = tensor === undefined ? values.length : elementCount(tensor.dims);
  if (count !== length) throw fail(`nodes_values has ${count} entries for ${length} nodes`);
  // Infinite ones are how some toolkits write a split on "is it missing".
  if (values.some(Number.isNaN)) throw fail('nodes_values holds what is no number');
}

/** Of ai.onnx.ml 5: branches and leaves apart, both by place. */
function readJoint(attributes: Attributes, fail: Fail): Trees {
  const features = ints(attributes, 'nodes_featureids', null, fail);
  const count = features.length;
  const leaves = ints(attributes, 'leaf_targetids', null, fail);
  const targets = Number(attributes.get('n_targets')?.i ?? 1n);
  if (leaves.some((id) => !(id >= 0 && id < targets))) throw fail('a leaf has no such target');
  const sides = ['true', 'false'].map((side) => ({
    ids: ints(attributes, `nodes_${side}nodeids`, count, fail),
    leafs: ints(attributes, `nodes_${side}leafs`, count, fail),
  }));
  const branches = new Map<string, Branch>();
  for (const [at, feature] of features.entries()) {
    const next: string[] = [];
    for (const { ids, leafs } of sides) {
      const id = ids[at] ?? -1;
      const most = leafs[at] === 0 ? count : leaves.length;
      if (!(id >= 0 && id < most)) throw fail(`node ${at} goes on to ${id}, which is not there`);
      if (leafs[at] === 0) next.push(String(id));
    }
    branches.set(String(at), { feature, next });
  }
  const roots = ints(attributes, 'tree_roots', null, fail);
  if (roots.some((root) => !(root >= 0 && root < count))) throw fail('a tree has no such root');
  return { branches, roots: roots.map(String) };
}

/** Each branch is reached once at most: then every walk ends. */
function walkTrees(branches: Trees['branches'], roots: readonly string[], fail: Fail): void {
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const branch = branches.get(key);
    if (branch === undefined) continue;
    if (reached.has(key)) throw fail(`node ${key} is reached twice: the trees go in a circle`);
    reached.add(key);
    waiting.push(...branch.next);
  }
}

function requireFinite(attributes: Attributes, name: string, fail: Fail): void {
  const attribute = attributes.get(name);
  const tensor = attribute?.t ?? attributes.get(`${name}_as_tensor`)?.t;
  const finite =
    (attribute?.floats.every(Number.isFinite) ?? true) &&
    (tensor === undefined || finiteValues(tensor));
  if (!finite) throw fail(`${name} holds what is no finite number`);
}
