/**
 * scikit-learn exporters end a classifier with ZipMap, whose result (a list of maps) the runtime
 * cannot hand out. Its input is the plain probability tensor: drop the node, expose the tensor.
 */
import { DataType, type GraphProto, modelInvalid, type NodeProto, tensorInfo } from './model.ts';

export type ClassLabel = number | string;

/** Class labels that a classifier or ZipMap node carries, in column order. */
export function classLabelsOf(node: NodeProto): ClassLabel[] {
  const text = new TextDecoder();
  for (const attribute of node.attribute) {
    if (!attribute.name.startsWith('classlabels')) continue;
    if (attribute.ints.length > 0) return attribute.ints.map(Number);
    if (attribute.strings.length > 0) return attribute.strings.map((one) => text.decode(one));
  }
  return [];
}

/** Edits `body` in place. Returns the tensors now exposed instead of maps, in order. */
export function unwrapZipMaps(body: GraphProto, subject: string): string[] {
  const exposed: string[] = [];
  for (const zipMap of body.node.filter((node) => node.opType === 'ZipMap')) {
    const [from, to] = [zipMap.input[0], zipMap.output[0]];
    if (from === undefined || to === undefined) throw odd(subject, 'is not connected');
    const at = body.output.findIndex((value) => value.name === to);
    if (at < 0) throw odd(subject, 'does not end in an output of the model');
    if (body.node.some((node) => node.input.includes(to)))
      throw odd(subject, 'feeds another operator');
    const labels = classLabelsOf(zipMap);
    const isExposed = body.output.some((value) => value.name === from);
    const columns = labels.length === 0 ? null : labels.length;
    const replacement = isExposed ? [] : [tensorInfo(from, DataType.FLOAT, [null, columns])];
    body.output.splice(at, 1, ...replacement);
    body.node.splice(body.node.indexOf(zipMap), 1);
    exposed.push(from);
  }
  return exposed;
}

function odd(subject: string, what: string) {
  const hint = "export with options={'zipmap': False} (skl2onnx) or zipmap=False";
  return modelInvalid(subject, `the ZipMap node ${what}`, hint);
}
