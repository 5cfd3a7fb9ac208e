/** model.yaml and golden.json as text → checked values; every fault is found, not just the first. */
import { parseDocument, visit, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import type { Admission } from './admit.ts';
import { compileEncoder } from './encode.ts';
import { type Golden, goldenSchema, type Manifest, manifestSchema } from './manifest.ts';
import { type Reference, referenceSchema } from './reference.ts';

export type Parsed<T> =
  | { readonly value: T; readonly faults: readonly [] }
  | { readonly value: null; readonly faults: readonly string[] };

/** Larger texts are no manifest or golden file, and would only cost time. */
const maxManifest = 1024 * 1024;
const maxJson = 16 * 1024 * 1024;

export function parseManifest(text: string): Parsed<Manifest> {
  if (text.length > maxManifest) return { value: null, faults: ['model.yaml: more than 1 MiB'] };
  try {
    return readManifest(text);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return { value: null, faults: ['model.yaml: nested too deeply'] };
  }
}

function readManifest(text: string): Parsed<Manifest> {
  const document = parseDocument(text, { uniqueKeys: true });
  visit(document, {
    Alias: (_, { source }) => {
      document.errors.push(new YAMLParseError([0, 0], 'BAD_ALIAS', `alias *${source} not allowed`));
      return visit.BREAK;
    },
  });
  const faults = [...document.errors, ...document.warnings].map((one) => firstLine(one.message));
  if (faults.length > 0) return { value: null, faults };
  return checked('model.yaml', manifestSchema, document.toJS({ maxAliasCount: 0 }));
}

export function parseGolden(text: string): Parsed<Golden> {
  return parseJson('golden.json', goldenSchema, text);
}

export function parseReference(text: string): Parsed<Reference> {
  return parseJson('reference.json', referenceSchema, text);
}

function parseJson<T>(file: string, schema: z.ZodType<T>, text: string): Parsed<T> {
  if (text.length > maxJson) return { value: null, faults: [`${file}: more than 16 MiB`] };
  try {
    return checked(file, schema, JSON.parse(text));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError || thrown instanceof RangeError)) throw thrown;
    return { value: null, faults: [`${file}: ${thrown.message}`] };
  }
}

function firstLine(message: string): string {
  return `model.yaml: ${message.split('\n')[0] ?? message}`;
}

function checked<T>(file: string, schema: z.ZodType<T>, value: unknown): Parsed<T> {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, faults: [] };
  const faults = result.error.issues.map(
    (issue) => `${file}: ${issue.path.join('.') || 'whole file'}: ${issue.message}`,
  );
  return { value: null, faults };
}

const safeVersion = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,49}$/;

/** What a schema cannot say: sizes and names that must agree with each other and with the model. */
export function crossCheck(manifest: Manifest, golden: Golden, admission: Admission): string[] {
  return [
    ...checkNames(manifest),
    ...checkOutput(manifest, admission),
    ...checkInput(manifest, admission),
    ...checkVectors(manifest, golden),
  ];
}

function checkNames({ version, features, threshold, output }: Manifest): string[] {
  const faults: string[] = [];
  if (!safeVersion.test(version)) faults.push(`model.yaml: version: "${version}" is no file name`);
  for (const key of ['name', 'from'] as const) {
    const seen = new Set<string>();
    for (const feature of features) {
      if (seen.has(feature[key]))
        faults.push(`model.yaml: features: ${key} "${feature[key]}" twice`);
      seen.add(feature[key]);
    }
  }
  const isProbability = threshold > 0 && threshold <= 1;
  if (output.kind === 'probabilities' && !isProbability)
    faults.push(`model.yaml: threshold: ${threshold} is no probability above 0`);
  if (output.kind === 'value') faults.push(...checkLimits(output.limits, threshold));
  return faults;
}

