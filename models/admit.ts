/** Admission: what a model file must be before ONNX Runtime gets to see it. */
import { checkGraph } from './onnx/check-graph.ts';
import { checkNames } from './onnx/check-names.ts';
import { GraphEdit } from './onnx/edit.ts';
import { type InputScaler, oneRowInput } from './onnx/edit-inputs.ts';
import { plainOutputs } from './onnx/edit-outputs.ts';
import {
  type GraphProto,
  type ModelProto,
  modelInvalid,
  readModel,
  writeModel,
} from './onnx/model.ts';
import { canonicalDomain, domainRule } from './onnx/operators.ts';
import { type ScoreOutput, type TensorOutput, tensorOutputs } from './onnx/ports.ts';
import { findScore, type Scored, type Told } from './onnx/score.ts';
import { type ClassLabel, classLabelsOf, unwrapZipMaps } from './onnx/unwrap-zip-map.ts';

/** What is said of a model changes what it is made into; without it the file speaks for itself. */
export interface AdmitOptions extends Told {
  /** Largest file, 32 MiB unless given. */
  readonly maxBytes?: number;
  /** `bounded`: a Loop needs a constant trip count; `any`: for models you trust. */
  readonly loops?: 'bounded' | 'any';
  /** A scaler that the export left out, in the model's feature order. */
  readonly scaler?: InputScaler;
}

export interface Admission {
  readonly irVersion: number;
  readonly producer: string;
  /** Domain → version; '' is the standard domain. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Operator → how often the file uses it, subgraphs included. */
  readonly operators: Readonly<Record<string, number>>;
  /** float32 [N, features]; `features` null when the file does not say how many. */
  readonly input: {
    readonly name: string;
    readonly features: number | null;
    /** Feature names, where the file had an input for each; else null. */
    readonly names: readonly string[] | null;
    /** Places in the row whose value is cast to a whole number: NaN cannot be. */
    readonly whole: readonly number[];
  };
  /** So many features a row must have at least, by what the model's trees ask for. */
  readonly leastFeatures: number;
  /** Tensor outputs only: what may be fetched. */
  readonly outputs: readonly TensorOutput[];
  /** The output to score by; null when `questions` has to be answered first. */
  readonly scores: ScoreOutput | null;
  /** What keeps `scores` null: which output, what it means, or which labels are defects. */
  readonly unsettled: Scored['unsettled'];
  /** What the file cannot say of its outputs, each with the flag that does. */
  readonly questions: readonly string[];
  /** Classes in column order, where the file names them. */
  readonly classLabels: readonly ClassLabel[];
  /** The model to run: the file as it was, or edited to take one row and give plain floats. */
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
  const edit = new GraphEdit(model, body, subject);
  const opsets = checkOpsets(edit);
  const imported = new Set(Object.keys(opsets));
  const loops = options.loops ?? 'bounded';
  const { operators, least } = checkGraph(body, { subject, imported, loops });
  const labels = body.node.map(classLabelsOf).find((found) => found.length > 0) ?? [];
  const exposed = unwrapZipMaps(body, subject);
  edit.notes.push(
    ...exposed.map((name) => `ZipMap unwrapped: "${name}" is now a plain tensor output`),
  );
  const row = oneRowInput(edit, options.scaler ?? null, least);
  plainOutputs(edit, row);
  const { scores, unsettled, questions } = findScore(edit, row, labels, exposed, options);
  const { outputs, left } = tensorOutputs(edit);
  const { name, features, names, whole } = row;
  const edited = edit.notes.length > 0;
  if (edited) model.irVersion = newerIr(model.irVersion);
  return {
    irVersion: Number(model.irVersion),
    producer: oneLine(`${model.producerName} ${model.producerVersion}`),
    opsets,
    operators: Object.fromEntries([...operators].sort()),
    input: { name, features, names, whole },
    leastFeatures: names === null ? Math.max(0, ...least.values()) : names.length,
    outputs,
    scores,
    unsettled,
    questions,
    classLabels: labels.length === (scores?.classes ?? 0) ? labels : [],
    bytes: edited ? writeModel(model) : bytes,
    edited,
    notes: [
      ...edit.notes,
      ...left.map((output) => `output "${output}" is no tensor and is never fetched`),
    ],
  };
}

/** What a tool says of itself may be pages long; the start of it says enough. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > mostProducer ? `${line.slice(0, mostProducer)}…` : line;
}

const mostProducer = 60;

/** Up to version 3 a constant had to be listed as an input too; those that were added are not. */
function newerIr(version: bigint): bigint {
  return version < 4n ? 4n : version;
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

/** An operator set imported twice alike, as skl2onnx writes it, is imported once. */
function checkOpsets({ model, subject, notes }: GraphEdit): Record<string, number> {
  const opsets: Record<string, number> = {};
  for (const entry of [...model.opsetImport]) {
    const { domain, version } = entry;
    const rule = domainRule(domain);
    const canonical = canonicalDomain(domain);
    if (rule === null) {
      if (isUsed(model, domain)) continue;
      throw unknownDomain(subject, domain);
    }
    if (Object.hasOwn(opsets, canonical)) {
      if (opsets[canonical] !== Number(version))
        throw modelInvalid(
          subject,
          `operator set "${domain}" is imported in two versions`,
          'export it again',
        );
      model.opsetImport.splice(model.opsetImport.indexOf(entry), 1);
      notes.push(`operator set "${domain || 'ai.onnx'}" was imported twice: once is enough`);
    }
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
