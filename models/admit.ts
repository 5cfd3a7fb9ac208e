/** Admission: what a model file must be before ONNX Runtime gets to see it. */
import { checkGraph } from './onnx/check-graph.ts';
import { checkNames } from './onnx/check-names.ts';
import {
  type GraphProto,
  type ModelProto,
  modelInvalid,
  readModel,
  writeModel,
} from './onnx/model.ts';
import { canonicalDomain, domainRule } from './onnx/operators.ts';
import {
  chooseScores,
  modelInput,
  type ScoreOutput,
  type TensorOutput,
  tensorOutputs,
} from './onnx/ports.ts';
import { type ClassLabel, classLabelsOf, unwrapZipMaps } from './onnx/unwrap-zip-map.ts';

export interface AdmitOptions {
  /** Largest file, 32 MiB unless given. */
  readonly maxBytes?: number;
  /** `bounded`: a Loop needs a constant trip count; `any`: for models you trust. */
  readonly loops?: 'bounded' | 'any';
  /** The output to score by, where a model has several. */
  readonly output?: string;
}

export interface Admission {
  readonly irVersion: number;
  readonly producer: string;
  /** Domain → version; '' is the standard domain. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Operator → how often it is used, subgraphs included. */
  readonly operators: Readonly<Record<string, number>>;
  /** float32 [N, features]; `features` null when the file does not say how many. */
  readonly input: { readonly name: string; readonly features: number | null };
  /** So many features a row must have at least, by what the model's trees ask for. */
  readonly leastFeatures: number;
  /** Tensor outputs only: what may be fetched. */
  readonly outputs: readonly TensorOutput[];
  /** The output to score by; null when several could be and none was asked for. */
  readonly scores: ScoreOutput | null;
  /** Classes in column order, where the file names them. */
  readonly classLabels: readonly ClassLabel[];
  /** The model to run: the file as it was, or with its ZipMap unwrapped. */
  readonly bytes: Uint8Array;
  readonly edited: boolean;
  /** What was changed or is worth knowing, in plain words. */
  readonly notes: readonly string[];
}

/** Largest model file unless said otherwise. */
export const maxModelBytes = 32 * 1024 * 1024;
/** What to do about a larger one. */
export const smallerModel = 'export a smaller model (fewer or shallower trees, quantized weights)';
const newestIr = 13;
const oldestIr = 3;

/** Throws `model-invalid` naming the operator or tensor, and what to do. */
export function admitModel(
  bytes: Uint8Array,
  subject: string,
  options: AdmitOptions = {},
): Admission {
  checkSize(bytes, subject, options.maxBytes ?? maxModelBytes);
  const model = readModel(bytes, subject);
  checkNames(model, subject);
  const body = checkFrame(model, subject);
  const opsets = checkOpsets(model, subject);
  const imported = new Set(Object.keys(opsets));
  const loops = options.loops ?? 'bounded';
  const { operators, leastFeatures } = checkGraph(body, { subject, imported, loops });
  const labels = body.node.map(classLabelsOf).find((found) => found.length > 0) ?? [];
  const exposed = unwrapZipMaps(body, subject);
  const { outputs, left } = tensorOutputs(body);
  const scores = chooseScores(outputs, labels.length, exposed, subject, options.output);
  return {
    irVersion: Number(model.irVersion),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    opsets,
    operators: Object.fromEntries([...operators].sort()),
    input: checkWidth(modelInput(body, subject), leastFeatures, subject),
    leastFeatures,
    outputs,
    scores,
    classLabels: labels.length === (scores?.classes ?? 0) ? labels : [],
    bytes: exposed.length > 0 ? writeModel(model) : bytes,
    edited: exposed.length > 0,
    notes: notesOf(exposed, left),
  };
}

/** ONNX Runtime reads past the row where a tree asks for more. */
function checkWidth(input: Admission['input'], least: number, subject: string): Admission['input'] {
  if (input.features === null || input.features >= least) return input;
  throw modelInvalid(
    subject,
    `a tree asks for feature ${least - 1} (0-based), the input has ${input.features}`,
    'export the model again',
  );
}

function checkSize(bytes: Uint8Array, subject: string, maxBytes: number): void {
  if (bytes.length === 0) throw modelInvalid(subject, 'the model file is empty', 'copy it again');
  if (bytes.length > maxBytes)
    throw modelInvalid(
      subject,
      `the model is ${mebi(bytes.length)} MiB, more than the ${mebi(maxBytes)} MiB allowed`,
      smallerModel,
    );
}

function mebi(bytes: number): string {
  return (bytes / 1048576).toFixed(1);
}

function checkFrame(model: ModelProto, subject: string): GraphProto {
  const ir = Number(model.irVersion);
  if (model.graph === undefined || model.graph.node.length === 0)
    throw modelInvalid(subject, 'the file holds no ONNX graph', 'check that it is an ONNX export');
  if (ir < oldestIr || ir > newestIr)
    throw modelInvalid(
      subject,
      `ONNX IR version ${ir} is not supported (${oldestIr} to ${newestIr} are)`,
      'export with an older target, e.g. target_opset=17',
    );
  if (model.functions.length > 0 || model.trainingInfo.length > 0)
    throw modelInvalid(
      subject,
      'the model carries local functions or training information',
      'inline them: onnx.inliner.inline_local_functions(model)',
    );
  return model.graph;
}

function checkOpsets(model: ModelProto, subject: string): Record<string, number> {
  const opsets: Record<string, number> = {};
  for (const { domain, version } of model.opsetImport) {
    const rule = domainRule(domain);
    const canonical = canonicalDomain(domain);
    if (rule === null) {
      if (isUsed(model, domain)) continue;
      throw unknownDomain(subject, domain);
    }
    if (Object.hasOwn(opsets, canonical))
      throw modelInvalid(subject, `operator set "${domain}" is imported twice`, 'export it again');
    if (version < 1n || version > BigInt(rule.newest))
      throw modelInvalid(
        subject,
        `operator set "${domain || 'ai.onnx'}" version ${version} is newer than ${rule.newest}`,
        'export with an older target, e.g. target_opset=17',
      );
    opsets[canonical] = Number(version);
  }
  return opsets;
}

function unknownDomain(subject: string, domain: string) {
  const hint = 'export with standard ONNX operators only';
  return modelInvalid(subject, `the operator domain "${domain}" is not allowed`, hint);
}

/** A used one is refused by the operator's name, which says more. */
function isUsed(model: ModelProto, domain: string): boolean {
  return model.graph?.node.some((node) => node.domain === domain) ?? false;
}

function notesOf(exposed: readonly string[], left: readonly string[]): string[] {
  return [
    ...exposed.map((name) => `ZipMap unwrapped: "${name}" is now a plain tensor output`),
    ...left.map((name) => `output "${name}" is no tensor and is never fetched`),
  ];
}