function checkLimits(limits: Manifest['output']['limits'], threshold: number): string[] {
  const { low, high } = limits ?? {};
  const faults: string[] = [];
  if (low === undefined && high === undefined)
    faults.push('model.yaml: output.limits: a value needs low, high or both');
  if (low !== undefined && high !== undefined && low >= high)
    faults.push(`model.yaml: output.limits: low ${low} is not below high ${high}`);
  if (threshold < 0)
    faults.push(
      `model.yaml: threshold: ${threshold}: a value cannot lie so far outside its limits`,
    );
  return faults;
}

function checkInput({ input, features }: Manifest, admission: Admission): string[] {
  const faults: string[] = [];
  const expected = admission.input;
  if (input.name !== expected.name)
    faults.push(`model.yaml: input.name: the model's input is "${expected.name}"`);
  if (expected.features !== null && expected.features !== features.length)
    faults.push(
      `model.yaml: features: ${features.length} listed, the model takes ${expected.features}`,
    );
  if (admission.leastFeatures > features.length)
    faults.push(
      `model.yaml: features: ${features.length} listed, a tree asks for ${admission.leastFeatures}`,
    );
  return faults;
}

function checkOutput({ output, classes }: Manifest, admission: Admission): string[] {
  const faults: string[] = [];
  const found = admission.outputs.find(({ name }) => name === output.name);
  if (found === undefined) {
    const names = admission.outputs.map(({ name }) => name).join(', ');
    return [`model.yaml: output.name: no tensor output "${output.name}"; there are: ${names}`];
  }
  if (!found.dtype.startsWith('float'))
    faults.push(`model.yaml: output.name: "${output.name}" is ${found.dtype}, not a float tensor`);
  if (output.kind !== 'probabilities') return faults;
  const columns = found.dims?.at(-1) ?? classes.length;
  if (classes.length > 0 && classes.length !== columns)
    faults.push(`model.yaml: classes: ${classes.length} listed, the output has ${columns} columns`);
  const outside = output.defectColumns.find((column) => columns > 0 && column >= columns);
  if (output.defectColumns.length === 0 || outside !== undefined)
    faults.push(
      `model.yaml: output.defectColumns: ${outside ?? 'none'} for ${columns} columns (0-based)`,
    );
  return faults;
}

/** That it speaks of this model's features. */
export function checkReference({ features }: Manifest, reference: Reference): string[] {
  const known = new Set(features.map(({ from }) => from));
  const faults = Object.keys(reference.features)
    .filter((name) => !known.has(name))
    .map((name) => `reference.json: features: the model does not use "${name}"`);
  const { novelty } = reference;
  if (novelty === undefined) return faults;
  const width = features.length;
  const lengths = [novelty.center, novelty.scale, novelty.inverse, ...novelty.inverse];
  if (lengths.some(({ length }) => length !== width))
    faults.push(`reference.json: novelty: needs ${width} values a row, and ${width} rows`);
  return faults;
}

const nouns = {
  probabilities: 'defect probability; a bare score or logit is none (--task, --activation)',
  score: 'score',
  value: 'value',
} as const;

function checkVectors(manifest: Manifest, golden: Golden): string[] {
  const encoder = compileEncoder(manifest);
  const columns = golden.vectors[0]?.outputs.length;
  return golden.vectors.flatMap(({ inputs, outputs }, index) => {
    const where = `golden.json: vectors.${index}`;
    if (outputs.length !== columns) return [`${where}: ${outputs.length} outputs, not ${columns}`];
    if (inputs.length !== manifest.features.length)
      return [`${where}: ${inputs.length} inputs for ${manifest.features.length} features`];
    const encoded = encoder.encodeVector(inputs);
    if ('refused' in encoded)
      return [`${where}: ${encoded.refused.join(', ')} missing, which the manifest refuses`];
    if (encoder.answer(outputs) !== null) return [];
    return [`${where}: outputs hold no ${nouns[manifest.output.kind]}`];
  });
}
